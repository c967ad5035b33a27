import type { AllowList } from '../core/scan/allow/allow-list.ts';
import type { ScanFinding } from '../core/scan/finding.ts';
import { Scanner } from '../core/scan/scanner.ts';
import type { BlobPart } from './git/blobs.ts';
import { shownPath } from './git/path-name.ts';
import { gitAnswer, gitOutput } from './git/process.ts';
import type { HookIo } from './git/process.ts';

/** Something found, and the command that mends it where there is one of its own. */
export interface HookFinding extends ScanFinding {
  hint?: string | undefined;
}

/** Where something was found. */
export interface Judged {
  /** A file from the top, as `decodePath` gives it; or what else it is: `the message`, `the tag v1`. */
  path: string;
  /** The commit that brings it; absent for what is staged. */
  commit?: string;
  /** Whether there was no such file before. */
  isNew: boolean;
  /** Absent for what is no file. */
  oid?: string | undefined;
}

/** A file and what is wrong with it. */
export interface Refused extends Judged {
  findings: HookFinding[];
}

/** What is kept; of more, the number is said. A push of a whole history must not fill the memory with findings. */
const maxFiles = 500;
const maxFindings = 50;

/** Looks at files as they come and keeps what is wrong with them. */
export class Judge {
  readonly #io: HookIo;
  readonly #scanner = new Scanner();
  readonly #of: string;
  #allowed: Promise<AllowList | undefined> | undefined;
  readonly #refused = new Map<string, Refused>();
  /** Files with findings that were not kept. */
  #unkept = 0;
  #large = '';

  /** @param of whose allow list counts: a commit, or `''` for the index */
  constructor(io: HookIo, of = '') {
    this.#io = io;
    this.#of = of;
  }

  get refused(): Refused[] {
    return [...this.#refused.values()];
  }

  get unkept(): number {
    return this.#unkept;
  }

  /** Looks at a part of a file. */
  async look(file: Judged, { bytes, line, whole }: BlobPart): Promise<void> {
    if (!whole) this.#sayLarge(file.path);
    const { findings } = await this.#scanner.scan(file.path, bytes);
    if (findings.length === 0) return;
    this.#allowed ??= this.#readAllowed();
    const list = await this.#allowed;
    for (const finding of list === undefined ? findings : await list.filter(findings))
      this.add(file, { ...finding, line: finding.line + line - 1 });
  }

  /** Looks at a message of a commit or a tag. */
  async lookAtText(place: Judged, text: string): Promise<void> {
    await this.look(place, { bytes: Buffer.from(text), line: 1, whole: true });
  }

  /** Keeps a finding; one that is there already (parts of a large file overlap) is kept once. */
  add(file: Judged, finding: HookFinding): void {
    const id = `${file.commit ?? ''} ${file.path}`;
    let refused = this.#refused.get(id);
    if (refused === undefined) {
      if (this.#refused.size >= maxFiles) {
        this.#unkept += 1;
        return;
      }
      refused = { ...file, findings: [] };
      this.#refused.set(id, refused);
    }
    const isSame = ({ rule, line, column, message }: HookFinding): boolean =>
      rule === finding.rule &&
      line === finding.line &&
      column === finding.column &&
      message === finding.message;
    if (refused.findings.length < maxFindings && !refused.findings.some(isSame))
      refused.findings.push(finding);
  }

  /** Takes out what `keep` says no to. */
  retain(keep: (refused: Refused) => boolean): void {
    for (const [id, refused] of this.#refused) if (!keep(refused)) this.#refused.delete(id);
  }

  /** What was looked at and left. Only read where something was found. */
  async #readAllowed(): Promise<AllowList | undefined> {
    const { AllowList, allowFile } = await import('../core/scan/allow/allow-list.ts');
    const name = `${this.#of}:${allowFile}`;
    const isThere = await gitAnswer(this.#io, ['rev-parse', '--verify', '--quiet', name]);
    if (isThere === undefined) return undefined;
    const text = await gitOutput(this.#io, ['cat-file', 'blob', name]);
    return await AllowList.parse(text.toString('utf8'), allowFile);
  }

  #sayLarge(path: string): void {
    if (this.#large === path) return;
    this.#large = path;
    this.#io.stderr.write(
      `edgeseal: note: ${shownPath(path)} is large and was looked at in parts of 8 MiB: a YAML document that is larger was not parsed\n`,
    );
  }
}
