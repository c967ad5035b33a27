/** By byte, the six bits that it stands for in base64 or base64url (RFC 4648), or 64. */
export const sextets = new Uint8Array(256).fill(64);
'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  .split('')
  .forEach((char, value) => {
    sextets[char.charCodeAt(0)] = value;
  });
sextets[45] = 62;
sextets[95] = 63;

/** Whether a byte may stand in a text: printable ASCII, blanks, or a part of another character in UTF-8. */
export function isTextByte(byte: number): boolean {
  return (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;
}

/**
 * Whether base64 begins like a text: six bytes, without decoding the rest. Of names that are taken for base64, three in a
 * thousand do.
 */
export function beginsAsText(bytes: Uint8Array, at: number): boolean {
  for (let group = at; group < at + 8; group += 4) {
    const bits =
      ((sextets[bytes[group] as number] as number) << 18) |
      ((sextets[bytes[group + 1] as number] as number) << 12) |
      ((sextets[bytes[group + 2] as number] as number) << 6) |
      (sextets[bytes[group + 3] as number] as number);
    // Every other byte of UTF-16, as PowerShell encodes commands.
    for (const shift of [16, 8, 0]) {
      const byte = (bits >> shift) & 255;
      if (byte !== 0 && !isTextByte(byte)) return false;
    }
  }
  return true;
}
