import { join, relative } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { conflictLine } from '../../core/format/conflict.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import { validAuthors } from '../../core/secret/author.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { quoted } from '../terminal/shell-word.ts';
import type { FilePast } from '../../core/repository/past.ts';

/** A faulty file, and what there is to put in its place. */
export interface Faulty {
  audited: AuditedSecret;
  past: FilePast;
  /** What HEAD has; undefined where the file is not of the working tree, or is as HEAD has it. */
  head: EdgeSecret | undefined;
  /** Whether a merge is being concluded. */
  merging: boolean;
}

/**
 * The command that brings a good file back: what HEAD has, where only the working tree is at fault; else the last version
 * in history that an author stands for and nobody changed.
 *
 * @returns undefined where there is none
 */
export async function wayBack(
  io: Io,
  place: Place,
  state: RepositoryState,
  { audited, past, head }: Faulty,
): Promise<string | undefined> {
  const { file, namespace, name } = audited;
  const path = typed(io, place, file);
  const isStanding = ({ spec }: EdgeSecret): boolean => spec.version >= past.floor;
  // What cannot be read goes back to what could be, whoever stands for it: only then is there something to work on.
  const isStart = head !== undefined && audited.secret === undefined;
  if (isStart || (head !== undefined && isGood(state, past, head) && isStanding(head))) {
    const staged = await isStaged(io, place, file);
    return `git restore ${staged ? '--staged --worktree ' : ''}-- ${path}`;
  }
  const good =
    past.versions.find(({ secret }) => isStanding(secret) && isGood(state, past, secret)) ??
    past.versions.find(({ secret }) => isGood(state, past, secret));
  if (good === undefined) return undefined;
  return isStanding(good.secret)
    ? `git checkout ${good.commit.slice(0, 10)} -- ${path}`
    : `edgeseal rollback ${namespace}/${name} --to ${good.secret.spec.version}`;
}

/** The way out of a conflict: by item, or one side whole and the other change made again; undefined where there is none. */
export async function outOfConflict(
  io: Io,
  place: Place,
  state: RepositoryState,
  { audited: { file, namespace, name }, merging }: Faulty,
): Promise<string | undefined> {
  const bytes = await state.view.read(file);
  if (bytes === undefined || conflictLine(Buffer.from(bytes).toString('latin1')) === undefined)
    return undefined;
  // In a rebase, HEAD is what others have merged.
  const side = merging ? 'MERGE_HEAD' : 'HEAD';
  const whole = `take the merged one whole: git checkout ${side} -- ${typed(io, place, file)}; then make your change again: edgeseal set ${namespace}/${name} ITEM`;
  const args = ['ls-files', '--unmerged', '--', `:(top,literal)${place.prefix}${file}`];
  const stages = await gitAnswer(io, args, { cwd: place.top });
  // Once it was added, git does not know the two sides any more.
  if (stages === undefined || stages === '') return whole;
  return `merge it by item: edgeseal merge ${namespace}/${name}; or ${whole}`;
}

/** The same error with another way out. */
export function withHint(error: EdgesealError, hint: string): EdgesealError {
  const { code, message, file, line, field, cause } = error;
  return new EdgesealError(code, message, { file, line, field, cause, hint });
}

/** A path as the person has to type it from where they are. */
function typed(io: Io, place: Place, file: string): string {
  return quoted(relative(io.cwd, join(place.root, file)));
}

function isGood(state: RepositoryState, past: FilePast, secret: EdgeSecret): boolean {
  try {
    return validAuthors(secret, state.root).length > 0 && past.brokenParts(secret).length === 0;
  } catch (error) {
    if (isEdgesealError(error)) return false;
    throw error;
  }
}

/** Then `git restore` alone would bring back what is staged. */
async function isStaged(io: Io, place: Place, file: string): Promise<boolean> {
  const args = ['diff', '--cached', '--quiet', 'HEAD', '--', place.prefix + file];
  return (await gitAnswer(io, args, { cwd: place.top })) === undefined;
}
