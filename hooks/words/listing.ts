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
    return [`  ${place}:${line}: ${what}`, ...(hint === undefined ? [] : [`    hint: ${hint}`])];
  });
  const rest = sorted.length - shownFindings;
  if (rest > 0) lines.push(`  ${place}: and ${rest} more`);
  return lines;
}

/** More names than these are counted. */
const shownItems = 5;

/** One line for a Secret, with the names of its items; and one for what a rule finds in many places. */
function grouped(findings: readonly HookFinding[]): HookFinding[] {
  const groups = new Map<string, { first: HookFinding; items: string[]; count: number }>();
  for (const finding of findings) {
    const [, what = finding.message, item, where = ''] =
      /^(plaintext Secret[^(]*) \(([^()]*)\)(.*)$/.exec(finding.message) ?? [];
    const id = JSON.stringify([finding.rule, what, where, finding.masked, finding.hint]);
    const group = groups.get(id) ?? {
      first: { ...finding, message: what + where },
      items: [],
      count: 0,
    };
    groups.set(id, group);
    group.count += 1;
    if (item !== undefined) group.items.push(item);
  }
  return [...groups.values()].map(({ first, items, count }) => {
    if (items.length > 0) return { ...first, message: `${first.message} (${namesOf(items)})` };
    return count === 1
      ? first
      : { ...first, message: `${first.message}, and in ${count - 1} more places` };
  });
}

function namesOf(items: readonly string[]): string {
  const rest = items.length - shownItems;
  return [...items.slice(0, shownItems), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
