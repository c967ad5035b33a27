import { randomBytes } from 'node:crypto';
import { appendFile, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { decodeParts, encodePart } from './known-file.ts';
import type { KnownPart } from './known-file.ts';
import { KnownKey } from './known-key.ts';
import { KnownValues } from './known-values.ts';

/** Where the known values of a clone lie, and the key of the person who works in it. */
export interface KnownPlace {
  /** In the Git directory that all worktrees share, never committed. */
  file: string;
  /** Outside of any repository: a copy of a clone with its Git directory does not have it. */
  keyFile: string;
}

/**
 * @param gitDir `git rev-parse --git-common-dir`, absolute
 * @param env whose HOME or XDG_CONFIG_HOME holds the key
 */
export function knownPlace(gitDir: string, env: NodeJS.ProcessEnv): KnownPlace {
  const home = env['HOME'] === undefined || env['HOME'] === '' ? homedir() : env['HOME'];
  const given = env['XDG_CONFIG_HOME'] ?? '';
  const config = given.startsWith('/') ? given : join(home, '.config');
  return {
    file: join(gitDir, 'edgeseal/known-values'),
    keyFile: join(config, 'edgeseal/known-values.key'),
  };
}

/** What is known in a clone. */
export interface LocalKnown {
  key: KnownKey;
  values: KnownValues;
  /** How many commands have noted values with a key that is not here: somebody else's, or one that was lost. */
  foreign: number;
}

/**
 * Reads what was sealed in a clone.
 *
 * @returns undefined where nothing was
 * @throws the file system's error where a file is there and cannot be read
 */
export async function readKnown(place: KnownPlace): Promise<LocalKnown | undefined> {
  const file = await readIfThere(place.file);
  if (file === undefined) return undefined;
  // Without the key of those who wrote it, it is as good as with one that nobody has.
  return known((await readKey(place)) ?? KnownKey.generate().key, file);
}

/** {@link readKnown} for a command that is going to add to it: makes the key where there is none yet, for the person alone. */
export async function openKnown(place: KnownPlace): Promise<LocalKnown> {
  const key = (await readKey(place)) ?? (await makeKey(place));
  return known(key, (await readIfThere(place.file)) ?? Buffer.alloc(0));
}

/** Adds to what is known. One write at the end of the file: two commands at once add one after the other. */
export async function addKnown(place: KnownPlace, key: KnownKey, part: KnownPart): Promise<void> {
  if (part.entries.length + part.forgotten.length === 0) return;
  await mkdir(dirname(place.file), { recursive: true });
  await appendFile(place.file, encodePart(key, part), { mode: 0o600 });
}

function known(key: KnownKey, file: Buffer): LocalKnown {
  const { parts, foreign } = decodeParts(key, file);
  return { key, values: new KnownValues(key, parts), foreign };
}

async function readKey({ keyFile }: KnownPlace): Promise<KnownKey | undefined> {
  const text = await readIfThere(keyFile);
  return text === undefined ? undefined : KnownKey.parse(text.toString('latin1'));
}

/** Whole or not at all, and never over another one: two commands at once agree on the first. */
async function makeKey(place: KnownPlace): Promise<KnownKey> {
  const { keyFile } = place;
  const { key, text } = KnownKey.generate();
  const temporary = `${keyFile}.${randomBytes(6).toString('hex')}.tmp`;
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
    await link(temporary, keyFile);
    return key;
  } catch (error) {
    const made = await readKey(place);
    if (made === undefined) throw error;
    return made;
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
