import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { setItems } from '../../core/secret/change.ts';
import { to } from './keys.ts';
import {
  bytes,
  bothItems,
  changed,
  edited,
  first,
  repository,
  sealed,
  west,
} from './unseal-case.ts';
import type { UnsealCase } from './unseal-case.ts';

const schema = { refuse: 'schema' };
const asAny = (value: unknown): any => value; // eslint-disable-line @typescript-eslint/no-explicit-any

/** A must-fail by text: everything else of the file opens. */
const text = (why: string, edit: (text: string) => string): UnsealCase => ({
  why,
  expect: schema,
  make: edited(edit),
});

const tree = (why: string, change: (secret: EdgeSecret) => void): UnsealCase => ({
  why,
  expect: schema,
  make: changed(change),
});

const other = (s: EdgeSecret) => first(s).recipients.find((r) => r.region === 'us-west')!;

const base64Case = (why: string, change: (text: string) => string): UnsealCase => ({
  why,
  expect: { refuse: 'base64' },
  make: changed((s) => {
    const { data } = first(s);
    const before = data['password']!;
    data['password'] = change(before);
    if (data['password'] === before) throw new Error('an edit of a vector changed nothing');
  }),
});

/** Sets the lowest bit that base64 does not use in its last digit before `=`. */
const trailingBits = (value: string): string => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const at = value.indexOf('=') - 1;
  return value.slice(0, at) + alphabet[alphabet.indexOf(value[at]!) | 1]! + value.slice(at + 1);
};

