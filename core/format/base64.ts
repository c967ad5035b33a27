import { EdgesealError } from '../errors.ts';

/** Encodes bytes as base64 (RFC 4648 section 4), padded. */
export function encodeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/**
 * Decodes base64 (RFC 4648 section 4) strictly: standard alphabet, padded, unused bits zero, no whitespace. One
 * value has one encoding; lenient decoding would let a mirror or a committer make different files of one
 * meaning, each with its own hash.
 *
 * @param what names the field in the error; the text itself may be a secret and never appears there
 * @returns a fresh array that shares no memory with Node's buffer pool, so that its owner can wipe it
 * @throws EdgesealError `format-base64`
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  return decode(text, 'base64', what, 'base64 (standard alphabet, padded, without spaces)');
}

/** Encodes bytes as base64url without padding (RFC 4648 section 5): the form of private keys in files. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return view(bytes).toString('base64url');
}

/**
 * Decodes base64url without padding (RFC 4648 section 5), as strictly as {@link decodeBase64}.
 *
 * @throws EdgesealError `format-base64`, which names `what` and never the text
 */
export function decodeBase64Url(text: string, what: string): Uint8Array {
  return decode(text, 'base64url', what, 'base64url (without padding)');
}

function decode(
  text: string,
  encoding: 'base64' | 'base64url',
  what: string,
  form: string,
): Uint8Array {
  // alloc, unlike from, never takes memory from the pool that all small buffers share.
  const bytes = Buffer.alloc(Math.floor((text.length * 3) / 4));
  const length = bytes.write(text, encoding);
  // Node's decoder skips what it does not know, so only the way back shows whether the text was exact.
  if (bytes.toString(encoding, 0, length) !== text) {
    throw new EdgesealError('format-base64', `${what} is not valid ${form}`);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
