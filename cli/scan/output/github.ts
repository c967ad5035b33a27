import type { Output } from '../../terminal/output.ts';
import type { PlacedFinding } from '../finding.ts';

/** One annotation a finding, as GitHub Actions reads them from a job's log. */
export function printGithub(output: Output, findings: readonly PlacedFinding[]): void {
  for (const { file, line, column, rule, message, commit } of findings) {
    const where = `file=${property(file)},line=${line},col=${column},title=${property(rule)}`;
    const by = commit === undefined ? '' : ` (commit ${commit})`;
    output.line(`::error ${where}::${data(message + by)}`);
  }
}

/** A name in a file is somebody's text: it must not end the annotation and begin a command of its own. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
