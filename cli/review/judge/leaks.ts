import { byName } from '../../../core/format/names.ts';
import type { ScanFinding } from '../../../core/scan/finding.ts';
import { LocalScanner } from '../../../core/scan/local-scanner.ts';
import { readRangeParts } from '../../../hooks/range.ts';
import type { RangeCommit, RangePart } from '../../../hooks/range.ts';
import { commitView } from '../../git/commit-view.ts';
import type { CommitView } from '../../git/commit-view.ts';
import { gitAnswer } from '../../git/git.ts';
import { plainText } from '../../terminal/plain-text.ts';
import type { Io } from '../../terminal/io.ts';
import { Output } from '../../terminal/output.ts';
import type { Change } from '../change.ts';
import type { Leak } from '../model.ts';

/** Nobody reads more, and a change with so many is not looked at one by one. */
const atMost = 1000;

/**
 * Scans everything that a change brings, also what a later commit of it took away again: a merge brings its history. What main's
 * allow list leaves alone is left; what only the change's own does is said.
 *
 * @param top of the Git repository
 */
export async function leaksIn(io: Io, top: string, change: Change): Promise<Leak[]> {
  const [main, merged] = [
    await commitView(io, top, change.base, ''),
    await commitView(io, top, change.merged, ''),
  ];
  try {
    const scanner = (view: CommitView): LocalScanner => scannerOf(io, top, view);
    const scanners = { main: scanner(main), own: scanner(merged) };
    const found = new Map<string, Leak>();
    const range = { from: [change.head], not: [change.base] };
    for await (const part of readRangeParts({ ...io, cwd: top }, range)) {
      if (found.size >= atMost) break;
      for (const leak of await leaksOf(part, scanners, merged.blobs))
        found.set([leak.path ?? leak.commit, leak.rule, leak.line, leak.column].join('\0'), leak);
    }
    return latest([...found.values()]);
  } finally {
    for (const view of [main, merged]) view.close();
  }
}

function scannerOf(io: Io, top: string, view: CommitView): LocalScanner {
  const output = new Output(io);
  return new LocalScanner({
    gitDir: () =>
      gitAnswer(io, ['rev-parse', '--path-format=absolute', '--git-common-dir'], { cwd: top }),
    env: io.env,
    read: async (path) => {
      const bytes = await view.read(path);
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    },
    onFault: (words) => {
      output.warn(plainText(words));
    },
  });
}

async function leaksOf(
  part: RangeCommit | RangePart,
  { main, own }: Record<'main' | 'own', LocalScanner>,
  blobs: ReadonlyMap<string, string>,
): Promise<Leak[]> {
  const isFile = part.kind === 'file';
  const path = isFile ? part.path : undefined;
  const bytes = isFile ? part.bytes : Buffer.from(part.message);
  const results = await main.scan(path ?? 'the message', bytes);
  if (results.length === 0) return [];
  const placeOf = ({ rule, line, column }: ScanFinding): string => `${rule} ${line} ${column}`;
  const left = new Set((await own.scan(path ?? 'the message', bytes)).map(placeOf));
  return results.map((finding) => ({
    commit: part.commit,
    path,
    rule: finding.rule,
    line: isFile ? finding.line + part.line - 1 : finding.line,
    column: finding.column,
    message: finding.message,
    masked: finding.masked,
    standing: isFile && blobs.get(part.path) === part.oid,
    allowedByItself: !left.has(placeOf(finding)),
  }));
}

/** Of a file that was changed again and again, what still stands hides what was the same before. */
function latest(leaks: readonly Leak[]): Leak[] {
  const idOf = ({ path, rule, message }: Leak): string => [path, rule, message].join('\0');
  const standing = new Set(leaks.filter((leak) => leak.standing).map(idOf));
  return leaks
    .filter((leak) => leak.standing || leak.path === undefined || !standing.has(idOf(leak)))
    .sort((a, b) => byName(a.path ?? '', b.path ?? '') || a.line - b.line || a.column - b.column);
}
