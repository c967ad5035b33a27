import type { ScanFinding } from './finding.ts';

const prefix = 'edgeseal-region-key-1-';
const masked = `${prefix}****`;

/** The seed's 32 bytes; a text that merely speaks of the prefix has less behind it. */
const seedLength = 43;

/** Finds private region keys, in any kind of file and anywhere in a line. Linear in the length. */
export function findRegionKeys(bytes: Buffer): ScanFinding[] {
  const findings: ScanFinding[] = [];
  let line = 1;
  let counted = 0;
  for (let at = bytes.indexOf(prefix); at >= 0; at = bytes.indexOf(prefix, at + prefix.length)) {
    const start = at + prefix.length;
    const seed = bytes.toString('latin1', start, start + seedLength);
    if (!/^[A-Za-z0-9_-]{43}$/.test(seed)) continue;
    line += lineBreaks(bytes, counted, at);
    counted = at;
    const column = at - bytes.lastIndexOf(10, at);
    findings.push({ rule: 'region-key', line, column, message: 'a private region key', masked });
  }
  return findings;
}

function lineBreaks(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10, from); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) {
    count += 1;
  }
  return count;
}
