import { shownPath } from '../git/path-name.ts';
import type { HookFinding, Refused } from '../judge.ts';

/** A person reads a screen of this, not forty files of ten lines each. */
const shownFiles = 12;
const shownFindings = 4;

/**
 * What was found, one line each: the commit, where it is one, the place, and what it is; with an empty line on both sides.
 *
 * @param unkept files beside these
 */
export function listed(refused: readonly Refused[], unkept = 0): string[] {
  const lines = refused.slice(0, shownFiles).flatMap(linesOf);
  const rest = refused.length - shownFiles;
  const more = Math.max(0, rest) + unkept;
  if (more > 0) lines.push(`  and ${more} more ${more === 1 ? 'file' : 'files'}`);
  return ['', ...lines, ''];
}

function linesOf({ path, commit, findings }: Refused): string[] {
  const place = `${commit === undefined ? '' : `${commit.slice(0, 10)} `}${shownPath(path)}`;
  const sorted = grouped(findings).sort((a, b) => a.line - b.line);
  const lines = sorted.slice(0, shownFindings).flatMap(({ line, message, masked, hint }) => {
    const what = masked === '' || masked === '****' ? message : `${message} (${masked})`;
    return [`  ${place}:${line}: ${what}`, ...(hint === undefined ? [] : [`    mend it: ${hint}`])];
  });
  const rest = sorted.length - shownFindings;
  if (rest > 0) lines.push(`  ${place}: and ${rest} more`);
  return lines;
}

/** A rule that finds the same thing in many lines says it once. */
function grouped(findings: readonly HookFinding[]): HookFinding[] {
  const groups = new Map<string, { first: HookFinding; count: number }>();
  for (const finding of findings) {
    const id = `${finding.rule} ${finding.message} ${finding.masked} ${finding.hint ?? ''}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { first: finding, count: 1 });
    else group.count += 1;
  }
  return [...groups.values()].map(({ first, count }) =>
    count === 1
      ? first
      : { ...first, message: `${first.message}, and in ${count - 1} more places` },
  );
}
