import { realpath, rm } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import type { Place } from '../repository.ts';
import { stdinName } from './input-file.ts';

/** A manifest that still holds the values in plaintext. */
export interface PlaintextFile {
  /** As given. */
  file: string;
  /** Absolute, links resolved. */
  path: string;
  /** Whether it lies in the working tree, where it gets committed one day. */
  inside: boolean;
  /** Whether Git has it already, committed or staged. */
  tracked: boolean;
}

/** Looks where the plaintext files lie that are about to be sealed. */
export async function findPlaintext(
  io: Io,
  place: Place,
  files: readonly string[],
): Promise<PlaintextFile[]> {
  const top = await realpath(place.top);
  const found: PlaintextFile[] = [];
  for (const file of files) {
    if (file === stdinName) continue;
    const path = await realpath(resolve(io.cwd, file));
    const below = relative(top, path);
    const inside = !below.startsWith('..') && !isAbsolute(below);
    found.push({ file, path, inside, tracked: false });
  }
  const inside = found.filter((entry) => entry.inside);
  if (inside.length === 0) return found;
  const names = inside.map(({ path }) => `:(top,literal)${relative(top, path)}`);
  const listed = await gitAnswer(io, ['ls-files', '-z', '--full-name', '--', ...names], {
    cwd: place.top,
  });
  const tracked = new Set((listed ?? '').split('\0'));
  for (const entry of inside) entry.tracked = tracked.has(relative(top, entry.path));
  return found;
}

/**
 * A plaintext file at the very place of a sealed one would be written over.
 *
 * @throws EdgesealError `input-usage`, unless it is to be removed anyway
 */
export async function requireOtherPlace(
  place: Place,
  plaintext: readonly PlaintextFile[],
  targets: readonly string[],
  remove: boolean,
): Promise<Set<string>> {
  const root = await realpath(place.root);
  const sealed = new Map(targets.map((file) => [resolve(root, file), file]));
  const replaced = new Set<string>();
  for (const { file, path } of plaintext) {
    const target = sealed.get(path);
    if (target === undefined) continue;
    if (!remove) {
      throw new EdgesealError('input-usage', 'this plaintext lies where the sealed file belongs', {
        file,
        hint: 'move it out of the repository first, or replace it: edgeseal seal --remove ...',
      });
    }
    replaced.add(target);
  }
  return replaced;
}

/** Says what is left of the plaintext, and deletes it where that was asked for. */
export async function settlePlaintext(
  io: Io,
  place: Place,
  plaintext: readonly PlaintextFile[],
  remove: boolean,
  replaced: ReadonlySet<string>,
): Promise<void> {
  const output = new Output(io);
  const root = await realpath(place.root);
  for (const { file, path, inside, tracked } of plaintext) {
    const overwritten = replaced.has(relative(root, path).replaceAll('\\', '/'));
    if (remove && !overwritten) {
      await rm(path);
      output.note(`${file}: deleted`);
    } else if (!remove && inside) {
      output.warn(
        `${file} still holds the values in plaintext, inside the repository`,
        `move it out, or delete it: rm ${file} (seal --remove does it for you)`,
      );
    }
    if (!tracked) continue;
    output.warn(
      `${file} is known to Git, so its plaintext is staged or in the history`,
      overwritten
        ? 'if it was ever committed, replace the values at their source'
        : `git rm --cached ${file}; if it was ever committed, replace the values at their source`,
    );
  }
}