/** What the shape of the file has to catch; nearly all of it concerns parts that opening would not look at. */
export const structureCases: Record<string, UnsealCase> = {
  'schema-suite-2': text('an unknown suite', (t) => t.replace('suite: 1', 'suite: 2')),
  'schema-api-version': text('another API version', (t) => t.replace('v1alpha1', 'v1')),
  'schema-kind': text('another kind', (t) => t.replace('kind: EdgeSecret', 'kind: SealedSecret')),
  'schema-version-0': text('versions start at 1', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 0'),
  ),
  'schema-version-negative': text('a negative version', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: -1'),
  ),
  'schema-version-text': text('a version in quotes is text', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: "1"'),
  ),
  'schema-envelope-version-above': tree('an envelope newer than its secret', (s) => {
    first(s).version = 2;
  }),
  'schema-no-signatures': text('signatures is required, unsigned is []', (t) =>
    t.replace(/^ {2}signatures: \[\]\n/m, ''),
  ),
  'schema-no-envelopes': tree('a secret without envelopes', (s) => {
    s.spec.envelopes = [];
  }),
  'schema-empty-data': {
    why: 'an envelope without items, beside one that opens',
    expect: schema,
    make: async () => {
      const next = await setItems(
        await sealed(),
        repository,
        2,
        [to('us-west', west)],
        bytes({ token: 'made-up' }),
      );
      asAny(next.spec.envelopes[1]).data = {};
      return formatEdgeSecret(next);
    },
  },
  'schema-null-template': text('null is not the same as absent', (t) =>
    t.replace(/^ {2}template:\n(?: {4}.*\n)+/m, '  template: null\n'),
  ),
  'schema-unknown-field-spec': text('an unknown field in spec', (t) =>
    t.replace(/^ {2}version: 1$/m, '  version: 1\n  note: made-up'),
  ),
  'schema-unknown-field-top': text('an unknown field at the top', (t) => `${t}status: {}\n`),
  'schema-unknown-field-metadata': text('an unknown field in metadata', (t) =>
    t.replace(/^ {2}namespace: production$/m, '  namespace: production\n  labels: {}'),
  ),
  'schema-unknown-field-envelope': text('an unknown field in an envelope', (t) =>
    t.replace(/^ {4}commitment:/m, '    note: made-up\n    commitment:'),
  ),
  'schema-unknown-field-recipient': text('an unknown field in a recipient', (t) =>
    t.replace(/^ {4}- region: us-west$/m, '    - region: us-west\n      note: made-up'),
  ),
  'schema-recipients-unsorted': tree('recipients are sorted by region', (s) => {
    first(s).recipients.reverse();
  }),
  'schema-recipients-duplicate': tree('the same recipient twice', (s) => {
    first(s).recipients.push({ ...other(s) });
  }),
  'schema-recipients-keys-unsorted': tree('recipients of one region are sorted by key id', (s) => {
    const wraps = ['0000000000000000', 'ffffffffffffffff'].map((key) => ({ ...other(s), key }));
    first(s).recipients.splice(2, 1, ...wraps.reverse());
  }),
  'schema-recipients-empty': {
    why: 'an envelope that nobody may read, beside one that opens',
    expect: schema,
    make: async () => {
      const next = await setItems(
        await sealed(),
        repository,
        2,
        [to('us-west', west)],
        bytes({ a: 'x' }),
      );
      asAny(next.spec.envelopes[1]).recipients = [];
      return formatEdgeSecret(next);
    },
  },
  'schema-wrapped-without-key': tree('a wrap that names no key', (s) => {
    delete other(s).key;
  }),
  'schema-wrapped-short': tree('a wrap of another region that is one byte short', (s) => {
    other(s).wrapped = Buffer.from(other(s).wrapped!, 'base64').subarray(1).toString('base64');
  }),
  'schema-commitment-short': tree('a commitment of 31 bytes', (s) => {
    first(s).commitment = Buffer.alloc(31).toString('base64');
  }),
  'schema-key-id-upper-case': tree('a key id in upper case', (s) => {
    other(s).key = 'ABCDEF0123456789';
  }),
  'schema-key-id-unquoted-float': {
    why: 'an unquoted key id of another region reads as a float (1e411429...)',
    expect: { refuse: 'yaml' },
    make: edited((t) => t.replace(/(region: us-west\n\s+key: )"[0-9a-f]+"/, '$11e41142912345678')),
  },
  'schema-key-id-unquoted-integer': {
    why: 'an unquoted key id of another region reads as an integer',
    expect: schema,
    make: edited((t) => t.replace(/(region: us-west\n\s+key: )"[0-9a-f]+"/, '$11234567890123456')),
  },
  'schema-exposed-unsorted': text('exposed is sorted', (t) =>
    t.replace(/^ {4}data:$/m, '    exposed: [z-region, a-region]\n    data:'),
  ),
  'schema-exposed-duplicate': text('exposed names a region once', (t) =>
    t.replace(/^ {4}data:$/m, '    exposed: [a-region, a-region]\n    data:'),
  ),
  'schema-exposed-and-recipient': text('a region is exposed, or a recipient, not both', (t) =>
    t.replace(/^ {4}data:$/m, '    exposed: [us-west]\n    data:'),
  ),
  'schema-elided-regions-unsorted': tree('regions of an elided envelope are sorted', (s) => {
    s.spec.version = 2;
    s.spec.envelopes.push({ regions: ['us-west', 'eu-central'], digest: '0'.repeat(64) });
  }),
  'schema-elided-regions-duplicate': tree('regions of an elided envelope are unique', (s) => {
    s.spec.envelopes.push({ regions: ['us-west', 'us-west'], digest: '0'.repeat(64) });
  }),
  'schema-elided-and-full': text('an envelope is either whole or elided', (t) =>
    t.replace(/^ {4}data:$/m, `    regions: [us-west]\n    digest: "${'0'.repeat(64)}"\n    data:`),
  ),
  'schema-elided-digest-upper-case': tree('digests are lower-case hex', (s) => {
    s.spec.envelopes.push({ regions: ['us-west'], digest: 'A'.repeat(64) });
  }),
  'schema-name-upper-case': {
    why: 'a name that Kubernetes would not take',
    expect: schema,
    make: changed((s) => {
      s.metadata.name = 'Database-Credentials';
    }),
  },
  'schema-namespace-path': tree('a namespace that is a path', (s) => {
    s.metadata.namespace = '../production';
  }),
  'schema-region-name': tree('a region name with a line feed', (s) => {
    first(s).recipients.push({ region: 'zz\n' });
  }),
  'schema-item-name': tree('an item name that is no file name', (s) => {
    const { data } = first(s);
    data['..'] = data['password']!;
  }),
  'schema-item-not-text': text('an item that is a number', (t) =>
    t.replace(/^ {6}password: .*$/m, '      password: 12345678'),
  ),
  'base64-trailing-bits': base64Case('unused bits of the last digit are not zero', trailingBits),
  'base64-no-padding': base64Case('missing padding', (v) => v.replace(/=+$/, '')),
  'base64-space': base64Case('a space in between', (v) => `${v.slice(0, 8)} ${v.slice(8)}`),
  'base64-line-feed': base64Case('a line feed at the end', (v) => `${v}\n`),
  'base64-url-alphabet': base64Case('the URL-safe alphabet', (v) =>
    `-_-_${v.slice(4)}`.replace(/\+/g, '-').replace(/\//g, '_'),
  ),
  'base64-extra-padding': base64Case('one = too many', (v) => `${v}=`),
  'base64-other-regions-wrap': {
    why: 'trailing bits in a wrap of another region, which opening would never look at',
    expect: { refuse: 'base64' },
    make: changed((s) => {
      other(s).wrapped = trailingBits(other(s).wrapped!);
    }),
  },
  'base64-commitment': {
    why: 'trailing bits in the commitment: it would decode to the same bytes',
    expect: { refuse: 'base64' },
    make: changed((s) => {
      first(s).commitment = trailingBits(first(s).commitment);
    }),
  },
  'too-large': {
    why: 'a file of 4 MiB and one byte',
    expect: { refuse: 'too-large' },
    grow: 4 * 1024 * 1024 + 1,
    make: changed(() => undefined),
  },
  'pass-largest': {
    why: 'a file of exactly 4 MiB',
    expect: bothItems,
    grow: 4 * 1024 * 1024,
    make: changed(() => undefined),
  },
};
