import { createHash } from 'node:crypto';
import { allowedInLine } from './allow/comment.ts';
import type { ScanFinding } from './finding.ts';
import type { KnownValues } from './known/known-values.ts';
import { scanFile } from './scan-file.ts';
import { windowsOf } from './windows.ts';

/**
 * Everything that is looked for in a file, less what a comment in it allows. Each finding comes with a digest of its value, or of
 * its line where there is no value at hand, for an allow list.
 */
export class Scanner {
  readonly #known: KnownValues | undefined;

  /** @param known what was sealed in the repository that the files belong to */
  constructor({ known }: { known?: KnownValues | undefined } = {}) {
    this.#known = known?.isEmpty === false ? known : undefined;
  }

  /**
   * @param path decides, by its ending, how the file is read
   * @param bytes the whole file; nothing is thrown on account of them
   * @returns findings by line and column
   */
  async scan(path: string, bytes: Uint8Array): Promise<ScanFinding[]> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const findings = new Map<string, ScanFinding>();
    for (const { bytes: part, lines } of windowsOf(buffer)) {
      for (const finding of await this.#scanPart(path, part)) {
        const line = finding.line + lines;
        findings.set(`${line} ${finding.column} ${finding.rule}`, { ...finding, line });
      }
    }
    return [...findings.values()].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  async #scanPart(path: string, bytes: Buffer): Promise<ScanFinding[]> {
    const found = mostSpecific(
      await scanFile(path, bytes, { digest }),
      this.#known?.find(bytes) ?? [],
    );
    if (found.length === 0) return found;
    const lines = bytes.toString('utf8').split('\n');
    return found.flatMap((finding) => {
      const text = lines[finding.line - 1] ?? '';
      if (allowedInLine(text, finding.rule)) return [];
      return [{ ...finding, digest: finding.digest ?? digest(text.trim()) }];
    });
  }
}

/** Whose secret it is says more than what it looks like. */
function mostSpecific(found: ScanFinding[], known: ScanFinding[]): ScanFinding[] {
  if (known.length === 0) return found;
  const lines = new Set(known.map(({ line }) => line));
  return [...found.filter(({ line }) => !lines.has(line)), ...known];
}

/** In memory only: a fast hash of a short value is as good as the value. What is written down is made slow, and salted. */
function digest(value: string | Uint8Array): string {
  return createHash('sha256').update('edgeseal.dev/v1 scan\0').update(value).digest('base64');
}
