import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ScanFinding } from '../../../core/scan/finding.ts';
import type { Scanner } from '../../../core/scan/scanner.ts';
import type { ScanInput } from '../source/input.ts';

/** What was found in one input; nothing is said of one in which nothing was. */
export interface ScanResult {
  path: string;
  oid?: string;
  findings: ScanFinding[];
  /** Why it was not looked at, or not to the end, for a person: `it cannot be read (EACCES)`. */
  unread?: string;
}

/** Above this a file on the disk is not held in memory. */
const maxFileBytes = 256 * 1024 * 1024;

/** Looks at some inputs, in order. */
export async function scanBatch(
  scanner: Scanner,
  inputs: readonly ScanInput[],
): Promise<ScanResult[]> {
  const results: ScanResult[] = [];
  for (const input of inputs) {
    const result = await scanInput(scanner, input);
    if (result.findings.length > 0 || result.unread !== undefined) results.push(result);
  }
  return results;
}

async function scanInput(scanner: Scanner, input: ScanInput): Promise<ScanResult> {
  const { path, oid, file, size } = input;
  const about = { path, ...(oid === undefined ? {} : { oid }) };
  const unread = (why: string): ScanResult => ({ ...about, findings: [], unread: why });
  if (size > maxFileBytes) return unread(`it has more than ${maxFileBytes / 1024 / 1024} MiB`);
  let { bytes } = input;
  if (bytes === undefined) {
    try {
      bytes = await readWhole(file ?? path);
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      // Taken away since it was listed: there is nothing to be looked at.
      return code === 'ENOENT' ? { ...about, findings: [] } : unread(`it cannot be read (${code})`);
    }
  }
  const { findings, stopped } = await scanner.scan(path, bytes);
  if (stopped === undefined) return { ...about, findings };
  return { ...about, findings, unread: `the rule ${stopped} took too long and was stopped` };
}

/** Somebody may have put a link or a pipe in the file's place meanwhile. */
async function readWhole(file: string): Promise<Uint8Array> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
