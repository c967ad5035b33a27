import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { makeRoot, nextSpec, root1 } from './channel.ts';
import type { MadeRoot } from './channel.ts';
import { skLine, sshLine, sshSign } from './keys.ts';
import { other, root2 } from './snapshot-accepted.ts';
import { refused } from './snapshot-refused.ts';
import type { SnapshotCase } from './snapshot.ts';

/** A root 2 that is refused, and with it the channel that offers it. */
export const next = (why: string, refuse: string, root: MadeRoot): SnapshotCase =>
  refused(why, refuse, { roots: [root1, root] });

export const spec = (why: string, refuse: string, over: Partial<TrustRootSpec>): SnapshotCase =>
  next(why, refuse, makeRoot(nextSpec(over)));

export const edited = (why: string, refuse: string, edit: (text: string) => string): SnapshotCase =>
  next(
    why,
    refuse,
    makeRoot(nextSpec(), ['root a'], (text) => {
      const after = edit(text);
      if (after === text) throw new Error('an edit of a vector changed nothing');
      return after;
    }),
  );

const threshold = (why: string, refuse: string, value: string): SnapshotCase =>
  edited(why, refuse, (text) => text.replace('threshold: 1', `threshold: ${value}`));

const [a, b] = [sshLine('root a'), sshLine('root b')];
const [author] = nextSpec().authors;
const [region] = nextSpec().regions;
const twoOwn = { roots: { keys: [b, sshLine('root c')], threshold: 2 } };

