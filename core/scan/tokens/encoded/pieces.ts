import type { TokenSource } from '../source.ts';
import { beginsAsText, isTextByte, sextets } from './base64.ts';

/** A stretch that is encoded, and what it stands for. */
export interface Piece {
  start: number;
  end: number;
  bytes: Buffer;
}

const shortestBase64 = 20;
const shortestHex = 24;
/** Lines of base64 are wrapped at 64 or 76; shorter ones are words, one below the other. */
const shortestLine = 48;

/**
 * The stretches of a text that are base64, hex or percent encoding of another text. Each byte is looked at a few times, and
 * decoded once at most for each encoding, so what comes out is not longer than what went in.
 */
export function encodedPieces(source: TokenSource): Piece[] {
  const pieces: Piece[] = [];
  const { starts, ends } = source.runs;
  let done = 0;
  for (let index = 0; index < starts.length; index += 1) {
    const start = starts[index] as number;
    const end = ends[index] as number;
    if (start < done) continue;
    percent(source, start, end, pieces);
    done = base64(source, start, end, pieces);
  }
  return pieces;
}

/** @returns where it has come to, which may be lines behind `end` */
function base64(source: TokenSource, start: number, end: number, pieces: Piece[]): number {
  const { bytes } = source;
  let from = start;
  for (let at = start; at <= end; at += 1) {
    if (at < end && (sextets[bytes[at] as number] as number) < 64) continue;
    if (at - from >= shortestBase64) {
      if (hex(source, from, at, pieces)) {
        // It is base64, too, of nothing that can be read.
      } else if (beginsAsText(bytes, from) && !isSourceMap(source, from)) {
        const last = at === end || bytes[at] === 61 ? lines(bytes, from, at) : at;
        add(from, last, Buffer.from(source.text.slice(from, last), 'base64'), pieces);
        if (last > end) return last;
      }
    }
    from = at + 1;
  }
  return end;
}

/** A text that is wrapped goes on in the next line, at the same or another indentation. */
function lines(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  let begin = start;
  for (;;) {
    if (last - begin < shortestLine) return last;
    let at = last;
    while (at < bytes.length && at < last + 40 && isBlank(bytes[at] as number)) at += 1;
    if (at === last || !hasBreak(bytes, last, at)) return last;
    begin = at;
    while (at < bytes.length && (sextets[bytes[at] as number] as number) < 64) at += 1;
    if (at === begin || (at < bytes.length && !isBlank(bytes[at] as number) && bytes[at] !== 61))
      return last;
    last = at;
  }
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13;
}

function hasBreak(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] === 10) return true;
  return false;
}

function isSourceMap(source: TokenSource, at: number): boolean {
  return /sourceMappingURL=data:[\w/;=-]{0,60},?$/.test(
    source.text.slice(Math.max(0, at - 90), at),
  );
}

function hex(source: TokenSource, start: number, end: number, pieces: Piece[]): boolean {
  const { bytes } = source;
  if (end - start < shortestHex || (end - start) % 2 === 1) return false;
  // The first three characters of a text: 2, 3, 4, 5, 6 or 7, and any other digit.
  for (const at of [start, start + 2, start + 4]) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 2 || digit > 7) return false;
  }
  const text = source.text.slice(start, end);
  if (!/^[0-9a-fA-F]+$/.test(text)) return false;
  return add(start, end, Buffer.from(text, 'hex'), pieces);
}

const escape = /%([0-9A-Fa-f]{2})/g;

function percent(source: TokenSource, start: number, end: number, pieces: Piece[]): void {
  const at = source.bytes.indexOf(37, start);
  if (at < 0 || at >= end) return;
  const text = source.text.slice(start, end);
  const decoded = text.replace(escape, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
  if (decoded !== text) add(start, end, Buffer.from(decoded, 'latin1'), pieces);
}

/** @returns whether what was decoded is a text */
function add(start: number, end: number, decoded: Buffer, pieces: Piece[]): boolean {
  const bytes =
    decoded[1] === 0 && decoded[3] === 0 ? Buffer.from(decoded.toString('utf16le')) : decoded;
  if (bytes.length < 8) return false;
  let strange = 0;
  let high = 0;
  for (const byte of bytes) {
    if (byte > 127) high += 1;
    else if (!isTextByte(byte)) strange += 1;
  }
  if (strange * 20 > bytes.length || high * 3 > bytes.length) return false;
  pieces.push({ start, end, bytes });
  return true;
}
