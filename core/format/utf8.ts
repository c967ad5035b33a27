import { EdgesealError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

/** `ignoreBOM` keeps a byte order mark as a character, so that bytes and text map one to one. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes UTF-8 and refuses what is not: overlong forms, encoded surrogates, cut sequences. A lenient decoder
 * would map different bytes to one text, and what was signed would no longer be what is read. A byte order
 * mark stays in the text as U+FEFF.
 *
 * @param what names the input in the error, never its content
 * @throws EdgesealError with `code` (default `format-yaml`) if the bytes are not UTF-8
 */
export function decodeUtf8(
  bytes: Uint8Array,
  what: string,
  code: ErrorCode = 'format-yaml',
): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new EdgesealError(code, `${what} is not valid UTF-8`);
  }
}
