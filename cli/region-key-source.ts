import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseRegionKeys, parseRegionPublicKey } from '../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../core/crypto/region-key.ts';
import { EdgesealError } from '../core/errors.ts';
import type { RegionEntry } from '../core/repository/repository-state.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { Io } from './io.ts';
import { freshKey, privateKeyFolder } from './private-key.ts';
import type { FreshKey } from './private-key.ts';
import type { Place } from './repository.ts';
import { home } from './signer/locate.ts';

/** The ways to name a region key. */
export interface KeyOptions {
  key?: string;
  publicKey?: string;
  generate?: string;
}

const maxKeyFile = 64 * 1024;

/**
 * The key that a person named, or a fresh one that is still to be saved.
 *
 * @throws EdgesealError `input-usage` unless exactly one way is used; `format-key` or `format-base64` for what is no key
 */
export async function givenKey(
  io: Io,
  place: Place,
  asked: { name: string; keyName: string; options: KeyOptions },
): Promise<{ key: RegionPublicKey; fresh?: FreshKey; warnings: string[] }> {
  const { name, keyName, options } = asked;
  const { key, publicKey, generate } = options;
  const ways = [key, publicKey, generate].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw new EdgesealError(
      'input-usage',
      ways === 0 ? `which key is ${name} to have?` : 'name the key in one way only',
      {
        hint: '--generate DIRECTORY makes one; --key FILE takes one from a file; --public-key BASE64 is the key itself',
      },
    );
  }
  if (generate !== undefined) {
    const folder = generate.startsWith('~/') ? `${home(io.env)}${generate.slice(1)}` : generate;
    const isFirst = keyName === `${name}-key`;
    const stem = isFirst ? name : keyName.replace(/-key(?=-\d+$|$)/, '');
    const fresh = await freshKey(name, privateKeyFolder(folder, io.cwd, place.root), stem);
    return { key: fresh.key, fresh, warnings: [] };
  }
  if (publicKey !== undefined) return { key: parsePublic(publicKey), warnings: [] };
  return await keyOfFile(resolve(io.cwd, key ?? ''));
}

/**
 * The name of a region's next key: given, or `<region>-key`, `<region>-key-2`...
 *
 * @throws EdgesealError `input-usage` for a name that is taken, or cannot be part of a file's name
 */
export function chooseKeyName(
  entry: RegionEntry | undefined,
  region: string,
  given: string | undefined,
): string {
  const taken = new Set(entry?.keys.map((key) => key.name));
  if (given === undefined) {
    for (let n = 1; ; n++) {
      const name = n === 1 ? `${region}-key` : `${region}-key-${n}`;
      if (!taken.has(name)) return name;
    }
  }
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(given))
    throw new EdgesealError('input-usage', 'a key name may hold letters, digits and . _ - only');
  if (taken.has(given))
    throw new EdgesealError('input-usage', `${region} has a key called ${given} already`);
  return given;
}

async function keyOfFile(file: string): Promise<{ key: RegionPublicKey; warnings: string[] }> {
  const text = new SecretBytes(await readKey(file));
  try {
    const words = Buffer.from(text.reveal()).toString('latin1');
    if (!words.includes('edgeseal-region-key-')) {
      return { key: parsePublic(words, file), warnings: [] };
    }
    const [only, second] = await parseRegionKeys(text, file);
    if (only === undefined || second !== undefined) {
      throw new EdgesealError('format-key', 'there are several private keys in this file', {
        file,
        hint: 'give a file with one of them',
      });
    }
    return {
      key: { raw: only.raw, sha256: only.sha256, id: only.id },
      warnings: [`${file} is a private key: only its public half was taken; keep it out of Git`],
    };
  } finally {
    text.wipe();
  }
}

function parsePublic(text: string, file?: string): RegionPublicKey {
  try {
    return parseRegionPublicKey(text.trim());
  } catch (error) {
    throw error instanceof EdgesealError
      ? error.at({
          ...(file === undefined ? {} : { file }),
          hint: 'a public region key is base64 of 1,216 bytes, on one line',
        })
      : error;
  }
}

async function readKey(file: string): Promise<Uint8Array> {
  try {
    if ((await stat(file)).size <= maxKeyFile) return await readFile(file);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    const what =
      code === 'ENOENT' ? 'there is no such file' : `the key file cannot be read (${code})`;
    throw new EdgesealError('input-not-found', what, {
      file,
      cause,
      hint: '--key takes the file of a region key; --generate DIRECTORY makes a fresh one',
    });
  }
  throw new EdgesealError('input-too-large', 'the file is too long for a key', { file });
}
