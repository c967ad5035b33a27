import { makeRoot, nextSpec, root1 } from './channel.ts';
import { sshLine } from './keys.ts';
import { accepted, other } from './snapshot-accepted.ts';
import { spec } from './snapshot-root.ts';
import type { SnapshotCase } from './snapshot.ts';

const [author] = nextSpec().authors;
const [first, second] = nextSpec().regions;
const key = (sha256: string, state: 'active' | 'retired' | 'revoked' = 'active') => ({
  sha256,
  state,
});
const keys = (count: number) =>
  Array.from({ length: count }, (_, i) => key(i.toString(16).padStart(64, '0')));
const lines = (count: number) => Array.from({ length: count }, (_, i) => sshLine(`author ${i}`));
const withAuthor = (over: Partial<NonNullable<typeof author>>) => ({
  authors: [{ ...author!, ...over }],
});

/** Everything that a root may have, as much of it as may be; its secrets stay signed. */
const full = makeRoot(
  nextSpec({
    publishers: {
      keys: [sshLine('publisher a').padEnd(1024, ' x'), ...lines(63)],
      threshold: 1,
    },
    authors: [
      {
        name: 'a'.repeat(320),
        keys: [sshLine('author a'), ...lines(15)],
        namespaces: [...Array<string>(254).fill('n'.repeat(253)), 'production', 'team-*'],
      },
    ],
    regions: [
      { ...first!, keys: keys(64), recovery: 'recovery' },
      { name: 'recovery', role: 'recovery', keys: [key(other)] },
    ],
  }),
);
const whole = accepted(
  'each list and each text of a root as long as may be',
  { roots: [root1, full] },
  { root: 2 },
);
const named = JSON.parse(
  JSON.stringify(whole.expect).replaceAll('a@example.com', 'a'.repeat(320)),
) as object;

/** What a root must not say beside what `rootCases` has: its limits, and the keys of regions. */
export const rootLimitCases: Record<string, SnapshotCase> = {
  'pass-root-all-limits': { ...whole, expect: named },
  'root-region-key-twice': spec('one key of a region, active and revoked', 'root', {
    regions: [{ ...first!, keys: [key(other), key(other, 'revoked')] }],
  }),
  'root-region-key-twice-same': spec('one key of a region twice in one state', 'root', {
    regions: [{ ...first!, keys: [key(other), key(other)] }],
  }),
  'root-key-of-two-regions': spec('one key of two regions', 'root', {
    regions: [
      { ...first!, keys: [key(other)] },
      { ...second!, keys: [key(other, 'retired')] },
    ],
  }),
  'root-recovery-of-recovery': spec('a recovery recipient that has one itself', 'root', {
    regions: [
      { name: 'recovery', role: 'recovery', keys: [] },
      { name: 'recovery-2', role: 'recovery', recovery: 'recovery', keys: [] },
    ],
  }),
  'root-recovery-of-itself': spec('a recovery recipient that names itself', 'root', {
    regions: [{ name: 'recovery', role: 'recovery', recovery: 'recovery', keys: [] }],
  }),
  'root-65-region-keys': spec('65 keys of a region', 'schema', {
    regions: [{ ...first!, keys: keys(65) }],
  }),
  'root-65-publishers': spec('65 publishers', 'schema', {
    publishers: { keys: [sshLine('publisher a'), ...lines(64)], threshold: 1 },
  }),
  'root-key-line-1025': spec('a public key line of 1,025 characters', 'schema', {
    publishers: { keys: [sshLine('publisher a').padEnd(1025, ' x')], threshold: 1 },
  }),
  'root-key-line-empty': spec('an empty public key line', 'schema', withAuthor({ keys: [''] })),
  'root-17-author-keys': spec('17 keys of an author', 'schema', withAuthor({ keys: lines(17) })),
  'root-author-without-keys': spec('an author without keys', 'schema', withAuthor({ keys: [] })),
  'root-author-without-namespaces': spec(
    'an author without namespaces',
    'schema',
    withAuthor({ namespaces: [] }),
  ),
  'root-257-namespaces': spec(
    '257 namespaces of an author',
    'schema',
    withAuthor({ namespaces: Array<string>(257).fill('n') }),
  ),
  'root-namespace-254': spec(
    'a glob of 254 characters',
    'schema',
    withAuthor({ namespaces: ['n'.repeat(254)] }),
  ),
  'root-author-name-321': spec(
    'an author’s name of 321 characters',
    'schema',
    withAuthor({ name: 'a'.repeat(321) }),
  ),
  'root-author-name-empty': spec('an empty name of an author', 'schema', withAuthor({ name: '' })),
};
