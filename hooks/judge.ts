import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ScanFinding } from '../core/scan/finding.ts';
import { LocalScanner } from '../core/scan/local-scanner.ts';
import type { BlobPart, BlobReader } from './git/blobs.ts';
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
/** Larger than a repository's own rules. */
const maxSettings = 4 * 1024 * 1024;

/** Looks at files as they come and keeps what is wrong with them. */
export class Judge {
  readonly #io: HookIo;
  readonly #scanner: LocalScanner;
  readonly #refused = new Map<string, Refused>();
  /** Files with findings that were not kept. */
  #unkept = 0;
  #large = '';
  #isLooking = false;

  /**
   * @param of whose allow list and rules count: a commit, or `''` for the index
   * @param idle reads what is asked for before anything is looked at: each git process costs a commit some milliseconds
   */
  constructor(io: HookIo, of = '', idle?: BlobReader) {
    this.#io = io;
    this.#scanner = new LocalScanner({
      env: io.env,
      gitDir: () => gitFolder(io),
      read: async (path) => {
        const name = `${of}:${path}`;
        if (this.#isLooking || idle === undefined) return await readFrom(io, name);
        const file = await idle.object(name, maxSettings);
        return file?.bytes.toString('utf8');
      },
      onFault: (words) => {
        io.stderr.write(`edgeseal: warning: ${words}\n`);
      },
    });
  }

  get refused(): Refused[] {
    return [...this.#refused.values()];
  }

  get unkept(): number {
    return this.#unkept;
  }

  /** Looks at a part of a file. */
  async look(file: Judged, { bytes, line, whole }: BlobPart): Promise<void> {
    this.#isLooking = true;
    if (!whole) this.#sayLarge(file.path);
    for (const finding of await this.#scanner.scan(file.path, bytes))
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

  #sayLarge(path: string): void {
    if (this.#large === path) return;
    this.#large = path;
    this.#io.stderr.write(
      `edgeseal: note: ${shownPath(path)} is large and was looked at in parts of 8 MiB: a YAML document that is larger was not parsed\n`,
    );
  }
}

/** What all working trees of a repository share, absolute. Git is only asked where it is not in its usual place. */
async function gitFolder(io: HookIo): Promise<string | undefined> {
  const usual = resolve(io.cwd, '.git');
  if (io.env['GIT_DIR'] === undefined && (await isFolder(usual))) return usual;
  const folder = await gitAnswer(io, ['rev-parse', '--git-common-dir']);
  return folder === undefined ? undefined : resolve(io.cwd, folder);
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A file of a commit, or of the index; undefined where there is none. */
async function readFrom(io: HookIo, name: string): Promise<string | undefined> {
  const isThere = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', name]);
  if (isThere === undefined) return undefined;
  return (await gitOutput(io, ['cat-file', 'blob', name])).toString('utf8');
}
