import type { Output } from '../../terminal/output.ts';
import type { PlacedFinding } from '../finding.ts';
import { jsonOf } from './json.ts';
import { printText } from './text.ts';

/** What `--output` takes. */
export type Format = 'text' | 'json' | 'sarif' | 'junit' | 'github';

/** Prints the findings: results to standard output, words about them to standard error. */
export async function printReport(
  output: Output,
  format: Format,
  findings: readonly PlacedFinding[],
  files: number,
): Promise<void> {
  if (format === 'json') output.json(jsonOf(findings));
  else if (format === 'text') await printText(output, findings);
  else if (format === 'github') (await import('./github.ts')).printGithub(output, findings);
  else if (format === 'sarif') output.json(await (await import('./sarif.ts')).sarifOf(findings));
  else output.line((await import('./junit.ts')).junitOf(findings));
  output.note(summary(findings, files));
}

function summary(findings: readonly PlacedFinding[], files: number): string {
  const where = new Set(findings.map(({ file, commit = '' }) => `${commit} ${file}`)).size;
  if (findings.length === 0) return `nothing found in ${counted(files, 'file')}`;
  return `${counted(findings.length, 'finding')} in ${where} of ${counted(files, 'file')}`;
}

function counted(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
