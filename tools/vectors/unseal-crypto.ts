import { randomBytes } from 'node:crypto';
import { channelSecret } from '../../core/channel/elide.ts';
import { itemAad, wrapAad } from '../../core/crypto/binding.ts';
import { commitmentOf, valueKeyOf } from '../../core/crypto/suite.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { setItems } from '../../core/secret/change.ts';
import { envelopeDigest } from '../../core/secret/statement.ts';
import { craftItem, craftWrap } from './craft.ts';
import type { WrapFaults } from './craft.ts';
import { to } from './keys.ts';
import {
  bytes,
  changed,
  east,
  everywhere,
  first,
  flip,
  identity,
  name,
  namespace,
  repository,
  sealed,
  stranger,
  template,
  west,
} from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';

const mine = (secret: EdgeSecret) => first(secret).recipients.find((r) => r.region === 'us-east')!;

/** Flips a byte of my wrap. */
const flipWrap = (index: number) =>
  changed((s) => {
    mine(s).wrapped = flip(mine(s).wrapped!, index);
  });

const flipItem = (index: number) =>
  changed((s) => {
    first(s).data['password'] = flip(first(s).data['password']!, index);
  });

/** An envelope from chosen parts; right in everything that the options leave alone. */
function crafted(options: {
  faults?: WrapFaults;
  padded?: Uint8Array;
  /** What the wrap carries, where that is not the key that is committed to. */
  wrappedKey?: Uint8Array;
  aadVersion?: number;
}): () => string {
  return () => {
    const committed = randomBytes(32);
    const dataKey = options.wrappedKey ?? committed;
    const commitment = Buffer.from(commitmentOf(committed)).toString('base64');
    const envelopeIdentity = { ...identity, commitment };
    const good = Buffer.alloc(64);
    good.write('made-up\u0080', 'latin1');
    const aad = itemAad(envelopeIdentity, template.type, options.aadVersion ?? 1, 'password');
    const valueKey = valueKeyOf(dataKey);
    const envelope: FullEnvelope = {
      suite: 1,
      version: 1,
      commitment,
      recipients: [
        {
          region: 'us-east',
          key: east.id,
          wrapped: craftWrap(east, envelopeIdentity, 'us-east', dataKey, options.faults),
        },
      ],
      data: { password: craftItem(valueKey, aad, options.padded ?? good) },
    };
    return formatEdgeSecret({
      apiVersion: 'edgeseal.dev/v1alpha1',
      kind: 'EdgeSecret',
      metadata: { name, namespace },
      spec: { version: 1, template, envelopes: [envelope], signatures: [] },
    });
  };
}

const padding = (at: number, length: number, marker = 0x80, last = 0): Buffer => {
  const padded = Buffer.alloc(length);
  padded.fill('m', 0, at);
  padded[at] = marker;
  if (last !== 0) padded[length - 1] = last;
  return padded;
};

const wrongAad = (over: object): WrapFaults => {
  const commitment = Buffer.alloc(32).toString('base64');
  const full = { ...identity, commitment, ...over };
  return { aad: wrapAad(full, 'us-east', east.id) };
};

