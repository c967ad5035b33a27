import type { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { AuditedSecret, Finding } from '../../core/repository/secret-audit.ts';
import { brokenError, floorError } from '../../core/repository/past-errors.ts';
import type { Past } from '../../core/repository/past.ts';
import { CatFile } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { readPast } from './log.ts';
import { outOfConflict, wayBack, withHint } from './way-out.ts';
import type { Faulty } from './way-out.ts';

/** Stands between the way back and the way on. */
export const ifMeant = '; if it was meant: ';

/** What sealed files are held against. */
export interface HoldInput {
  io: Io;
  place: Place;
  state: RepositoryState;
  /** Files that are going to be held. */
  files: Iterable<string>;
  /** The commit that they are of; undefined for the working tree, which goes on from HEAD. */
  commit: string | undefined;
}

/**
 * Holds sealed files against their history: parts that are not as they were made (wraps above all, which no signature
 * covers), and versions below one that was there before. Where there is a good file to go back to, the findings say how.
 */
export class Hold {
  readonly #input: HoldInput;
  readonly #cat: CatFile;
  readonly #past: Past;
  readonly #floors = new Map<string, number>();
  /** Commits that the working tree goes on from. */
  readonly #heads: readonly string[];

  private constructor(input: HoldInput, cat: CatFile, past: Past, heads: readonly string[]) {
    this.#input = input;
    this.#cat = cat;
    this.#past = past;
    this.#heads = heads;
  }

  /** Walks history once for all the files. What was opened has to be closed. */
  static async open(input: HoldInput): Promise<Hold> {
    const { io, place, commit } = input;
    const heads = commit === undefined ? await headsOf(io, place) : [];
    const cat = new CatFile(io, place.top);
    const commits = commit === undefined ? heads : [commit];
    const past = await readPast(io, place, cat, commits, new Set(input.files));
    return new Hold(input, cat, past, heads);
  }

  close(): void {
    this.#cat.close();
  }

  /** The lowest version at which a file that was checked may be published. */
  floorOf(file: string): number {
    return this.#floors.get(file) ?? 0;
  }

  /**
   * Adds to the findings.
   *
   * @param floors false where the caller judges versions itself
   */
  async check(audited: readonly AuditedSecret[], { floors = true } = {}): Promise<void> {
    await Promise.all(audited.map((one) => this.#checkOne(one, floors)));
  }

  async #checkOne(audited: AuditedSecret, floors: boolean): Promise<void> {
    const { file, secret } = audited;
    if (parseSecretPath(file) === undefined) return;
    const past = await this.#past.of(file);
    this.#floors.set(file, past.floor);
    const heads = await Promise.all(this.#heads.map((head) => this.#readAt(head, file)));
    const before = this.#input.commit === undefined ? heads : undefined;
    const broken = secret === undefined ? [] : past.brokenParts(secret, before);
    if (broken.length > 0) {
      // That no signature fits any more follows from it, and to sign it would be the wrong way out.
      audited.findings = audited.findings.filter(({ error }) => error.code !== 'trust-author');
      audited.findings.push(failure(brokenError(file, broken)));
    }
    if (floors && secret !== undefined && secret.spec.version < past.floor)
      audited.findings.push(failure(floorError(audited, secret.spec.version, past.floor)));
    if (audited.findings.every(({ error }) => !isMendable(error))) return;
    const [head] = heads;
    const isChanged = head !== undefined && !isSame(head, secret);
    const merging = this.#heads.length > 1;
    await this.#giveWayOut({ audited, past, head: isChanged ? head : undefined, merging });
  }

  async #giveWayOut(faulty: Faulty): Promise<void> {
    const { io, place, state, commit } = this.#input;
    const { audited } = faulty;
    const conflict =
      commit === undefined ? await outOfConflict(io, place, state, faulty) : undefined;
    const back = await wayBack(io, place, state, faulty);
    audited.findings = audited.findings.map(({ level, error }) => {
      if (!isMendable(error)) return { level, error };
      const way = conflict ?? (back === undefined ? undefined : hintOf(error, back, faulty));
      return { level, error: way === undefined ? error : withHint(error, way) };
    });
  }

  async #readAt(commit: string, file: string): Promise<EdgeSecret | undefined> {
    try {
      return parseEdgeSecret(await this.#cat.read(`${commit}:${this.#input.place.prefix}${file}`));
    } catch (error) {
      if (isEdgesealError(error)) return undefined;
      throw error;
    }
  }
}

/** {@link Hold}, for files that were all audited at once. */
export async function holdAgainstPast(
  input: Omit<HoldInput, 'files'>,
  audited: readonly AuditedSecret[],
): Promise<void> {
  const hold = await Hold.open({ ...input, files: audited.map(({ file }) => file) });
  try {
    await hold.check(audited);
  } finally {
    hold.close();
  }
}

/** HEAD, and what is being merged into it: a wrap of either is one that was made. */
async function headsOf(io: Io, { top }: Place): Promise<string[]> {
  const args = ['rev-parse', '--verify', '--quiet'];
  const heads: string[] = [];
  for (const name of ['HEAD', 'MERGE_HEAD']) {
    const commit = await gitAnswer(io, [...args, `${name}^{commit}`], { cwd: top });
    if (commit !== undefined) heads.push(commit);
  }
  return heads;
}

/** Whether a good file in its place would mend it: settings, keys and signatures that are only missing are others' matter. */
function isMendable({ code, message }: EdgesealError): boolean {
  if (code === 'trust-author') return !message.startsWith('it is not signed');
  return (
    ['seal-open', 'trust-floor', 'seal-elided', 'trust-key'].includes(code) ||
    code.startsWith('format-')
  );
}

/** What was changed on purpose can be signed, or be made a new version: after somebody has seen that it was changed. */
function hintOf(error: EdgesealError, back: string, { past, head }: Faulty): string {
  const isRollback = back.startsWith('edgeseal ');
  const first = `${isRollback ? 'make a new version of the last good one' : 'take the last good one back'}: ${back}`;
  const path = back.split(' -- ')[1];
  if (error.code === 'trust-author' && error.hint !== undefined && past.versions.length > 0) {
    const see =
      head === undefined || path === undefined
        ? ''
        : `see what differs: git diff HEAD -- ${path}; `;
    return `${see}${first}${ifMeant}${error.hint}`;
  }
  return error.code === 'trust-floor' && error.hint !== undefined && !isRollback
    ? `${first}; or ${error.hint}`
    : first;
}

function failure(error: EdgesealError): Finding {
  return { level: 'error', error };
}

function isSame(a: EdgeSecret, b: EdgeSecret | undefined): boolean {
  return b !== undefined && formatEdgeSecret(a) === formatEdgeSecret(b);
}
