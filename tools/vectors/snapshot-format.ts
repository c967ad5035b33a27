import type { Json } from '../../core/format/canonical-json.ts';
import type { ChannelParts } from './channel.ts';
import { editedIndex, refused, says, text } from './snapshot-refused.ts';
import type { SnapshotCase } from './snapshot.ts';

const reordered = (json: { [key: string]: Json }): Json => ({
  ...json,
  indexes: [...(json['indexes'] as Json[])].reverse(),
});

const edited = (edit: (text: string) => string): ChannelParts => ({
  snapshotBytes: (bytes) => text(bytes, edit),
});
/** What has to be refused of the form of a snapshot or an index: all of it is signed, or listed. */
export const formatCases: Record<string, SnapshotCase> = {
  'snapshot-final-line-feed': refused(
    'a line feed after the snapshot',
    'canonical',
    edited((t) => `${t}\n`),
  ),
  'snapshot-unsorted-keys': refused(
    'keys not sorted',
    'canonical',
    edited((t) =>
      t
        .replace(/^\{(.*),("source":"1+")\}$/, '{$2,$1}')
        .replace(/^\{("indexes":.*?\]),(.*)\}$/, '{$2,$1}'),
    ),
  ),
  'snapshot-duplicate-key': refused(
    'a key twice',
    'canonical',
    edited((t) => t.replace('"sequence":1', '"sequence":1,"sequence":1')),
  ),
  'snapshot-not-json': refused(
    'not JSON',
    'canonical',
    edited(() => 'made up'),
  ),
  'snapshot-sequence-2-53': refused(
    'a sequence of 2^53',
    'canonical',
    edited((t) => t.replace('"sequence":1', '"sequence":9007199254740992')),
  ),
  'snapshot-sequence-fraction': refused(
    'a sequence of 1.5',
    'canonical',
    edited((t) => t.replace('"sequence":1', '"sequence":1.5')),
  ),
  'snapshot-sequence-0': says('a sequence of 0', 'schema', { sequence: 0 }),
  'snapshot-sequence-text': says('a sequence that is text', 'schema', { sequence: '1' }),
  'snapshot-unknown-member': says('an unknown member', 'schema', {
    issuedAt: '2026-01-31T12:00:00Z',
  }),
  'snapshot-without-previous': refused('previous is missing', 'schema', {
    snapshot: (json) =>
      Object.fromEntries(Object.entries(json).filter(([key]) => key !== 'previous')),
  }),
  'snapshot-previous-upper-case': says('a hash in upper case', 'schema', {
    previous: 'E'.repeat(64),
  }),
  'snapshot-source-short': says('an abbreviated commit id', 'schema', { source: '1'.repeat(12) }),
  'snapshot-indexes-unsorted': refused('indexes are sorted by namespace', 'schema', {
    snapshot: reordered,
  }),
  'snapshot-index-twice': refused('an index twice', 'schema', {
    snapshot: (json) => ({
      ...json,
      indexes: [...(json['indexes'] as Json[]), (json['indexes'] as Json[])[1]!],
    }),
  }),
  'snapshot-namespace-path': refused('a namespace that is a path', 'schema', {
    snapshot: (json) => ({
      ...json,
      indexes: [{ ...(json['indexes'] as object[])[0], namespace: '../production' }],
    }),
  }),
  'index-unsorted': refused(
    'entries are sorted by name',
    'schema',
    editedIndex((t) => {
      const [entry] = JSON.parse(t) as object[];
      return canonical([entry!, { ...entry, name: 'a' }]);
    }),
  ),
  'index-name-twice': refused(
    'a name twice',
    'schema',
    editedIndex((t) => {
      const [entry] = JSON.parse(t) as object[];
      return canonical([entry!, entry!]);
    }),
  ),
  'index-not-canonical': refused(
    'an index with a line feed at its end',
    'canonical',
    editedIndex((t) => `${t}\n`),
  ),
  'index-is-an-object': refused(
    'an index that is no array',
    'schema',
    editedIndex(() => '{}'),
  ),
  'index-unknown-member': refused(
    'an unknown member in an entry',
    'schema',
    editedIndex((t) => t.replace('"version":1', '"version":1,"x":1')),
  ),
  'index-name-path': refused(
    'a name that is a path',
    'schema',
    editedIndex((t) => t.replace('"database-credentials"', '"../database-credentials"')),
  ),
  'index-version-0': refused(
    'a version of 0',
    'schema',
    editedIndex((t) => t.replace('"version":1', '"version":0')),
  ),
  'index-size-negative': refused(
    'a negative size',
    'schema',
    editedIndex((t) => t.replace(/"size":/, '"size":-')),
  ),
};

function canonical(entries: object[]): string {
  return JSON.stringify(entries, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
