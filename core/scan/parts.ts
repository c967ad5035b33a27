import type { ScanFinding } from './finding.ts';
import type { Window } from './windows.ts';

/**
 * Looks at a file part by part. Parts overlap: what is found in two of them is given once.
 *
 * @returns findings by line and column of the file
 */
export async function findingsOfParts(
  parts: Iterable<Window> | AsyncIterable<Window>,
  scanPart: (bytes: Buffer) => Promise<ScanFinding[]>,
): Promise<ScanFinding[]> {
  const findings = new Map<string, ScanFinding>();
  for await (const { bytes, lines } of parts) {
    for (const finding of await scanPart(bytes)) {
      const line = finding.line + lines;
      findings.set(`${line} ${finding.column} ${finding.rule}`, { ...finding, line });
    }
  }
  return [...findings.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
