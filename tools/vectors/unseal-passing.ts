import { channelSecret } from '../../core/channel/elide.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { removeRegions, setItems } from '../../core/secret/change.ts';
import { rewrapEnvelope, openDataKey } from '../../core/secret/envelope.ts';
import { to } from './keys.ts';
import {
  base64,
  bothItems,
  bytes,
  changed,
  east,
  east2,
  edited,
  everywhere,
  first,
  identity,
  name,
  numeric,
  repository,
  sealed,
  user,
  west,
} from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';

const overridden = { items: { password: base64('made-up-west'), username: base64(user) } };

const westOverride = async () =>
  setItems(
    await sealed(),
    repository,
    2,
    [to('us-west', west)],
    bytes({ password: 'made-up-west' }),
  );

/** The secret re-wrapped for a second key of us-east. */
async function twoKeys() {
  const secret = await sealed();
  const dataKey = await openDataKey(identity, first(secret), 'us-east', [east]);
  const envelope = rewrapEnvelope(identity, first(secret), [to('us-east', east2)], dataKey!);
  return { ...secret, spec: { ...secret.spec, envelopes: [envelope] } };
}

const value64 = 'made-up-'.repeat(8);

/** Everything that must open, and to what. */
export const passingCases: Record<string, UnsealCase> = {
  'pass-plain': {
    why: 'two items, three regions, as written on main',
    expect: bothItems,
    make: changed(() => undefined),
  },
  'pass-no-template': {
    why: 'without spec.template the type is Opaque, also in the additional data',
    expect: bothItems,
    make: changed((s) => delete s.spec.template),
  },
  'pass-empty-exposed': {
    why: 'an empty exposed is the same as none',
    expect: bothItems,
    make: edited((text) => text.replace(/^( {4})data:$/m, '$1exposed: []\n$1data:')),
  },
  'pass-channel': {
    why: 'on a channel other regions are reduced to their names, and other envelopes elided',
    expect: bothItems,
    make: async () => formatEdgeSecret(channelSecret(await westOverride(), 'us-east')!),
  },
  'pass-override-one-region': {
    why: 'a later envelope overrides an item for the region that it names',
    region: 'us-west',
    keys: ['us-west'],
    expect: overridden,
    make: async () => formatEdgeSecret(await westOverride()),
  },
  'pass-override-other-region': {
    why: 'a later envelope for another region changes nothing for this one',
    expect: bothItems,
    make: async () => formatEdgeSecret(await westOverride()),
  },
  'pass-later-envelope': {
    why: 'an item of a second envelope comes in addition, and in its own version',
    expect: { items: { ...bothItems.items, token: base64('made-up-token') } },
    make: async () =>
      formatEdgeSecret(
        await setItems(
          await sealed(),
          repository,
          2,
          everywhere,
          bytes({ token: 'made-up-token' }),
        ),
      ),
  },
  'pass-second-key-held': {
    why: 'a region with two keys, of which the second is held',
    keys: ['us-east-2'],
    expect: bothItems,
    make: async () => formatEdgeSecret(await twoKeys()),
  },
  'pass-several-keys-held': {
    why: 'several keys are held, one of them is named',
    keys: ['stranger', 'us-west', 'us-east'],
    expect: bothItems,
    make: changed(() => undefined),
  },
  'pass-revoked-beside-active': {
    why: 'a recipient without wrapped is a revoked key; another wrap of the region opens',
    keys: ['us-east', 'us-east-2'],
    expect: bothItems,
    make: changed((s) => {
      const revoked = first(s).recipients.find((r) => r.key === east.id)!;
      delete revoked.wrapped;
    }, twoKeys),
  },
  'pass-exposed': {
    why: 'a region taken out is listed as exposed; the others still open',
    expect: bothItems,
    make: async () => formatEdgeSecret(removeRegions(await sealed(), 2, new Set(['us-west']))),
  },
  'pass-region-taken-out': {
    why: 'no envelope names the region any more: not for it, which is no error',
    region: 'us-west',
    keys: ['us-west'],
    expect: { notForRegion: true },
    make: async () => formatEdgeSecret(removeRegions(await sealed(), 2, new Set(['us-west']))),
  },
  'pass-proto-item': {
    why: '__proto__ is an item name like any other; Kubernetes accepts it',
    expect: { items: JSON.parse(`{"__proto__": "${base64('made-up')}"}`) },
    make: changed(
      () => undefined,
      async () => sealed(everywhere, JSON.parse('{"__proto__": "made-up"}')),
    ),
  },
  'pass-empty-value': {
    why: 'an empty value is padded to 64 bytes',
    expect: { items: { empty: '' } },
    make: changed(
      () => undefined,
      async () => sealed(everywhere, { empty: '' }),
    ),
  },
  'pass-value-63-64-65': {
    why: 'values around the padding step: 64 bytes are padded to 128',
    expect: {
      items: {
        a63: base64(value64.slice(1)),
        b64: base64(value64),
        c65: base64(`${value64}x`),
      },
    },
    make: changed(
      () => undefined,
      async () => sealed(everywhere, { a63: value64.slice(1), b64: value64, c65: `${value64}x` }),
    ),
  },
  'pass-value-ends-in-padding-bytes': {
    why: 'a value that itself ends like padding comes back whole',
    expect: { items: { odd: base64('made-up\u0000') } },
    make: changed(
      () => undefined,
      async () => sealed(everywhere, { odd: 'made-up\u0000' }),
    ),
  },
  'pass-numeric-key-id': {
    why: 'a key id that looks like a float, quoted',
    keys: ['numeric-id'],
    expect: bothItems,
    make: changed(
      () => undefined,
      async () => sealed([...everywhere.slice(0, 1), to('us-east', numeric)]),
    ),
  },
  'pass-flow-and-comments': {
    why: 'any layout of the same YAML: comments, other quotes, braces, a byte order mark',
    expect: bothItems,
    make: edited(
      (text) =>
        `\ufeff# a comment\n${text
          .replace(
            /^metadata:\n.*\n.*\n/m,
            `metadata: {'name': '${name}', "namespace": production} # why\n`,
          )
          .replace('kind: EdgeSecret', 'kind:   "Edge\\u0053ecret"')}`,
    ),
  },
  'pass-plain-1.1-words': {
    why: 'yes, 1_000 and 2001-01-01 are strings in YAML 1.2',
    expect: bothItems,
    make: edited((text) =>
      text.replace('labels: {}', 'labels: {a: yes, b: 1_000, c: 2001-01-01, d: 0b1}'),
    ),
  },
  'pass-wrap-for-another-key-of-the-id': {
    why: 'key ids may collide: a wrap under my id that does not open is passed over, the next opens',
    expect: bothItems,
    make: changed((s) => {
      const { recipients } = first(s);
      const index = recipients.findIndex((r) => r.region === 'us-east');
      const mine = recipients[index]!;
      const wraps = [mine.wrapped!, twin(mine.wrapped!)].sort((a, b) => (a < b ? -1 : 1));
      recipients.splice(index, 1, ...wraps.map((wrapped) => ({ ...mine, wrapped })));
    }),
  },
  'pass-value-of-bytes': {
    why: 'a value is bytes, not text: here UTF-8 of two characters',
    expect: { items: { bytes: base64('\u0000é') } },
    make: changed(
      () => undefined,
      async () => sealed(everywhere, { bytes: '\u0000é' }),
    ),
  },
  'pass-same-items-two-envelopes': {
    why: 'the later envelope wins, item by item, where both name the region',
    expect: { items: { password: base64('made-up-second'), username: base64(user) } },
    make: async () => {
      const secret = await sealed();
      const next = await setItems(
        secret,
        repository,
        2,
        everywhere,
        bytes({ password: 'made-up-second' }),
      );
      // Nobody has to drop dead items: the first envelope keeps its password here.
      next.spec.envelopes[0] = first(secret);
      return formatEdgeSecret(next);
    },
  },
};

/** A wrap that opens with no key, sorted before or after as chance has it. */
function twin(wrapped: string): string {
  const raw = Buffer.from(wrapped, 'base64');
  raw[0]! ^= 1;
  return raw.toString('base64');
}
