import { shownPath } from '../git/path-name.ts';
import type { HookIo } from '../git/process.ts';
import type { Judge, Judged } from '../judge.ts';
import type { SealedFinding } from './integrity.ts';

/** More warnings than these are counted. */
const shownWarnings = 8;

/** Hands errors to the judge, and says warnings at once. */
export function sayFindings(
  io: HookIo,
  findings: readonly SealedFinding[],
  prefix: string,
  judge: Judge,
  about: (path: string) => Omit<Judged, 'path'>,
): void {
  const warnings = findings.filter(({ level }) => level === 'warning');
  for (const { file, message, hint } of warnings.slice(0, shownWarnings)) {
    const place = file === undefined ? '' : `${shownPath(prefix + file)}: `;
    io.stderr.write(`edgeseal: warning: ${place}${message}\n`);
    if (hint !== undefined) io.stderr.write(`  hint: ${hint}\n`);
  }
  if (warnings.length > shownWarnings)
    io.stderr.write(
      `edgeseal: warning: and ${warnings.length - shownWarnings} more: edgeseal verify\n`,
    );
  for (const { level, file = 'edgeseal.yaml', line, message, hint } of findings) {
    if (level === 'warning') continue;
    const path = prefix + file;
    judge.add(
      { path, ...about(path) },
      { rule: 'sealed-file', line, column: 1, message, masked: '', hint },
    );
  }
}
