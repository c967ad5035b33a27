import { isEdgesealError } from '../errors.ts';
import { parseEdgeSecret } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import { brokenParts } from '../secret/fixed-parts.ts';
import type { FixedPart, Step } from '../secret/fixed-parts.ts';
import { statementDigest } from '../secret/statement.ts';
import type { LoggedStep } from './raw-log.ts';

/** Gives a blob by its id. */
export interface BlobSource {
  /** @throws EdgesealError `git-object` where there is none */
  read(oid: string): Promise<Uint8Array>;
}

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
  /**
   * Whether a secret says something else under the number of the version that it was made from: clusters that have that one
   * refuse it. What was signed or wrapped anew says the same.
   *
   * @param repository its id
   * @param before as of {@link brokenParts}
   */
  isNotRaised(
    repository: string,
    secret: EdgeSecret,
    before?: readonly (EdgeSecret | undefined)[],
  ): boolean;
}

/** The history of sealed files, read once for all of them; the contents of each when it is asked for. */
export class Past {
  readonly #log: ReadonlyMap<string, LoggedStep[]>;
  readonly #blobs: BlobSource;

  /** @param log which commits changed the files */
  constructor(log: ReadonlyMap<string, LoggedStep[]>, blobs: BlobSource) {
    this.#log = log;
    this.#blobs = blobs;
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
      isNotRaised(repository, secret, before) {
        const digest = statementDigest(repository, secret);
        const isSame = (one: EdgeSecret): boolean => statementDigest(repository, one) === digest;
        const made =
          before === undefined
            ? steps.filter(({ after }) => isSame(after))
            : [{ before, after: secret }];
        const isKept = ({ before: all }: Step): boolean => {
          const there = all.filter((one) => one !== undefined);
          const isNumber = ({ spec }: EdgeSecret): boolean => spec.version === secret.spec.version;
          return there.some(isNumber) && !there.some(isSame);
        };
        return made.length > 0 && made.every(isKept);
      },
    };
  }

  /** Undefined where it was no sealed secret, or is not in this clone (shallow and partial ones name what they lack). */
  async #read(id: string): Promise<EdgeSecret | undefined> {
    try {
      return parseEdgeSecret(await this.#blobs.read(id));
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
