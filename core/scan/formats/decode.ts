/** UTF-16 without a mark shows itself by its zeros. */
const probe = 64;

/** The text of a file: UTF-8, or UTF-16 as PowerShell writes it, which kubectl reads like any other. */
export function textOf(bytes: Buffer): string {
  const order = orderOf(bytes);
  if (order === undefined) return bytes.toString('utf8');
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2));
  const little = order === 'little' ? even : Buffer.from(even).swap16();
  return little.toString('utf16le');
}

/** Whether a text has two bytes for each character. */
export function isWide(bytes: Buffer): boolean {
  return orderOf(bytes) !== undefined;
}

/** Whether the bytes are no text at all. */
export function isBinary(bytes: Buffer): boolean {
  return orderOf(bytes) === undefined && bytes.subarray(0, 8000).includes(0);
}

function orderOf(bytes: Buffer): 'little' | 'big' | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'little';
  if (first === 0xfe && second === 0xff) return 'big';
  if (bytes.length < 8 || (first !== 0) === (second !== 0)) return undefined;
  const zero = first === 0 ? 0 : 1;
  const end = Math.min(probe, bytes.length - (bytes.length % 2));
  for (let at = 0; at < end; at += 1) if ((bytes[at] === 0) !== (at % 2 === zero)) return undefined;
  return zero === 0 ? 'big' : 'little';
}
