import type { Output } from '../../terminal/output.ts';
import { plainText } from '../../terminal/plain-text.ts';
import type { PlacedFinding } from '../finding.ts';
import { remedyOf } from '../rules/catalogue.ts';

/** A line for each finding, and below them, once for each rule, what to do. */
export async function printText(output: Output, findings: readonly PlacedFinding[]): Promise<void> {
  for (const { file, line, column, rule, masked, message, commit, author } of findings) {
    const place = output.paint('bold', `${plainText(file)}:${line}:${column}`);
    const by =
      commit === undefined
        ? ''
        : output.paint('dim', ` (${commit.slice(0, 10)} by ${plainText(author ?? '?')})`);
    output.line(
      `${place}: ${output.paint('red', rule)} ${plainText(masked)}: ${plainText(message)}${by}`,
    );
  }
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  for (const rule of rules) output.note(`${rule}: ${await remedyOf(rule)}`);
}
