import { BlobReader } from './git/blobs.ts';
import { decodePath } from './git/path-name.ts';
import { gitOutput } from './git/process.ts';
import type { HookIo, HookIoWithInput } from './git/process.ts';
import type { Judge, Judged } from './judge.ts';
import { readRangeParts } from './range.ts';
import type { Range } from './range.ts';
import { fieldsOf } from './staged.ts';

/** A ref that a push changes. */
export interface Update {
  /** On the side that receives: `refs/heads/main`. */
  ref: string;
  /** What it was there; undefined where it is new. */
  before: string | undefined;
  /** What it becomes. */
  after: string;
}

/** Everything that Git writes to a hook. A push of all refs of a large repository is a few megabytes. */
export async function readInput(io: HookIoWithInput): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) text += chunk.toString();
  return text;
}

/** What `pre-push` is told: `<local ref> <id> <remote ref> <id>`, one line each. Deleted refs bring nothing. */
export function updatesOfPush(text: string): Update[] {
  return linesOf(text, 4).flatMap(([, after = '', ref = '', before = '']) =>
    updateOf(ref, before, after),
  );
}

/** What `pre-receive` is told: `<old id> <new id> <ref>`. */
export function updatesOfReceive(text: string): Update[] {
  return linesOf(text, 3).flatMap(([before = '', after = '', ref = '']) =>
    updateOf(ref, before, after),
  );
}

/** What a push was found to bring. */
export interface Pushed {
  /** Paths of files that its commits bring. */
  paths: Set<string>;
  commits: number;
}

/**
 * Looks at all that a push brings: files and messages of each commit, messages of tags, and files that a tag names
 * without a commit.
 *
 * @param not as {@link Range}: what the other side has
 */
export async function judgePushed(
  io: HookIo,
  updates: readonly Update[],
  not: Range['not'],
  judge: Judge,
): Promise<Pushed> {
  const pushed: Pushed = { paths: new Set(), commits: 0 };
  const from = await judgeLoose(io, updates, judge);
  if (from.length === 0) return pushed;
  for await (const part of readRangeParts(io, { from, not })) {
    if (part.kind === 'file') {
      pushed.paths.add(part.path);
      await judge.look(part, part);
    } else {
      pushed.commits += 1;
      const { commit, message } = part;
      await judge.lookAtText({ path: 'the message', commit, isNew: true }, message);
    }
  }
  return pushed;
}

/** More than the message of any tag. */
const maxTagBytes = 1024 * 1024;

/** Looks at what is no commit, and gives the commits that are left. */
async function judgeLoose(io: HookIo, updates: readonly Update[], judge: Judge): Promise<string[]> {
  const commits: string[] = [];
  const asked = [...new Set(updates.map(({ after }) => after))];
  const answers = await gitOutput(io, ['cat-file', '--batch-check'], `${asked.join('\n')}\n`);
  const blobs = new BlobReader(io);
  try {
    for (const line of answers.toString('latin1').split('\n')) {
      const [oid = '', type = ''] = line.split(' ');
      const ref = updates.find(({ after }) => after === oid)?.ref ?? oid;
      if (type === 'commit') commits.push(oid);
      else if (oid !== '')
        commits.push(...(await judgeObject(io, blobs, { ref, oid, type }, judge)));
    }
    return commits;
  } finally {
    blobs.close();
  }
}

interface Loose {
  ref: string;
  oid: string;
  type: string;
}

/** A tag of a commit is the rule; Git lets one name a tree, a file or another tag just as well. */
async function judgeObject(
  io: HookIo,
  blobs: BlobReader,
  { ref, oid, type }: Loose,
  judge: Judge,
): Promise<string[]> {
  const name = `the tag ${ref.replace(/^refs\/(?:tags\/)?/, '')}`;
  if (type === 'tag') {
    const tag = await blobs.object(oid, maxTagBytes);
    const text = tag?.bytes.toString('utf8') ?? '';
    const [, target = '', kind = ''] = /^object ([0-9a-f]+)\ntype (\w+)\n/.exec(text) ?? [];
    await judge.lookAtText({ path: name, isNew: true }, text.slice(text.indexOf('\n\n') + 2));
    if (kind === 'commit') return [target];
    return target === ''
      ? []
      : await judgeObject(io, blobs, { ref, oid: target, type: kind }, judge);
  }
  const files: (Judged & { oid: string })[] =
    type === 'blob' ? [{ path: name, oid, isNew: true }] : [];
  if (type === 'tree') {
    const listing = await gitOutput(io, ['ls-tree', '-r', '-z', '--full-tree', oid]);
    for (const field of fieldsOf(listing)) {
      const tab = field.indexOf(9);
      const [, kind = '', blob = ''] = field.toString('latin1', 0, tab).split(' ');
      if (kind === 'blob')
        files.push({ path: decodePath(field.subarray(tab + 1)), oid: blob, isNew: true });
    }
  }
  for await (const { of, part } of blobs.read(files))
    if (part !== undefined) await judge.look(of, part);
  return [];
}

function linesOf(text: string, words: number): string[][] {
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter((line) => line.length === words);
}

function updateOf(ref: string, before: string, after: string): Update[] {
  if (/^0+$/.test(after)) return [];
  return [{ ref, after, before: /^0+$/.test(before) ? undefined : before }];
}
