import { randomBytes, scrypt } from 'node:crypto';
import { EdgesealError } from '../../errors.ts';
import { emitYaml, parseOwnYaml } from '../../format/block-yaml.ts';
import type { Json } from '../../format/canonical-json.ts';
import type { ScanFinding } from '../finding.ts';
import { isCertain } from './comment.ts';

/** Where a repository keeps what was looked at and left, from its top. */
export const allowFile = '.edgeseal-allow.yaml';

/** A value that was looked at and left. */
export interface Allowed {
  /** Of the value: {@link AllowList.hashOf}. */
  hash: string;
  /** The rule that found it, and where it stood then: for people, they decide nothing. */
  rule: string;
  file: string;
  /** Why it may stay. Without one nothing passes that is secret by what it is. */
  reason?: string;
}

const about =
  'values that edgeseal scan leaves alone, wherever they stand, by slow salted hashes; written by edgeseal scan --allow and --write-baseline';
/** 2^14 rounds take 16 MB and some 40 ms a guess. */
const usualCost = 14;
const maxCost = 18;
const hashBytes = 18;
/** As many hashes as threads make them: each takes its memory. */
const together = 4;

/**
 * Values that a scan leaves alone, each by a hash: no line, no commit and no path, so an entry outlives every edit. The file is
 * committed, so everybody who can read it can try guesses: scrypt (RFC 7914) with a salt of the file's own makes each one
 * expensive, and a table of guesses worth nothing elsewhere. It keeps no short password from somebody who tries long enough.
 */
export class AllowList {
  readonly entries: Allowed[];
  readonly #salt: Buffer;
  readonly #cost: number;
  readonly #hashes = new Map<string, Promise<string>>();
  readonly #used = new Set<string>();

  constructor(salt: Buffer = randomBytes(16), cost = usualCost, entries: Allowed[] = []) {
    this.#salt = salt;
    this.#cost = cost;
    this.entries = entries;
  }

  /**
   * Reads the file's text.
   *
   * @throws EdgesealError `format-yaml`, `format-schema` with `file`
   */
  static async parse(text: string, file: string): Promise<AllowList> {
    const value =
      parseOwnYaml(text) ?? (await import('../../format/yaml.ts')).parseYaml(text, { file }).value;
    const map = isMap(value) ? value : {};
    const { version, salt, cost, allow } = map;
    const bytes = typeof salt === 'string' ? Buffer.from(salt, 'base64') : Buffer.alloc(0);
    const isSound =
      version === 1 &&
      bytes.length >= 16 &&
      typeof cost === 'number' &&
      Number.isInteger(cost) &&
      cost >= 1 &&
      cost <= maxCost;
    if (!isSound) throw unsound(file, 'it has to have version 1, a salt and a cost');
    const entries = Array.isArray(allow) ? allow.map((one) => entryOf(one, file)) : [];
    return new AllowList(bytes, cost, entries);
  }

  /** The file's text; entries by rule and file, so that a diff shows what came. */
  format(): string {
    const order = ({ rule, file, hash }: Allowed): string => `${rule}\0${file}\0${hash}`;
    const sorted = [...this.entries].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    return emitYaml({
      about,
      version: 1,
      salt: this.#salt.toString('base64'),
      cost: this.#cost,
      allow: sorted.map(({ rule, file, reason, hash }) => ({
        rule,
        file,
        ...(reason === undefined ? {} : { reason }),
        hash,
      })),
    });
  }

  /** The hash by which a finding's value is listed. @throws EdgesealError `internal` for a finding without a digest */
  async hashOf({ digest }: ScanFinding): Promise<string> {
    if (digest === undefined) throw new EdgesealError('internal', 'a finding without a digest');
    const known = this.#hashes.get(digest) ?? slow(digest, this.#salt, this.#cost);
    this.#hashes.set(digest, known);
    return await known;
  }

  /** Findings that are not listed, in their order. What is, counts as used. */
  async filter<Finding extends ScanFinding>(findings: readonly Finding[]): Promise<Finding[]> {
    if (this.entries.length === 0) return [...findings];
    const byHash = new Map<string, Allowed[]>();
    for (const entry of this.entries)
      byHash.set(entry.hash, [...(byHash.get(entry.hash) ?? []), entry]);
    const left: Finding[] = [];
    for (let start = 0; start < findings.length; start += together) {
      const batch = findings.slice(start, start + together);
      const hashes = await Promise.all(batch.map((finding) => this.hashOf(finding)));
      for (const [index, finding] of batch.entries()) {
        const hash = hashes[index] ?? '';
        const entries = byHash.get(hash) ?? [];
        const isEnough = entries.some(
          ({ reason }) => reason !== undefined || !isCertain(finding.rule),
        );
        if (isEnough) this.#used.add(hash);
        else left.push(finding);
      }
    }
    return left;
  }

  /** Entries that no finding of {@link filter} had. */
  unneeded(): Allowed[] {
    return this.entries.filter(({ hash }) => !this.#used.has(hash));
  }
}

function slow(digest: string, salt: Buffer, cost: number): Promise<string> {
  const options = { N: 2 ** cost, r: 8, p: 1, maxmem: 2 ** (cost + 11) };
  return new Promise((resolve, reject) => {
    scrypt(digest, salt, hashBytes, options, (error, hash) => {
      if (error === null) resolve(hash.toString('base64'));
      else reject(error);
    });
  });
}

function entryOf(value: Json, file: string): Allowed {
  const { rule, file: place, hash, reason } = isMap(value) ? value : {};
  if (typeof rule !== 'string' || typeof place !== 'string' || typeof hash !== 'string')
    throw unsound(file, 'every entry has to have a rule, a file and a hash');
  const isGiven = typeof reason === 'string' && reason.trim() !== '';
  return { rule, file: place, hash, ...(isGiven ? { reason } : {}) };
}

function unsound(file: string, why: string): EdgesealError {
  return new EdgesealError('format-schema', `this is no allow list of edgeseal scan: ${why}`, {
    file,
    hint: 'bring it back with: git restore FILE; or delete it, and allow anew with: edgeseal scan --allow FILE:LINE --reason TEXT',
  });
}

function isMap(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
