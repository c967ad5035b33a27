import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { makeRoot, nextSpec, root1, spec1 } from './channel.ts';
import type { ChannelParts } from './channel.ts';
import { skLine, skSign, sshLine } from './keys.ts';
import { firstVersion, signed, thirdVersion, token } from './signed-secret.ts';
import {
  accepted,
  apiToken,
  credentials,
  openedCredentials,
  openedToken,
  other,
} from './snapshot-accepted.ts';
import type { SnapshotCase } from './snapshot.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { flip, repository } from './unseal-case.ts';

/** A snapshot that is accepted, with one secret in it that is not: the other one goes on. */
export const bad = (
  why: string,
  refuse: string,
  parts: ChannelParts,
  known: Partial<SnapshotCase> = {},
): SnapshotCase => {
  const secrets = { [credentials]: { refuse }, [apiToken]: openedToken };
  return accepted(why, parts, { root: parts.roots?.length ?? 1, secrets }, known);
};

export const secret = (
  why: string,
  refuse: string,
  made: EdgeSecret,
  known: Partial<SnapshotCase> = {},
): SnapshotCase => bad(why, refuse, { secrets: [made, signed(token)] }, known);

const good = (why: string, parts: ChannelParts, author: string): SnapshotCase =>
  accepted(why, parts, {
    root: parts.roots?.length ?? 1,
    secrets: { [credentials]: { ...openedCredentials, author }, [apiToken]: openedToken },
  });

/** The file's text changed after it was signed; the index lists what is there. */
const edited = (why: string, refuse: string, edit: (text: string) => string): SnapshotCase =>
  bad(why, refuse, {
    secretBytes: (text) => {
      if (!text.includes('name: database-credentials')) return text;
      const after = edit(text);
      if (after === text) throw new Error('an edit of a vector changed nothing');
      return after;
    },
  });

function change(edit: (secret: EdgeSecret) => void, from = firstVersion): EdgeSecret {
  const copy = structuredClone(from);
  edit(copy);
  return copy;
}

const floor = (version: number, statement?: string) => ({
  floors: { [credentials]: { version, ...(statement === undefined ? {} : { statement }) } },
});

const bySk = (flags: number): EdgeSecret => ({
  ...firstVersion,
  spec: {
    ...firstVersion.spec,
    signatures: [
      {
        author: 'x',
        signature: skSign(
          'author sk',
          'secret@edgeseal.dev',
          statementBytes(repository, firstVersion),
          flags,
        ),
      },
    ],
  },
});

const authorsRoot = (authors: typeof spec1.authors) => makeRoot(nextSpec({ authors }));
const skRoot = authorsRoot([
  ...spec1.authors,
  { name: 'sk@example.com', keys: [skLine('author sk')], namespaces: ['p?oduct*ion'] },
]);
const withoutA = authorsRoot([
  { name: 'c@example.com', keys: [sshLine('author c')], namespaces: ['*'] },
]);
const both = (first: EdgeSecret, second: EdgeSecret): EdgeSecret => ({
  ...first,
  spec: { ...first.spec, signatures: [...first.spec.signatures, ...second.spec.signatures] },
});

