import { isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { brokenParts } from '../../core/secret/fixed-parts.ts';
import type { FixedPart } from '../../core/secret/fixed-parts.ts';
import type { CatFile } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { readLog } from './log.ts';
import type { LoggedStep } from './log.ts';

/** A sealed file as a commit left it. */
export interface PastFile {
  commit: string;
  secret: EdgeSecret;
}

/** What history says of one sealed file. */
export interface FilePast {
  /**
   * The lowest version at which it may be published: not below any version that was there, and above what was deleted. So
   * a restored file, a revert, or a merge of an old branch cannot bring back what clusters have dropped. 0 without history.
   */
  floor: number;
  /** Every content that can be read, the newest first. */
  versions: PastFile[];
  /**
   * What of this secret is not as it was made.
   *
   * @param before what it was before in each place that it comes from, if it is no commit's: then it is one more step
   */
  brokenParts(secret: EdgeSecret, before?: readonly (EdgeSecret | undefined)[]): FixedPart[];
}

/** The history of sealed files, read once for all of them; the contents of each when it is asked for. */
export class Past {
  readonly #log: ReadonlyMap<string, LoggedStep[]>;
  readonly #cat: CatFile;

  private constructor(log: ReadonlyMap<string, LoggedStep[]>, cat: CatFile) {
    this.#log = log;
    this.#cat = cat;
  }

  /**
   * Reads which commits changed the files.
   *
   * @param commits history is read from these
   */
  static async open(
    io: Io,
    place: Place,
    cat: CatFile,
    commits: readonly string[],
    files: ReadonlySet<string>,
  ): Promise<Past> {
    return new Past(await readLog(io, place, commits, files), cat);
  }

  async of(file: string): Promise<FilePast> {
    const logged = this.#log.get(file) ?? [];
    const ids = new Set(logged.flatMap(({ before, after }) => [...before, after]));
    ids.delete(undefined);
    const contents = new Map<string | undefined, EdgeSecret | undefined>();
    await Promise.all(
      [...ids].map(async (id) => {
        if (id !== undefined) contents.set(id, await this.#read(id));
      }),
    );
    const steps = logged.flatMap(({ isNew, before, after }) => {
      const secret = contents.get(after);
      return isNew && secret !== undefined
        ? { before: before.map((id) => contents.get(id)), after: secret }
        : [];
    });
    return {
      floor: floorOf(logged, contents),
      versions: logged.flatMap(({ commit, after }) => {
        const secret = contents.get(after);
        return secret === undefined ? [] : { commit, secret };
      }),
      brokenParts: (secret, before) =>
        brokenParts(secret, before === undefined ? steps : [...steps, { before, after: secret }]),
    };
  }

  /** Undefined where it was no sealed secret, or is not in this clone (shallow and partial ones name what they lack). */
  async #read(id: string): Promise<EdgeSecret | undefined> {
    try {
      return parseEdgeSecret(await this.#cat.read(id));
    } catch (error) {
      if (isEdgesealError(error) && error.code !== 'git-repository') return undefined;
      throw error;
    }
  }
}

function floorOf(
  logged: readonly LoggedStep[],
  contents: ReadonlyMap<string | undefined, EdgeSecret | undefined>,
): number {
  const versionOf = (id: string | undefined): number | undefined => contents.get(id)?.spec.version;
  const all = logged.flatMap(({ before, after }) => [...before, after].map(versionOf));
  const highest = Math.max(0, ...all.map((version) => version ?? 0));
  const deleted = logged
    .filter(({ after }) => after === undefined)
    .flatMap(({ before }) => before)
    // What was deleted in a state that nobody could read: a channel may have listed any version before it.
    .map((id) => versionOf(id) ?? highest)
    .filter((version) => version > 0);
  return Math.max(highest, ...deleted.map((version) => version + 1));
}
