import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { createSecret } from '../../core/secret/change.ts';
import { sealEnvelope } from '../../core/secret/envelope.ts';
import { to } from './keys.ts';
import {
  base64,
  bytes,
  changed,
  east,
  everywhere,
  first,
  identity,
  sealed,
  template,
} from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';

const tree = (why: string, change: (secret: EdgeSecret) => void): UnsealCase => ({
  why,
  expect: { refuse: 'schema' },
  make: changed(change),
});

const label = (why: string, name: string): UnsealCase =>
  tree(why, (s) => {
    s.spec.template!.metadata!.labels = { [name]: 'x' };
  });

const renamed = (why: string, name: string): UnsealCase =>
  tree(why, (s) => {
    const { data } = first(s);
    data[name] = data['password']!;
  });

const elided = (index: number) => ({
  regions: [`region-${index}`],
  digest: index.toString(16).padStart(64, '0'),
});

const signatures = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ author: `author-${i}`, signature: 'made up' }));

/** 253 characters in labels of at most 63. */
const longName = ['a', 'b', 'c'].map((c) => c.repeat(63)).join('.') + `.${'d'.repeat(61)}`;
const longItem = 'i'.repeat(253);

/** A secret whose every part is as long as it may be, and so that it opens. */
async function atAllLimits(): Promise<string> {
  const secret = await createSecret(
    {
      ...identity,
      name: longName,
      namespace: 'n'.repeat(63),
      template: {
        ...template,
        type: 't'.repeat(253),
        metadata: { labels: { ['l'.repeat(317)]: 'x' }, annotations: {} },
      },
    },
    Number.MAX_SAFE_INTEGER,
    everywhere,
    bytes({ [longItem]: 'made-up' }),
  );
  for (let i = 1; i < 256; i += 1) secret.spec.envelopes.push(elided(i));
  secret.spec.envelopes[255] = { regions: ['r'.repeat(63)], digest: 'f'.repeat(64) };
  secret.spec.signatures = signatures(64);
  secret.spec.signatures[0] = { author: 'a'.repeat(320), signature: 's'.repeat(4096) };
  return formatEdgeSecret(secret);
}

/** Values of one byte more than 1 MiB together; no sealer of ours makes it. */
async function tooLargeValues(): Promise<string> {
  const secret = await sealed([to('us-east', east)]);
  const half = 'x'.repeat(512 * 1024);
  const items = bytes({ password: half, username: `${half}x` });
  const context = { ...identity, type: template.type };
  secret.spec.envelopes = [await sealEnvelope(context, 1, [to('us-east', east)], items)];
  return formatEdgeSecret(secret);
}

/** Each limit of the schema that is about a length or a number. */
export const limitCases: Record<string, UnsealCase> = {
  'pass-all-limits': {
    why: 'each name, list and number as long, as many and as large as may be',
    expect: { items: { [longItem]: base64('made-up') } },
    make: atAllLimits,
  },
  'schema-257-envelopes': tree('one envelope more than there may be', (s) => {
    for (let i = 1; i < 257; i += 1) s.spec.envelopes.push(elided(i));
  }),
  'schema-65-signatures': tree('one signature more than there may be', (s) => {
    s.spec.signatures = signatures(65);
  }),
  'schema-author-321': tree('an author of 321 characters', (s) => {
    s.spec.signatures = [{ author: 'a'.repeat(321), signature: 'made up' }];
  }),
  'schema-signature-4097': tree('a signature of 4,097 characters', (s) => {
    s.spec.signatures = [{ author: 'a', signature: 's'.repeat(4097) }];
  }),
  'schema-type-254': tree('a type of 254 characters', (s) => {
    s.spec.template!.type = 't'.repeat(254);
  }),
  'schema-type-empty': tree('an empty type', (s) => {
    s.spec.template!.type = '';
  }),
  'schema-namespace-64': tree('a namespace of 64 characters', (s) => {
    s.metadata.namespace = 'n'.repeat(64);
  }),
  'schema-name-254': tree('a name of 254 characters', (s) => {
    s.metadata.name = `${longName}d`;
  }),
  'schema-name-label-64': tree('a label of a name of 64 characters', (s) => {
    s.metadata.name = `a.${'b'.repeat(64)}`;
  }),
  'schema-region-64': tree('a region of 64 characters', (s) => {
    s.spec.envelopes.push({ regions: ['r'.repeat(64)], digest: '0'.repeat(64) });
  }),
  'schema-item-name-254': renamed('an item name of 254 characters', `${longItem}i`),
  'schema-item-name-empty': renamed('an empty item name', ''),
  'schema-item-name-dot': renamed('an item name that is a dot', '.'),
  'schema-item-name-dots': renamed('an item name that begins with two dots', '..a'),
  'schema-label-318': label('a label name of 318 characters', 'l'.repeat(318)),
  'schema-label-empty': label('an empty label name', ''),
  'schema-label-space': label('a space in a label name', 'a b'),
  'schema-label-wide-space': label('white space that is not ASCII in a label name', 'a\u3000'),
  'schema-label-byte-order-mark': label('a byte order mark in a label name, escaped', 'a\ufeff'),
  'schema-label-control': label('a control character in a label name, escaped', 'a\u0085b'),
  'too-large-values': {
    why: 'values of 1 MiB and one byte together, in a file that is not too long',
    expect: { refuse: 'too-large' },
    make: tooLargeValues,
  },
};
