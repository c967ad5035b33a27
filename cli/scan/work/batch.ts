import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { ScanFinding } from '../../../core/scan/finding.ts';
import type { Scanner } from '../../../core/scan/scanner.ts';
import { windowsOfFile } from '../../../core/scan/windows.ts';
import type { ScanInput } from '../source/input.ts';

/** What was found in one input; nothing is said of one in which nothing was. */
export interface ScanResult {
  path: string;
  oid?: string;
  findings: ScanFinding[];
  /** Why it was not looked at, or not to the end, for a person: `it cannot be read (EACCES)`. */
  unread?: string;
}

/** Above this a file on the disk is read in parts. */
const maxWholeBytes = 8 * 1024 * 1024;

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
  const { bytes } = input;
  if (bytes === undefined && file === undefined)
    return unread(`it has ${Math.round(size / 1024 / 1024)} MiB, which Git does not give in parts`);
  let scanned: Awaited<ReturnType<Scanner['scan']>>;
  try {
    scanned =
      bytes === undefined
        ? await scanOnDisk(scanner, path, file ?? path)
        : await scanner.scan(path, bytes);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    // Taken away since it was listed: there is nothing to be looked at.
    return code === 'ENOENT' ? { ...about, findings: [] } : unread(`it cannot be read (${code})`);
  }
  const { findings, stopped } = scanned;
  if (stopped === undefined) return { ...about, findings };
  return { ...about, findings, unread: `the rule ${stopped} took too long and was stopped` };
}

/** Somebody may have put a link or a pipe in the file's place meanwhile. */
async function scanOnDisk(
  scanner: Scanner,
  path: string,
  file: string,
): ReturnType<Scanner['scan']> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await handle.stat();
    if (size <= maxWholeBytes) return await scanner.scan(path, await handle.readFile());
    const read = async (into: Buffer): Promise<number> =>
      (await handle.read(into, 0, into.length)).bytesRead;
    return await scanner.scanParts(path, windowsOfFile(read));
  } finally {
    await handle.close();
  }
}
