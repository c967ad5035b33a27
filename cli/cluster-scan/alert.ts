import { EdgesealError } from '../../core/errors.ts';
import type { ClusterReport } from './report.ts';

const timeoutMs = 15_000;
/** A chat's incoming webhook shows `text`; it is no place for hundreds of lines. */
const shownFindings = 20;

/**
 * Checks the address of an alert hook. It comes from the environment: most hooks' addresses are secrets themselves, and
 * arguments show in process lists.
 *
 * @throws EdgesealError `input-usage` for one that would send the report in the clear
 */
export function alertUrl(text: string): URL {
  const url = URL.parse(text);
  const isLocal =
    url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url !== null && (url.protocol === 'https:' || isLocal)) return url;
  throw new EdgesealError('input-usage', 'EDGESEAL_ALERT_URL is not an https address', {
    hint: 'give it the address of a webhook, such as a chat gives for incoming messages',
  });
}

/**
 * Posts a report as JSON: `text` for people, all of it beside. Not sent on to where an answer points.
 *
 * @throws EdgesealError `kube-unreachable` where the hook does not take it; the address is not named
 */
export async function sendAlert(url: URL, report: ClusterReport): Promise<void> {
  const { findings, cluster } = report;
  const lines = findings
    .slice(0, shownFindings)
    .map(({ file, message }) => `- ${file}: ${message}`);
  if (findings.length > shownFindings) lines.push(`- and ${findings.length - shownFindings} more`);
  const text = [`edgeseal: ${findings.length} secrets exposed in ${cluster}`, ...lines].join('\n');
  let status: number;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text, ...report }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel();
    status = answer.status;
  } catch {
    status = 0;
  }
  if (status >= 200 && status < 300) return;
  throw new EdgesealError(
    'kube-unreachable',
    `the alert was not sent: the hook of EDGESEAL_ALERT_URL ${status === 0 ? 'does not answer' : `answers ${status}`}`,
    { hint: 'the findings are in this report all the same; try the address with curl' },
  );
}
