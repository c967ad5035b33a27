/** Bytes as lower-case hexadecimal digits: the form of every hash and key id in our formats. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Whether `text` is exactly `digits` lower-case hexadecimal digits. Upper case would be a second spelling. */
export function isHex(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]*$/.test(text);
}