/** What cryptography has to catch. */
export const cryptoCases: Record<string, UnsealCase> = {
  'pass-crafted': {
    why: 'the crafting sealer without any fault: what it makes fails for its faults only',
    expect: { items: { password: Buffer.from('made-up').toString('base64') } },
    make: crafted({}),
  },
  'wrap-flip-ml-kem': {
    why: 'a flipped bit in the ML-KEM part of enc (byte 0)',
    expect: { refuse: 'no-wrap' },
    make: flipWrap(0),
  },
  'wrap-flip-x25519': {
    why: 'a flipped bit in the X25519 part of enc (byte 1088)',
    expect: { refuse: 'no-wrap' },
    make: flipWrap(1088),
  },
  'wrap-flip-ciphertext': {
    why: 'a flipped bit in the encrypted data key (byte 1120)',
    expect: { refuse: 'no-wrap' },
    make: flipWrap(1120),
  },
  'wrap-flip-tag': {
    why: 'a flipped bit in the tag (last byte)',
    expect: { refuse: 'no-wrap' },
    make: flipWrap(-1),
  },
  'wrap-low-order-x25519': {
    why: 'X25519 part of enc is zero, the rest computed as a lenient opener would',
    expect: { refuse: 'wrap-malformed' },
    make: crafted({ faults: { point: 'low-order' } }),
  },
  'wrap-unreduced-x25519': {
    why: 'X25519 part of enc has its top bit set, which RFC 7748 masks: a second spelling',
    expect: { refuse: 'wrap-malformed' },
    make: crafted({ faults: { point: 'top-bit' } }),
  },
  'wrap-other-info': {
    why: 'HPKE info of another version of the format',
    expect: { refuse: 'no-wrap' },
    make: crafted({ faults: { info: 'edgeseal.dev/v2 wrap' } }),
  },
  'wrap-empty-info': {
    why: 'HPKE with empty info',
    expect: { refuse: 'no-wrap' },
    make: crafted({ faults: { info: '' } }),
  },
  'wrap-empty-aad': {
    why: 'HPKE with empty additional data',
    expect: { refuse: 'no-wrap' },
    make: crafted({ faults: { aad: new Uint8Array(0) } }),
  },
  'wrap-other-commitment-in-aad': {
    why: 'the wrap is bound to another commitment',
    expect: { refuse: 'no-wrap' },
    make: crafted({ faults: wrongAad({}) }),
  },
  'wrap-of-other-region': {
    why: 'the wrap was made for this key as us-west: the region is in the additional data',
    expect: { refuse: 'no-wrap' },
    make: changed(
      (s) => {
        first(s).recipients = [{ ...first(s).recipients[0]!, region: 'us-east' }];
      },
      async () => sealed([to('us-west', east)]),
    ),
  },
  'wrap-of-other-key-id': {
    why: 'the wrap was made under another key id: the id is in the additional data',
    expect: { refuse: 'no-wrap' },
    make: changed(
      (s) => {
        mine(s).key = east.id;
      },
      async () => sealed([{ ...to('us-east', east), keyId: '0123456789abcdef' }]),
    ),
  },
  'wrap-for-stranger-under-my-id': {
    why: 'a publisher labels a wrap for another key with my key id',
    expect: { refuse: 'no-wrap' },
    make: changed(
      () => undefined,
      async () => sealed([{ ...to('us-east', stranger), keyId: east.id }]),
    ),
  },
  'wrap-labelled-as-another-key': {
    why: 'a publisher changes key so that my wrap looks like someone else’s: only wraps under my id are mine',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      mine(s).key = stranger.id;
    }),
  },
  'wrap-missing': {
    why: 'the region is named without a wrap',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      delete mine(s).wrapped;
      delete mine(s).key;
    }),
  },
  'wrap-revoked-only': {
    why: 'my only key is revoked: {region, key} without wrapped',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      delete mine(s).wrapped;
    }),
  },
  'wrap-key-not-held': {
    why: 'the key held is not the one that is wrapped for',
    keys: ['stranger'],
    expect: { refuse: 'no-wrap' },
    make: changed(() => undefined),
  },
  'wrap-other-regions-key-held': {
    why: 'holding the key of us-west does not open us-east',
    keys: ['us-west'],
    expect: { refuse: 'no-wrap' },
    make: changed(() => undefined),
  },
  'commitment-flipped': {
    why: 'a flipped bit in the commitment: it is in the additional data of every wrap',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      first(s).commitment = flip(first(s).commitment, 0);
    }),
  },
  'commitment-of-another-key': {
    why: 'the wrap opens and the items would too, but the envelope commits to another data key',
    expect: { refuse: 'commitment' },
    make: crafted({ wrappedKey: randomBytes(32) }),
  },
  'item-flip-nonce': {
    why: 'a flipped bit in the nonce (byte 0)',
    expect: { refuse: 'item' },
    make: flipItem(0),
  },
  'item-flip-ciphertext': {
    why: 'a flipped bit in the ciphertext (byte 24)',
    expect: { refuse: 'item' },
    make: flipItem(24),
  },
  'item-flip-tag': {
    why: 'a flipped bit in the tag (last byte)',
    expect: { refuse: 'item' },
    make: flipItem(-1),
  },
  'item-truncated': {
    why: 'an item of an impossible length: 24 + 16 bytes',
    expect: { refuse: 'item' },
    make: changed((s) => {
      first(s).data['password'] = Buffer.alloc(40).toString('base64');
    }),
  },
  'item-empty': {
    why: 'base64 of nothing is base64, but no sealed item',
    expect: { refuse: 'item' },
    make: changed((s) => {
      first(s).data['password'] = '';
    }),
  },
  'item-swapped': {
    why: 'two items of one envelope swapped',
    expect: { refuse: 'item' },
    make: changed((s) => {
      const { data } = first(s);
      [data['username'], data['password']] = [data['password']!, data['username']!];
    }),
  },
  'item-renamed': {
    why: 'an item under another name',
    expect: { refuse: 'item' },
    make: changed((s) => {
      const { data } = first(s);
      data['passphrase'] = data['password']!;
      delete data['password'];
    }),
  },
  'item-of-other-envelope': {
    why: 'an item of the same name from another envelope of the same secret',
    expect: { refuse: 'item' },
    make: async () => {
      const [one, two] = [await sealed(), await sealed()];
      first(one).data['password'] = first(two).data['password']!;
      return formatEdgeSecret(one);
    },
  },
  'item-other-envelope-version-in-aad': {
    why: 'the item is bound to another version of the envelope',
    expect: { refuse: 'item' },
    make: crafted({ aadVersion: 2 }),
  },
  'one-bad-item-fails-all': {
    why: 'the overriding envelope is broken: falling back to the older value would be a rollback',
    expect: { refuse: 'item' },
    make: async () => {
      const secret = await sealed();
      const next = await setItems(
        secret,
        repository,
        2,
        everywhere,
        bytes({ password: 'made-up-2' }),
      );
      const [, second] = next.spec.envelopes as FullEnvelope[];
      second!.data['password'] = flip(second!.data['password']!, 30);
      next.spec.envelopes[0] = first(secret);
      return formatEdgeSecret(next);
    },
  },
  'overridden-envelope-broken': {
    why: 'an envelope that names the region must open even where all its items are overridden',
    expect: { refuse: 'item' },
    make: async () => {
      const secret = await sealed(everywhere, { password: 'made-up-1' });
      const next = await setItems(
        secret,
        repository,
        2,
        everywhere,
        bytes({ password: 'made-up-2' }),
      );
      first(secret).data['password'] = flip(first(secret).data['password']!, 30);
      next.spec.envelopes.unshift(first(secret));
      return formatEdgeSecret(next);
    },
  },
  'padding-none': {
    why: 'the padded value has no marker: zeros only',
    expect: { refuse: 'padding' },
    make: crafted({ padded: Buffer.alloc(64) }),
  },
  'padding-wrong-marker': {
    why: 'the last byte that is not zero is 0x01, not 0x80',
    expect: { refuse: 'padding' },
    make: crafted({ padded: padding(7, 64, 0x01) }),
  },
  'padding-ends-in-nonzero': {
    why: 'after the marker comes a byte that is not zero',
    expect: { refuse: 'padding' },
    make: crafted({ padded: padding(7, 64, 0x80, 0x01) }),
  },
  'padding-too-long': {
    why: 'more than 64 bytes of padding: a second spelling of a short value',
    expect: { refuse: 'padding' },
    make: crafted({ padded: padding(7, 128) }),
  },
  'padding-65': {
    why: '65 bytes of padding, one more than there can be',
    expect: { refuse: 'padding' },
    make: crafted({ padded: padding(63, 128) }),
  },
  'padding-not-a-multiple': {
    why: 'padded to 32 bytes',
    expect: { refuse: 'item' },
    make: crafted({ padded: padding(7, 32) }),
  },
  'envelope-version-changed': {
    why: 'the version of the envelope is in the additional data of its items',
    expect: { refuse: 'item' },
    make: changed((s) => {
      s.spec.version = 2;
      first(s).version = 2;
    }),
  },
  'type-changed': {
    why: 'the type is in the additional data of the items',
    expect: { refuse: 'item' },
    make: changed((s) => {
      s.spec.template!.type = 'example.com/other';
    }),
  },
  'name-changed': {
    why: 'pasted to another name',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      s.metadata.name = 'other';
    }),
  },
  'namespace-changed': {
    why: 'pasted to another namespace',
    expect: { refuse: 'no-wrap' },
    make: changed((s) => {
      s.metadata.namespace = 'staging';
    }),
  },
  'repository-changed': {
    why: 'pasted to another repository',
    repository: '6f1d1c5e-0000-4000-8000-000000000002',
    expect: { refuse: 'no-wrap' },
    make: changed(() => undefined),
  },
  'elided-for-my-region': {
    why: 'a publisher hides the envelope that overrides a value',
    expect: { refuse: 'elided' },
    make: async () => {
      const secret = await sealed();
      const next = await setItems(
        secret,
        repository,
        2,
        everywhere,
        bytes({ password: 'made-up-2' }),
      );
      const [, second] = next.spec.envelopes;
      const regions = ['eu-central', 'us-east', 'us-west'];
      next.spec.envelopes = [first(secret), { regions, digest: envelopeDigest(second!) }];
      return formatEdgeSecret(next);
    },
  },
  'channel-of-other-region': {
    why: 'the channel file of us-west, opened as us-east: the region is named, its wraps are not there',
    expect: { refuse: 'no-wrap' },
    make: async () => formatEdgeSecret(channelSecret(await sealed(), 'us-west')!),
  },
  'second-envelope-not-mine': {
    why: 'the second envelope names the region and was wrapped for a key that is not held',
    expect: { refuse: 'no-wrap' },
    make: async () =>
      formatEdgeSecret(
        await setItems(
          await sealed(),
          repository,
          2,
          [to('us-east', stranger), to('us-west', west)],
          bytes({ token: 'made-up-token' }),
        ),
      ),
  },
};
