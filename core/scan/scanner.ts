import { createHash } from 'node:crypto';
import { allowedInLine, isCertain } from './allow/comment.ts';
import type { ScanFinding } from './finding.ts';
import type { KnownValues } from './known/known-values.ts';
import type { OwnScanner } from './own/own-scanner.ts';
import { isWide, textOf } from './formats/decode.ts';
import { scanFile } from './scan-file.ts';
import { findingsOfParts } from './parts.ts';
import { windowsOf } from './windows.ts';
import type { Window } from './windows.ts';

/** What a repository adds to what is looked for everywhere. */
export interface ScannerOptions {
  /** What was sealed in it. */
  known?: KnownValues | undefined;
  /** Its own rules, and what they leave alone. */
  own?: OwnScanner | undefined;
}

/**
 * Everything that is looked for in a file, less what a comment in it allows. Each finding comes with a digest of its value, or of
 * its line where there is no value at hand, for an allow list.
 */
export class Scanner {
  readonly #known: KnownValues | undefined;
  readonly #own: OwnScanner | undefined;

  constructor({ known, own }: ScannerOptions = {}) {
    this.#known = known?.isEmpty === false ? known : undefined;
    this.#own = own;
  }

  /**
   * @param path decides, by its ending, how the file is read
   * @param bytes the whole file; nothing is thrown on account of them
   * @returns findings by line and column; `stopped` names a rule of the repository's own that was stopped, as it took too long
   */
  async scan(
    path: string,
    bytes: Uint8Array,
  ): Promise<{ findings: ScanFinding[]; stopped: string | undefined }> {
    return await this.scanParts(
      path,
      windowsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
    );
  }

  /** {@link scan} for a file that comes in parts. */
  async scanParts(
    path: string,
    parts: Iterable<Window> | AsyncIterable<Window>,
  ): Promise<{ findings: ScanFinding[]; stopped: string | undefined }> {
    let stopped: string | undefined;
    const findings = await findingsOfParts(parts, async (bytes) => {
      const found = await this.#scanPart(path, bytes);
      stopped ??= found.stopped;
      return found.findings;
    });
    return { findings, stopped };
  }

  async #scanPart(
    path: string,
    bytes: Buffer,
  ): Promise<{ findings: ScanFinding[]; stopped?: string | undefined }> {
    // Here alone, and only while the file is looked at, digests have their values beside them.
    const values = new Map<string, string>();
    const noted = (value: string | Uint8Array): string => {
      const made = digest(value);
      if (this.#own !== undefined) values.set(made, Buffer.from(value).toString('utf8'));
      return made;
    };
    const ours = await scanFile(path, bytes, { digest: noted });
    const plain = isWide(bytes) ? Buffer.from(textOf(bytes)) : bytes;
    const theirs = this.#own?.scan(path, plain.toString('utf8'), digest);
    const known = this.#known?.find(plain) ?? [];
    const found = mostSpecific([...ours, ...unseen(ours, theirs?.findings ?? [])], known);
    const { stopped } = theirs ?? {};
    if (found.length === 0) return { findings: found, stopped };
    const lines = plain.toString('utf8').split('\n');
    const findings = found.flatMap((finding) => {
      const line = lines[finding.line - 1] ?? '';
      if (allowedInLine(line, finding.rule)) return [];
      const secret = values.get(finding.digest ?? '');
      if (secret !== undefined && this.#isLeft(finding.rule, path, secret, line)) return [];
      return [{ ...finding, digest: finding.digest ?? digest(line.trim()) }];
    });
    return { findings, stopped };
  }

  /** What is secret by what it is, no list of paths or words makes public. */
  #isLeft(rule: string, path: string, secret: string, line: string): boolean {
    if (this.#own === undefined || isCertain(rule)) return false;
    return this.#own.isAllowed(rule, [], path, { secret, match: secret, line });
  }
}

/** What a rule of the repository's own has found, unless ours has named that place. */
function unseen(ours: readonly ScanFinding[], theirs: readonly ScanFinding[]): ScanFinding[] {
  const seen = new Set(ours.map(({ line, digest: of }) => `${line} ${of ?? ''}`));
  return theirs.filter(({ line, digest: of }) => !seen.has(`${line} ${of ?? ''}`));
}

/** Whose secret it is says more than what it looks like; but that a manifest is to be sealed says how to mend it. */
function mostSpecific(found: ScanFinding[], known: ScanFinding[]): ScanFinding[] {
  if (known.length === 0) return found;
  const lines = new Set(known.map(({ line }) => line));
  const kept = found.filter(({ line, rule }) => rule === 'kubernetes-secret' || !lines.has(line));
  const manifest = kept.filter(({ rule, line }) => rule === 'kubernetes-secret' && lines.has(line));
  // A quote may stand before the value.
  const isInManifest = ({ line, column }: ScanFinding): boolean =>
    manifest.some((one) => one.line === line && Math.abs(one.column - column) <= 1);
  return [...kept, ...known.filter((one) => !isInManifest(one))];
}

/** In memory only: a fast hash of a short value is as good as the value. What is written down is made slow, and salted. */
function digest(value: string | Uint8Array): string {
  return createHash('sha256').update('edgeseal.dev/v1 scan\0').update(value).digest('base64');
}
