import { EdgesealError } from '../errors.ts';

/**
 * Applies a delta (gitformat-pack, "Deltified representation").
 *
 * @param max the most bytes the result may have; the delta says its size first and may say 2 GB
 * @throws EdgesealError `git-limit` if it says more, `git-object` if it is malformed
 */
export function applyDelta(base: Uint8Array, delta: Uint8Array, max: number): Buffer {
  let at = 0;
  const byte = (): number => {
    const value = delta[at++];
    if (value === undefined) throw malformed();
    return value;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const next = byte();
      value += (next & 0x7f) * 2 ** shift;
      if ((next & 0x80) === 0) return value;
    }
    throw malformed();
  };
  if (varint() !== base.length) throw malformed();
  const size = varint();
  if (size > max) {
    throw new EdgesealError(
      'git-limit',
      `a delta makes ${String(size)} bytes; at most ${String(max)}`,
    );
  }
  const result = Buffer.allocUnsafe(size);
  let filled = 0;
  while (at < delta.length) {
    const op = byte();
    if (op === 0) throw malformed();
    let source = delta;
    let start = at;
    let length = op;
    if ((op & 0x80) !== 0) {
      source = base;
      start = 0;
      length = 0;
      for (let i = 0; i < 4; i++) if ((op & (1 << i)) !== 0) start += byte() * 256 ** i;
      for (let i = 0; i < 3; i++) if ((op & (0x10 << i)) !== 0) length += byte() * 256 ** i;
      if (length === 0) length = 0x10000;
    } else {
      at += length;
    }
    if (start + length > source.length || filled + length > size) throw malformed();
    result.set(source.subarray(start, start + length), filled);
    filled += length;
  }
  if (filled !== size) throw malformed();
  return result;
}

function malformed(): EdgesealError {
  return new EdgesealError('git-object', 'a malformed delta');
}
