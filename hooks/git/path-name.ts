import { isUtf8 } from 'node:buffer';

/**
 * A path of Git's as text. Git knows bytes only: one that is not UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, as
 * Python has it (PEP 383), so that {@link encodePath} finds the file again.
 */
export function decodePath(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find(
      (n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)),
    );
    text +=
      length === undefined
        ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0))
        : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return text;
}

/** The bytes that a path was before {@link decodePath}. */
export function encodePath(path: string): Buffer {
  const parts = path.split(/(?<![\ud800-\udbff])([\udc80-\udcff])/);
  return Buffer.concat(
    parts.map((part, i) =>
      i % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - 0xdc00),
    ),
  );
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const isByte = (code: number): boolean => code >= 0xdc80 && code <= 0xdcff;

/** A path for a person's eye: it may hold what a terminal would act on, or what turns the direction of writing. */
export function shownPath(path: string): string {
  if (/^[\x20-\x7e]*$/.test(path)) return path;
  const text = JSON.stringify(path).replace(/\\udc([89a-f][0-9a-f])/g, '\\x$1');
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${hex(c.codePointAt(0) ?? 0, 1)}}`);
}

/** A path for a person's shell. */
export function quotedPath(path: string): string {
  if (/^[A-Za-z0-9_./@%+,:=-]+$/.test(path)) return path;
  if (!/[\p{Cc}\p{Cs}]/u.test(path)) return `'${path.replaceAll("'", "'\\''")}'`;
  const escaped = path.replace(/[\\']/g, '\\$&').replace(/[\p{Cc}\p{Cs}]/gu, (c) => {
    const code = c.charCodeAt(0);
    return isByte(code) ? `\\x${hex(code - 0xdc00, 2)}` : `\\u${hex(code, 4)}`;
  });
  return `$'${escaped}'`;
}
