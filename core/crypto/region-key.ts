import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from '../format/base64.ts';
import { SecretBytes } from '../secret-bytes.ts';
import {
  checkXWingPublicKey,
  loadXWing,
  newXWingSeed,
  xWingKeyPair,
  xWingPublicKey,
} from './x-wing.ts';
import type { XWingKeyPair, XWingPublicKey } from './x-wing.ts';

const prefix = 'edgeseal-region-key-1-';

/** The public half of a region key, as files name it. Made without any cryptographic library. */
export interface RegionPublicKey {
  /** 1,216 bytes. */
  raw: Uint8Array;
  /** Full SHA-256 of `raw`, 64 lower-case hex digits: what a trust root lists. */
  sha256: string;
  /** The first 16 digits of `sha256`: a hint for finding the key, nothing more; two keys may share one. */
  id: string;
}

/** A region key with its private half, ready to open wraps. */
export interface RegionKey extends RegionPublicKey {
  pair: XWingKeyPair;
}

/**
 * Reads a public key: standard base64 of 1,216 bytes, and nothing around it.
 *
 * @throws EdgesealError `format-base64` or `format-key`
 */
export function parseRegionPublicKey(text: string): RegionPublicKey {
  const raw = decodeBase64(text, 'the public key');
  checkXWingPublicKey(raw);
  return identify(raw);
}

/** The public key as it stands in a region file. */
export function formatRegionPublicKey(key: RegionPublicKey): string {
  return encodeBase64(key.raw);
}

/** A public key made ready to wrap for; call `loadXWing()` first. */
export function recipientOf(key: RegionPublicKey): XWingPublicKey {
  return xWingPublicKey(key.raw);
}

/** Makes a fresh region key. The returned line is the private half and belongs in a file with mode 0600. */
export async function generateRegionKey(): Promise<{ key: RegionKey; line: SecretBytes }> {
  const seed = newXWingSeed();
  const line = SecretBytes.fromText(prefix + encodeBase64Url(seed));
  return { key: await regionKeyOf(seed), line };
}

/**
 * Reads private keys from a file's text: one a line, `edgeseal-region-key-1-<base64url of the seed>`; empty
 * lines and lines that start with `#` are skipped. Around a line only spaces, tabs and carriage returns are ignored.
 *
 * @throws EdgesealError `format-key` with the line number (never the line) where one is malformed, or where
 * there is none
 */
export async function parseRegionKeys(text: SecretBytes, file?: string): Promise<RegionKey[]> {
  const keys: RegionKey[] = [];
  const lines = Buffer.from(text.reveal()).toString('utf8').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/^[ \t\r]+|[ \t\r]+$/g, '');
    if (line === '' || line.startsWith('#')) continue;
    keys.push(await parseKeyLine(line, file, index + 1));
  }
  if (keys.length === 0) {
    throw new EdgesealError('format-key', 'there is no region key in this file', {
      file,
      hint: `a private region key is one line that starts with ${prefix}`,
    });
  }
  return keys;
}

async function parseKeyLine(
  line: string,
  file: string | undefined,
  number: number,
): Promise<RegionKey> {
  const malformed = (message: string, cause?: unknown): EdgesealError =>
    new EdgesealError('format-key', message, { file, line: number, cause });
  if (!line.startsWith(prefix)) {
    throw malformed(`this is not a private region key: it does not start with ${prefix}`);
  }
  let seed: Uint8Array;
  try {
    seed = decodeBase64Url(line.slice(prefix.length), 'the private region key');
  } catch (cause) {
    throw malformed('the private region key is not valid base64url', cause);
  }
  if (seed.length !== 32) throw malformed('the private region key does not have 32 bytes');
  return regionKeyOf(seed);
}

async function regionKeyOf(seed: Uint8Array): Promise<RegionKey> {
  await loadXWing();
  const pair = xWingKeyPair(seed);
  return { ...identify(pair.publicKey), pair };
}

function identify(raw: Uint8Array): RegionPublicKey {
  const sha256 = createHash('sha256').update(raw).digest('hex');
  return { raw, sha256, id: sha256.slice(0, 16) };
}