/** What is judged of each secret by itself. */
export const secretCases: Record<string, SnapshotCase> = {
  'pass-author-sk': good(
    'an author with a FIDO key, entitled by a glob',
    { roots: [root1, skRoot], secrets: [bySk(1), signed(token)] },
    'sk@example.com',
  ),
  'pass-author-hint-wrong': good(
    'the author field claims somebody else: it is a hint',
    {
      secrets: [
        change((s) => {
          s.spec.signatures[0]!.author = 'b@example.com';
        }, signed(firstVersion)),
        signed(token),
      ],
    },
    'a@example.com',
  ),
  'pass-second-signature': good(
    'one entitled signature is enough, beside a stranger’s and a stale one',
    {
      secrets: [
        both(both(signed(firstVersion, 'stranger'), signed(thirdVersion)), signed(firstVersion)),
        signed(token),
      ],
    },
    'a@example.com',
  ),
  'author-unsigned': secret('not signed', 'author', firstVersion),
  'author-stranger': secret(
    'signed by somebody who is not listed',
    'author',
    signed(firstVersion, 'stranger'),
  ),
  'author-publisher': secret(
    'signed by a publisher',
    'author',
    signed(firstVersion, 'publisher a'),
  ),
  'author-outside-namespaces': secret(
    'signed by an author of other namespaces',
    'author',
    signed(firstVersion, 'author b'),
  ),
  'author-sk-not-present': bad('an author with a FIDO key, nobody was there', 'author', {
    roots: [root1, skRoot],
    secrets: [bySk(0), signed(token)],
  }),
  'author-taken-out': accepted(
    'an author whom root 2 does not list any more',
    { roots: [root1, withoutA], secrets: [signed(firstVersion), signed(token, 'author c')] },
    {
      root: 2,
      secrets: {
        [credentials]: { refuse: 'author' },
        [apiToken]: { ...openedToken, author: 'c@example.com' },
      },
    },
  ),
  'author-of-other-repository': secret(
    'signed for another repository',
    'author',
    signed(firstVersion, 'author a', '6f1d1c5e-0000-4000-8000-000000000002'),
  ),
  'author-signature-of-other-version': secret(
    'the signature of another version',
    'author',
    change((s) => {
      s.spec.signatures = signed(thirdVersion).spec.signatures;
    }),
  ),
  'author-signature-malformed': secret(
    'a malformed signature beside a good one',
    'ssh',
    change((s) => {
      s.spec.signatures.push({ author: 'x', signature: 'made up' });
    }, signed(firstVersion)),
  ),
  'author-template-changed': secret(
    'the type changed after signing',
    'author',
    change((s) => {
      s.spec.template!.type = 'example.com/other';
    }, signed(firstVersion)),
  ),
  'author-envelope-hidden': secret(
    'a publisher leaves an overriding envelope out',
    'author',
    change((s) => {
      s.spec.envelopes.splice(1, 1);
    }, signed(thirdVersion)),
  ),
  'author-envelope-of-other-region-hidden': secret(
    'a publisher leaves the envelope of another region out',
    'author',
    change((s) => {
      s.spec.envelopes.splice(2, 1);
    }, signed(thirdVersion)),
  ),
  'author-item-changed': secret(
    'a flipped bit in an item, after signing',
    'author',
    change((s) => {
      const { data } = s.spec.envelopes[0] as FullEnvelope;
      data['password'] = flip(data['password']!, 30);
    }, signed(firstVersion)),
  ),
  'listed-version-other': bad('the index lists another version than the file has', 'snapshot', {
    indexBytes: (bytes) =>
      Buffer.from(bytes.toString().replace(/("name":"database-credentials".*"version":)1/, '$12')),
  }),
  'listed-name-other': edited(
    'the file is another secret than the listed one',
    'snapshot',
    (text) => text.replace('name: database-credentials', 'name: other'),
  ),
  'listed-namespace-other': edited('the file is of another namespace', 'snapshot', (text) =>
    text.replace('namespace: production', 'namespace: team-shop'),
  ),
  'secret-yaml': edited('a file that is no YAML', 'yaml', (text) => `${text}\t- [\n`),
  'secret-schema': edited('an unknown field', 'schema', (text) => `${text}status: {}\n`),
  'secret-base64': edited('trailing bits in the commitment', 'base64', (text) =>
    text.replace(
      /commitment: "(.{42})(.)="/,
      (_, head: string, last: string) =>
        `commitment: "${head}${String.fromCharCode(last.charCodeAt(0) + 1)}="`,
    ),
  ),
  'secret-wrap-hidden': edited(
    'a publisher relabels my wrap; the statement stays',
    'no-wrap',
    (text) => text.replace(/(region: us-east\n\s+key: ")[0-9a-f]{16}"/, '$10123456789abcdef"'),
  ),
  'secret-item-signed-but-broken': secret(
    'an author signed an item that does not open',
    'item',
    signed(
      change((s) => {
        const { data } = s.spec.envelopes[0] as FullEnvelope;
        data['password'] = flip(data['password']!, 30);
      }),
    ),
  ),
  'floor-below': secret(
    'an older version, validly signed',
    'floor',
    signed(firstVersion),
    floor(2, other),
  ),
  'floor-other-statement': secret(
    'at the floor, with another statement',
    'floor',
    signed(firstVersion),
    floor(1, other),
  ),
  'floor-deleted': secret(
    'deleted at version 1: its floor is 2',
    'floor',
    signed(firstVersion),
    floor(2),
  ),
  'floor-re-created-at-1': secret(
    'a new secret of the name of a deleted one, from version 1',
    'floor',
    signed(
      change((s) => {
        s.spec.template!.immutable = true;
      }),
    ),
    floor(4),
  ),
};
