import type { RegionKey } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import { regionsOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../format/edge-secret.ts';
import { withEnvelopes } from '../secret/change.ts';
import { rewrapEnvelope } from '../secret/envelope.ts';
import { statementDigest } from '../secret/statement.ts';
import { openAny } from '../secret/view-as.ts';
import type { RepositoryState } from './repository-state.ts';
import type { ResealPlan } from './reseal-plan.ts';

/** A secret brought in line. */
export interface Resealed {
  secret: EdgeSecret;
  /** Whether an author has to sign it anew: regions changed. Other wraps for the same regions change no statement. */
  newVersion: boolean;
}

/**
 * Makes the wraps of a plan. All or nothing: a secret of which one envelope cannot be opened stays as it is.
 *
 * @param version the next one, used only where the statement changes
 * @param keys private keys, of recovery recipients or of any region that an envelope names
 * @throws EdgesealError `seal-no-key` where none of the keys opens an envelope; `seal-open`; `policy-mismatch` where
 * nothing would be left
 */
export async function reseal(
  state: RepositoryState,
  secret: EdgeSecret,
  plan: ResealPlan,
  version: number,
  keys: readonly RegionKey[],
): Promise<Resealed> {
  const { id } = state.repository.spec;
  const { namespace, name } = secret.metadata;
  const context = { repository: id, namespace, name };
  const envelopes: FullEnvelope[] = [];
  for (const { before, after, add } of plan.envelopes) {
    if (add.length === 0) {
      envelopes.push(after);
      continue;
    }
    const dataKey = await openAny(context, before, regionsOf(before), keys);
    if (dataKey === undefined) throw noKey(secret, before, keys);
    envelopes.push(rewrapEnvelope(context, after, add, dataKey));
    dataKey.wipe();
  }
  if (envelopes.length === 0) {
    throw new EdgesealError(
      'policy-mismatch',
      'none of the regions that it is sealed for may read it any more',
      { hint: 'seal it anew as a whole for the regions that may: edgeseal seal' },
    );
  }
  const same = { ...secret, spec: { ...secret.spec, envelopes } };
  if (statementDigest(id, same) === statementDigest(id, secret))
    return { secret: same, newVersion: false };
  return { secret: withEnvelopes(secret, version, envelopes), newVersion: true };
}

function noKey(
  secret: EdgeSecret,
  envelope: FullEnvelope,
  keys: readonly RegionKey[],
): EdgesealError {
  const { namespace, name } = secret.metadata;
  const held = keys.map((key) => key.id).join(', ');
  const what = held === '' ? 'a private key is needed' : `the keys given (${held}) do not open it`;
  return new EdgesealError('seal-no-key', `${what}: it opens for ${openers(envelope).join(', ')}`, {
    hint: `edgeseal reseal ${namespace}/${name} --key FILE, with a private key of one of these`,
  });
}

function openers(envelope: FullEnvelope): string[] {
  const wrapped = envelope.recipients.filter((r) => r.wrapped !== undefined);
  return [...new Set(wrapped.map(({ region }) => region))];
}