/** What has to be refused of a chain of roots. */
export const rootCases: Record<string, SnapshotCase> = {
  'root-2-unsigned': next('root 2 has an empty .sig', 'signature', makeRoot(nextSpec(), [])),
  'root-2-signed-by-itself': next(
    'root 2 is signed by its own keys only',
    'signature',
    makeRoot(nextSpec({ roots: { keys: [b], threshold: 1 } }), ['root b']),
  ),
  'root-2-signed-by-root-1-only': next(
    'root 2 is signed by root 1’s keys only, not by its own',
    'signature',
    makeRoot(nextSpec({ roots: { keys: [b], threshold: 1 } })),
  ),
  'root-2-own-threshold': next(
    'one of the two signatures that root 2 asks for itself',
    'signature',
    makeRoot(nextSpec(twoOwn), ['root a', 'root b']),
  ),
  'root-2-one-key-twice': next(
    'one key signed twice for a threshold of two',
    'signature',
    makeRoot(nextSpec(twoOwn), ['root a', 'root b', 'root b']),
  ),
  'root-2-signed-by-publisher': next(
    'root 2 is signed by a publisher',
    'signature',
    makeRoot(nextSpec(), ['publisher a']),
  ),
  'root-2-changed': next('a byte of root 2 changed after signing', 'signature', {
    ...root2,
    bytes: Buffer.concat([root2.bytes, Buffer.from('\n')]),
  }),
  'root-2-signature-malformed': next('a line after the signature of root 2', 'ssh', {
    ...root2,
    signatures: `${root2.signatures}x\n`,
  }),
  'root-2-broken-but-not-named': refused(
    'the snapshot names root 1; a root 2 that is refused refuses the channel',
    'signature',
    { roots: [root1, makeRoot(nextSpec(), [])], root: root1 },
  ),
  'root-2-previous-other': spec('root 2 names another root 1', 'root', { previous: other }),
  'root-2-number-3': refused('a root numbered 3 in the place of root 2', 'root', {
    roots: [root1, { ...makeRoot(nextSpec({ number: 3 })), number: 2 }],
  }),
  'root-2-repository-other': spec('root 2 belongs to another repository', 'root', {
    repository: '6f1d1c5e-0000-4000-8000-000000000002',
  }),
  'root-3-skips-2': refused('root 2 is not there, root 3 is', 'root', {
    roots: [root1, makeRoot(nextSpec({}, root2))],
  }),
  'root-3-broken': refused('root 2 is fine, root 3 does not follow it', 'root', {
    roots: [root1, root2, makeRoot(nextSpec({ previous: other }, root2))],
  }),
  'root-and-signature-swapped': refused('root and signature of root 2 swapped', 'ssh', {
    roots: [
      root1,
      {
        ...root2,
        bytes: Buffer.from(root2.signatures),
        signatures: Buffer.from(root2.bytes).toString(),
      },
    ],
  }),
  'root-threshold-0': threshold('a threshold of 0', 'schema', '0'),
  'root-threshold-negative': threshold('a threshold of -1', 'schema', '-1'),
  'root-threshold-fraction': threshold('a threshold of 0.5', 'yaml', '0.5'),
  'root-threshold-2-53': threshold('a threshold of 2^53', 'yaml', '9007199254740992'),
  'root-threshold-text': threshold('a threshold in quotes', 'schema', '"1"'),
  'root-threshold-above-keys': threshold('a threshold above the number of keys', 'root', '2'),
  'root-publishers-threshold-above-keys': spec(
    'the publishers’ threshold above the number of keys',
    'root',
    { publishers: { keys: [sshLine('publisher a')], threshold: 2 } },
  ),
  'root-key-twice': spec('one key listed twice for a threshold of two', 'root', {
    roots: { keys: [a, `${a} again`], threshold: 1 },
  }),
  'root-publisher-key-plain-and-sk': spec(
    'the same 32 bytes as a plain and as a FIDO key',
    'root',
    { publishers: { keys: [sshLine('publisher a'), skLine('publisher a')], threshold: 1 } },
  ),
  'root-no-keys': spec('no keys', 'schema', { roots: { keys: [], threshold: 1 } }),
  'root-previous-null': spec('previous is null in root 2', 'root', { previous: null }),
  'root-author-twice': spec('two authors of one name', 'root', {
    authors: [author!, { ...author!, keys: [sshLine('author c')] }],
  }),
  'root-region-twice': spec('two regions of one name', 'root', { regions: [region!, region!] }),
  'root-recovery-not-listed': spec('a recovery recipient that is not listed', 'root', {
    regions: [{ ...region!, recovery: 'recovery' }],
  }),
  'root-recovery-is-a-region': spec('a recovery that is a region', 'root', {
    regions: [
      { ...region!, recovery: 'us-west' },
      { name: 'us-west', role: 'region', keys: [] },
    ],
  }),
  'root-author-key-malformed': spec('a malformed key of an author', 'ssh', {
    authors: [{ ...author!, keys: ['ssh-ed25519 AAAA'] }],
  }),
  'root-heartbeat-key-rsa': spec('a heartbeat key of another type', 'ssh', {
    heartbeat: { key: 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQ==' },
  }),
  'root-namespaces-braces': spec('a glob with braces', 'schema', {
    authors: [{ ...author!, namespaces: ['{a,b}'] }],
  }),
  'root-unknown-field': edited('an unknown field', 'schema', (text) => `${text}  note: made up\n`),
  'root-key-state-unknown': edited('an unknown state of a key', 'schema', (text) =>
    text.replace('state: active', 'state: lost'),
  ),
  'root-key-hash-upper-case': edited('a hash in upper case', 'schema', (text) =>
    text.replace(/sha256: "[0-9a-f]{64}"/, (s) => s.toUpperCase().replace('SHA256', 'sha256')),
  ),
  'root-yaml-anchor': edited('an anchor', 'yaml', (text) =>
    text.replace('kind: TrustRoot', 'kind: &k TrustRoot'),
  ),
  'root-yaml-duplicate-key': edited('a key twice', 'yaml', (text) =>
    text.replace('  number: 2\n', '  number: 2\n  number: 2\n'),
  ),
  'root-not-utf8': next('a root that is not UTF-8', 'yaml', latin()),
};

function latin(): MadeRoot {
  const bytes = Buffer.concat([root2.bytes, Buffer.from('# \u00ff\n', 'latin1')]);
  const signatures = sshSign('root a', 'root@edgeseal.dev', bytes);
  return { ...root2, bytes, signatures };
}
