import { parseRegionKeys, parseRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { RegionEntry } from '../../core/repository/repository-state.ts';
import type { ConfirmedKeys } from '../cluster/offered-keys.ts';
import type { ClusterOptions } from '../cluster/open.ts';
import type { Io } from '../terminal/io.ts';
import { readKeyText, warnShared } from './keys.ts';
import { freshKey, privateKeyFolder } from './private-key.ts';
import type { FreshKey } from './private-key.ts';
import type { OpenRepository } from '../repository.ts';
import { home } from '../signer/locate.ts';

/** The ways to name a region key. */
export interface KeyOptions extends ClusterOptions {
  key?: string;
  publicKey?: string;
  generate?: string;
  fingerprint?: string[];
}

/** Region keys that a person named. */
export interface GivenKeys {
  keys: RegionPublicKey[];
  /** The private half of the one key that was made for this. */
  fresh?: FreshKey;
  warnings: string[];
  /** Where the keys were taken from a cluster. */
  offered?: ConfirmedKeys;
}

/**
 * The key that a person named, a fresh one that is still to be saved, or those of a cluster that a person confirmed.
 *
 * @returns one key; of a cluster, any number
 * @throws EdgesealError `input-usage` unless exactly one way is used; `format-key` or `format-base64` for what is no key;
 * those of `confirmedKeys`
 */
export async function givenKeys(
  io: Io,
  repository: OpenRepository,
  asked: { name: string; keyName: string; options: KeyOptions },
): Promise<GivenKeys> {
  const { name, keyName, options } = asked;
  const { key, publicKey, generate } = options;
  // A kubeconfig has a current context.
  const context = options.context ?? options.kubeconfig;
  const ways = [key, publicKey, generate, context].filter((way) => way !== undefined).length;
  if (ways !== 1) {
    throw new EdgesealError(
      'input-usage',
      ways === 0 ? `which key is ${name} to have?` : 'name the key in one way only',
      {
        hint: '--context CONTEXT takes the one of a cluster; --generate DIRECTORY makes one; --key FILE takes one from a file; --public-key BASE64 is the key itself',
      },
    );
  }
  if (context !== undefined) {
    const { confirmedKeys } = await import('../cluster/offered-keys.ts');
    const offered = await confirmedKeys(io, repository, name, options);
    return { keys: offered.keys, warnings: [], offered };
  }
  if (options.fingerprint !== undefined || options.namespace !== undefined) {
    throw new EdgesealError(
      'input-usage',
      `${options.fingerprint === undefined ? '--namespace' : '--fingerprint'} is for a key that a cluster offers`,
      { hint: `name the cluster: edgeseal region add ${name} --context CONTEXT` },
    );
  }
  if (generate !== undefined) {
    const folder = generate.startsWith('~/') ? `${home(io.env)}${generate.slice(1)}` : generate;
    const isFirst = keyName === `${name}-key`;
    const stem = isFirst ? name : keyName.replace(/-key(?=-\d+$|$)/, '');
    const fresh = await freshKey(name, privateKeyFolder(folder, io.cwd, repository.root), stem);
    return { keys: [fresh.key], fresh, warnings: [] };
  }
  if (publicKey !== undefined) return { keys: [parsePublic(publicKey)], warnings: [] };
  return await keyOfFile(io, key ?? '');
}

/**
 * The name of a region's next key: given, or `<region>-key`, `<region>-key-2`...
 *
 * @param others names that other keys are about to get
 * @throws EdgesealError `input-usage` for a name that is taken, or cannot be part of a file's name
 */
export function chooseKeyName(
  entry: RegionEntry | undefined,
  region: string,
  given: string | undefined,
  others: readonly string[] = [],
): string {
  const taken = new Set([...(entry?.keys.map((key) => key.name) ?? []), ...others]);
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

async function keyOfFile(io: Io, file: string): Promise<GivenKeys> {
  const { text, isShared } = await readKeyText(io, file, {
    what: 'a key file',
    hint: '--key takes the file of a region key; --generate DIRECTORY makes a fresh one',
  });
  try {
    const words = Buffer.from(text.reveal()).toString('latin1');
    if (!words.includes('edgeseal-region-key-')) {
      return { keys: [parsePublic(words, file)], warnings: [] };
    }
    if (isShared) warnShared(io, file);
    const [only, second] = await parseRegionKeys(text, file);
    if (only === undefined || second !== undefined) {
      throw new EdgesealError('format-key', 'there are several private keys in this file', {
        file,
        hint: 'give a file with one of them',
      });
    }
    return {
      keys: [{ raw: only.raw, sha256: only.sha256, id: only.id }],
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
