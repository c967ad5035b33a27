import { byName } from '../../../core/format/names.ts';
import { scanFile } from '../../../core/scan/scan-file.ts';
import { readRangeParts } from '../../../hooks/range.ts';
import type { Io } from '../../terminal/io.ts';
import type { Change } from '../change.ts';
import type { Leak } from '../model.ts';

/** Nobody reads more, and a change with so many is not looked at one by one. */
const atMost = 1000;

/**
 * Scans everything that a change brings, also what a later commit of it took away again: a merge brings its history.
 *
 * @param cwd top of the Git repository
 * @param standing blob ids by path of what main would be
 */
export async function leaksIn(
  io: Io,
  cwd: string,
  { base, head }: Change,
  standing: ReadonlyMap<string, string>,
): Promise<Leak[]> {
  const found = new Map<string, Leak>();
  for await (const part of readRangeParts({ ...io, cwd }, { from: [head], not: [base] })) {
    if (found.size >= atMost) break;
    const isFile = part.kind === 'file';
    const path = isFile ? part.path : undefined;
    const bytes = isFile ? part.bytes : Buffer.from(part.message);
    // A message is no manifest: what it holds is looked at as text.
    const results = await scanFile(path ?? 'commit-message.txt', bytes);
    for (const { line, ...finding } of results) {
      const at = isFile ? line + part.line - 1 : line;
      const isStanding = isFile && standing.get(part.path) === part.oid;
      const leak = { ...finding, commit: part.commit, path, line: at, standing: isStanding };
      const place = [path ?? part.commit, finding.rule, finding.message, at, finding.column];
      found.set(place.join('\0'), leak);
    }
  }
  return latest([...found.values()]);
}

/** What still stands hides what was the same before. */
function latest(leaks: readonly Leak[]): Leak[] {
  const idOf = ({ path, rule, message }: Leak): string => [path, rule, message].join('\0');
  const standing = new Set(leaks.filter((leak) => leak.standing).map(idOf));
  return leaks
    .filter((leak) => leak.standing || leak.path === undefined || !standing.has(idOf(leak)))
    .sort((a, b) => byName(a.path ?? '', b.path ?? '') || a.line - b.line || a.column - b.column);
}
