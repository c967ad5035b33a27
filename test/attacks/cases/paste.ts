import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import type { SecretReason } from '../../../controller/status/reason.ts';
import { repositoryId } from '../../controller/channel.ts';
import type { TestChannel } from '../../controller/channel.ts';
import { createSecret } from '../../../core/secret/change.ts';
import { recipientOf } from '../../../core/crypto/region-key.ts';
import { SecretBytes } from '../../../core/secret-bytes.ts';
import type { Family, SecretAttack } from '../kit/attack.ts';
import { pasted } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

type FullEnvelope = Extract<EdgeSecret['spec']['envelopes'][number], { data: unknown }>;

const full = (secret: EdgeSecret, i = 0): FullEnvelope => {
  const envelope = secret.spec.envelopes[i]!;
  if ('digest' in envelope) throw new Error('an elided envelope');
  return envelope;
};

/** Another secret of the same author, region and repository. */
const other = ({ channel }: Site): EdgeSecret => channel.secrets.get('production/other')!;

/** Each of these is signed by an entitled author as it stands: only the ciphertext itself can tell. */
function paste(
  id: string,
  attack: string,
  change: (secret: EdgeSecret, site: Site) => unknown,
  reason: SecretReason = 'NotOpened',
  says = 'does not open',
): SecretAttack {
  return {
    id,
    attack,
    peers: pasted,
    expected: { secrets: { [`production/${id}`]: reason }, says },
    async forge(site, next) {
      const secret = structuredClone(next);
      await change(secret, site);
      return site.channel.signed(secret);
    },
  };
}

/** The secret of this name as sealed for another repository, with the same keys. */
async function elsewhere(
  channel: TestChannel,
  { metadata: { name } }: EdgeSecret,
  change: { repository?: string; namespace?: string; type?: string; region?: string },
): Promise<EdgeSecret> {
  const { key } = channel;
  const { region = channel.region } = change;
  const recipients = [{ region, keyId: key.id, key: recipientOf(key) }];
  const { repository = repositoryId, namespace = 'production', type = 'Opaque' } = change;
  const template = { type, immutable: false, metadata: { labels: {}, annotations: {} } };
  const items = new Map([['password', SecretBytes.fromText('made-up')]]);
  return createSecret({ repository, namespace, name, template }, 2, recipients, items);
}

export const pasteFamily: Family<SecretAttack> = {
  title: 'A part of one thing is put into another',
  attacker:
    'An author who may sign this secret, and wants to have a value opened that they cannot read.',
  test: 'test/attacks/secret.test.ts',
  attacks: [
    paste(
      'item-to-another-item',
      'renames an item: a value appears under a key that a program prints',
      (secret) => {
        const { data } = full(secret);
        data['greeting'] = data['password']!;
        delete data['password'];
      },
    ),
    paste('items-swapped', 'copies the value of one item to a second one', (secret) => {
      const { data } = full(secret);
      data['user'] = data['password']!;
    }),
    paste('item-of-another-secret', 'copies an item from another secret', (secret, site) => {
      full(secret).data['password'] = full(other(site)).data['password']!;
    }),
    paste(
      'envelope-of-another-secret',
      'copies a whole envelope from another secret',
      (secret, site) => {
        secret.spec.envelopes = [structuredClone(full(other(site)))];
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste(
      'envelope-added',
      'adds an envelope of another secret behind its own',
      (secret, site) => {
        secret.spec.envelopes.push(structuredClone(full(other(site))));
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste(
      'wrap-of-another-envelope',
      'copies the wrap of another envelope',
      (secret, site) => {
        full(secret).recipients[0]!.wrapped = full(other(site)).recipients[0]!.wrapped!;
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste(
      'commitment-of-another-envelope',
      'copies the commitment of another envelope',
      (secret, site) => {
        full(secret).commitment = full(other(site)).commitment;
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste('envelope-version', 'claims that an envelope came with another version', (secret) => {
      full(secret).version = 1;
    }),
    paste(
      'another-type',
      'changes the type, so that a value is used as something else',
      (secret) => {
        secret.spec.template = { type: 'kubernetes.io/basic-auth' };
      },
    ),
    paste(
      'file-of-another-repository',
      'takes the file of another repository whose region has the same key',
      async (secret, site) => {
        const there = await elsewhere(site.channel, secret, {
          repository: '00000000-0000-4000-8000-00000000ffff',
        });
        secret.spec.envelopes = there.spec.envelopes;
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste(
      'file-of-another-namespace',
      'takes the envelopes of the secret of that name in another namespace',
      async (secret, site) => {
        secret.spec.envelopes = (
          await elsewhere(site.channel, secret, { namespace: 'staging' })
        ).spec.envelopes;
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste(
      'region-renamed',
      'renames the region of a wrap: it was made for another region with the same key',
      async (secret, { channel }) => {
        const there = await elsewhere(channel, secret, { region: 'us-west' });
        const envelope = full(there);
        envelope.recipients[0]!.region = 'us-east';
        secret.spec.envelopes = [envelope];
      },
      'WrapSpoiled',
      'does not open with it',
    ),
    paste('one-bit', 'changes one bit of a value', (secret) => {
      const { data } = full(secret);
      const bytes = Buffer.from(data['password']!, 'base64');
      bytes[30]! ^= 1;
      data['password'] = bytes.toString('base64');
    }),
    paste(
      'value-cut',
      'cuts a value',
      (secret) => {
        const { data } = full(secret);
        const bytes = Buffer.from(data['password']!, 'base64');
        data['password'] = bytes.subarray(0, 24).toString('base64');
      },
      'NotOpened',
      'a sealed item has an impossible length',
    ),
    {
      id: 'file-of-another-name',
      attack: "lists another secret's file under this name",
      peers: pasted,
      expected: {
        secrets: { 'production/file-of-another-name': 'Misplaced' },
        says: 'the file says production/other',
      },
      forge: (site) => other(site),
    },
    {
      id: 'renamed',
      attack: 'renames the file and its metadata, and keeps the signature',
      peers: pasted,
      expected: { secrets: { 'production/renamed': 'NotEntitled' }, says: 'signature' },
      forge: (site, next) => ({ ...other(site), metadata: next.metadata }),
    },
  ],
};
