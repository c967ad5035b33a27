import type { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import type { ClusterFinding } from './finding.ts';
import type { Survey } from './survey.ts';

/** What a script, an alert or a file gets: places and rules, no value. */
export interface ClusterReport {
  cluster: string;
  /** When it was made, RFC 3339. */
  time: string;
  findings: (Pick<
    ClusterFinding,
    'file' | 'line' | 'column' | 'rule' | 'masked' | 'message' | 'times'
  > & {
    look: string;
  })[];
  looked: Omit<Survey, 'findings' | 'unread'>;
  unread: Survey['unread'];
}

export function reportOf(survey: Survey, cluster: string, now = new Date()): ClusterReport {
  const { findings, unread, ...looked } = survey;
  return {
    cluster,
    time: now.toISOString(),
    findings: findings.map(({ file, line, column, rule, masked, message, times, look }) => ({
      file,
      line,
      column,
      rule,
      masked,
      message,
      times,
      look,
    })),
    looked,
    unread,
  };
}

/** The report for a person. */
export function printReport(
  output: Output,
  { findings, looked, unread, cluster }: ClusterReport,
): void {
  let last = '';
  for (const { file, line, column, rule, masked, message, times, look } of findings) {
    const often = times === 1 ? '' : `, ${times} times`;
    output.line(
      `${output.paint('bold', plainText(`${file}:${line}:${column}`))}: ${output.paint('red', rule)}: ${plainText(message)} (${plainText(masked)})${often}`,
    );
    if (look !== last) output.line(output.paint('dim', `  ${plainText(look)}`));
    last = look;
  }
  for (const { what, why } of unread)
    output.warn(`not looked at: ${plainText(what)}: ${plainText(why)}`);
  output.note(
    `${cluster}: ${count(findings.length, 'finding')}; looked for ${count(looked.values, 'value')} of ${count(looked.secrets, 'Secret')}` +
      ` (${count(looked.passedOver, 'item')} short or public, not looked for) in ${count(looked.configMaps, 'ConfigMap')},` +
      ` ${count(looked.pods, 'pod')} and ${count(looked.logs, 'log')} (${Math.ceil(looked.logBytes / 1024)} KiB)`,
  );
  if (findings.length > 0)
    output.note(
      'Next: what was found is out: replace the values (edgeseal set NAMESPACE/NAME ITEM), and stop what writes them there',
    );
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}
