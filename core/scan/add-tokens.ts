import type { ScanOptions } from './finding.ts';
import { rank } from './report.ts';
import type { Report } from './report.ts';
import type { Source } from './structure/source.ts';

/**
 * Adds what is known by its form: vendors' tokens, and values that are given to a telling name.
 *
 * @param bytes of the source's text
 */
export async function addTokens(
  path: string,
  bytes: Buffer,
  source: Source,
  report: Report,
  options: ScanOptions,
): Promise<void> {
  const { scanTokens } = await import('./tokens/engine.ts');
  const found = scanTokens(bytes, { path, ...options });
  if (found.length === 0) return;
  // Bytes and characters are the same in most files; in others, the line and the column say where it is.
  const isBytewise = bytes.length === source.text.length;
  const starts = isBytewise ? [] : lineStarts(source.text);
  for (const { rule, message, masked, line, column, start, end, digest } of found) {
    const at = isBytewise ? start : (starts[line - 1] ?? 0) + column - 1;
    report.hit(source, at, at + end - start, {
      rule,
      message,
      masked,
      rank: rule.endsWith('-assignment') ? rank.generic : rank.token,
      ...(digest === undefined ? {} : { digest }),
    });
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
