import { createHash } from 'node:crypto';
import type { Proof, StoreKey } from './store-key.ts';

/** What a checked file says of itself in its first line. */
export interface Checked {
  /** What follows that line. */
  body: Buffer;
  proof: Proof | undefined;
}

/**
 * The first line of a file that a power cut, a bad disk and, with a key, a stranger must not change unnoticed:
 * `<magic> <SHA-256>`, with a key also its id and the HMAC over magic and body.
 *
 * @param magic names the kind of file, so that none can stand in for another
 */
export function headOf(magic: string, body: readonly Uint8Array[], key: StoreKey): Buffer {
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  const proof = key.prove([nameOf(magic), ...body]);
  const proven = proof === undefined ? '' : ` ${proof.id} ${proof.mac}`;
  return Buffer.from(`${magic} ${hash.digest('hex')}${proven}\n`);
}

/** @returns undefined for one that is cut, zero-filled, damaged, or of another kind */
export function readChecked(bytes: Buffer, magic: string): Checked | undefined {
  const end = bytes.indexOf(0x0a);
  const head = bytes.toString('latin1', 0, Math.max(end, 0));
  const [, found, checksum, id, mac] =
    /^(\S+) ([0-9a-f]{64})(?: ([0-9a-f]{16}) ([0-9a-f]{64}))?$/.exec(head) ?? [];
  const body = bytes.subarray(end + 1);
  if (found !== magic || checksum !== createHash('sha256').update(body).digest('hex'))
    return undefined;
  return { body, proof: id === undefined || mac === undefined ? undefined : { id, mac } };
}

/** @throws EdgesealError `store-key` where the key says that somebody else wrote it */
export function requireProof(
  { body, proof }: Checked,
  magic: string,
  key: StoreKey,
  file: string,
): void {
  key.require(proof, [nameOf(magic), body], file);
}

const nameOf = (magic: string): Buffer => Buffer.from(`${magic}\n`);
