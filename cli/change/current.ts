import { isEdgesealError } from '../../core/errors.ts';
import type { EdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { requireAuthor } from '../../core/secret/author.ts';
import { fullEnvelopes } from '../../core/secret/change.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { OpenRepository } from '../repository.ts';
import { readSealed } from '../sealed-file.ts';
import type { SecretRef } from '../secret-ref.ts';
import { lastVersions } from './history.ts';

/** The sealed file that a change starts from. */
export interface Current {
  secret: EdgeSecret;
  /** What its signatures lack; undefined where an entitled author stands for it. */
  unsigned: EdgesealError | undefined;
}

/**
 * Reads the sealed file that is to be changed.
 *
 * @throws EdgesealError `input-not-found`; format errors with the way back for a file edited by hand
 */
export async function readCurrent(state: RepositoryState, ref: SecretRef): Promise<Current> {
  try {
    const secret = await readSealed(state.view, ref);
    fullEnvelopes(secret);
    return { secret, unsigned: whyUnsigned(secret, state) };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    throw error.at({
      file: ref.file,
      hint: `sealed files are not edited by hand; look at it with git diff ${ref.file}, take the last good one back with git restore ${ref.file}`,
    });
  }
}

/** {@link readCurrent}; undefined where there is no such file. */
export async function findCurrent(
  state: RepositoryState,
  ref: SecretRef,
): Promise<Current | undefined> {
  try {
    return await readCurrent(state, ref);
  } catch (error) {
    if (isEdgesealError(error, 'input-not-found')) return undefined;
    throw error;
  }
}

/**
 * The version that a change makes: above the file's own, and above all that history has.
 *
 * @throws nothing for a repository without commits
 */
export async function nextVersion(
  io: Io,
  repository: OpenRepository,
  file: string,
  current: EdgeSecret | undefined,
): Promise<number> {
  const past = await lastVersions(io, repository, [file]);
  return Math.max(current?.spec.version ?? 0, past.get(file) ?? 0) + 1;
}

/** What the signatures of a secret lack, if no entitled author stands for it as it is. */
export function whyUnsigned(secret: EdgeSecret, state: RepositoryState): EdgesealError | undefined {
  try {
    requireAuthor(secret, state.root);
    return undefined;
  } catch (error) {
    if (isEdgesealError(error)) return error;
    throw error;
  }
}

/**
 * Whoever changes one item of a secret signs all of it. What no author stands for must not become theirs unseen, so
 * the new version then stays unsigned.
 *
 * @param unsigned what the version that is built upon lacks
 * @returns whether the new version may be signed
 */
export function maySign(io: Io, ref: SecretRef, unsigned: EdgesealError | undefined): boolean {
  if (unsigned === undefined) return true;
  const name = `${ref.namespace}/${ref.name}`;
  new Output(io).warn(
    `${ref.file}: what was there before is not validly signed (${unsigned.message}), so the new version is left unsigned: your signature would vouch for somebody else's values too`,
    `look at it (edgeseal verify ${name}), then: edgeseal sign ${name}`,
  );
  return false;
}
