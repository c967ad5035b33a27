import { recipientOf } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { createSecret, setItems } from '../../core/secret/change.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { writeShared } from './cases.ts';
import { sshSign } from './keys.ts';
import { bytes, east, eu, repository, template, west } from './unseal-case.ts';

/** The secrets that channels and statements are made from: sealed once, as sealing draws randomness. */

const to = (region: string, key: RegionKey) => ({ region, keyId: key.id, key: recipientOf(key) });
const eastAndWest = [to('us-east', east), to('us-west', west)];

async function shared(file: string, make: () => Promise<EdgeSecret>): Promise<EdgeSecret> {
  const text = formatEdgeSecret(await make());
  return parseEdgeSecret(writeShared(`shared/${file}`, () => text));
}

/** Two items for us-east and us-west. */
export const firstVersion = await shared('database-credentials-1.yaml', async () =>
  createSecret(
    { repository, namespace: 'production', name: 'database-credentials', template },
    1,
    eastAndWest,
    bytes({ username: 'made-up-user', password: 'made-up-password' }),
  ),
);

/** Version 3: another password for us-east, and a token for eu-central alone. */
export const thirdVersion = await shared('database-credentials-3.yaml', async () => {
  const changed = await setItems(
    firstVersion,
    repository,
    2,
    [to('us-east', east)],
    bytes({ password: 'made-up-east' }),
  );
  const items = bytes({ token: 'made-up-token' });
  return setItems(changed, repository, 3, [to('eu-central', eu)], items);
});

/** Another secret, in another namespace. */
export const token = await shared('api-token-1.yaml', async () =>
  createSecret(
    { repository, namespace: 'team-shop', name: 'api-token', template },
    1,
    [to('us-east', east)],
    bytes({ token: 'made-up-api-token' }),
  ),
);

/** Version 1 of a type that only a cluster makes. */
const ofType = async (type: string): Promise<EdgeSecret> =>
  createSecret(
    {
      repository,
      namespace: 'production',
      name: 'database-credentials',
      template: { ...template, type },
    },
    1,
    [to('us-east', east)],
    bytes({ token: 'made-up-token' }),
  );

export const serviceAccountToken = await shared('service-account-token.yaml', async () =>
  ofType('kubernetes.io/service-account-token'),
);
export const bootstrapToken = await shared('bootstrap-token.yaml', async () =>
  ofType('bootstrap.kubernetes.io/token'),
);

/** Version 1 for us-west alone. */
export const westOnly = await shared('database-credentials-west.yaml', async () =>
  createSecret(
    { repository, namespace: 'production', name: 'database-credentials', template },
    1,
    [to('us-west', west)],
    bytes({ password: 'made-up-password' }),
  ),
);

/** A secret with an author's signature over its statement as it is now. */
export function signed(secret: EdgeSecret, author = 'author a', repo = repository): EdgeSecret {
  const signature = sshSign(author, 'secret@edgeseal.dev', statementBytes(repo, secret));
  const signatures = [{ author: `${author.replace(' ', '-')}@example.com`, signature }];
  return { ...secret, spec: { ...secret.spec, signatures } };
}
