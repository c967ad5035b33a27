import type { Candidate } from '../candidate.ts';
import { TokenSource } from '../source.ts';
import { encodedPieces, type Piece } from './pieces.ts';

const newline = Buffer.from('\n');

/**
 * Looks through what is encoded in a text: all pieces are put one below the other, so that they are scanned at once.
 *
 * @param scan finds values in a text
 * @returns what was found, at the places where it stands encoded
 */
export function candidatesInside(
  source: TokenSource,
  scan: (inner: TokenSource) => readonly Candidate[],
): Candidate[] {
  const pieces = encodedPieces(source);
  if (pieces.length === 0) return [];
  const inner = new TokenSource(
    Buffer.concat(pieces.flatMap(({ bytes }) => [bytes, newline])),
    source.path,
    true,
  );
  const candidates = [...scan(inner)].sort((a, b) => a.start - b.start);
  const found: Candidate[] = [];
  let index = 0;
  let begin = 0;
  for (const candidate of candidates) {
    let piece = pieces[index] as Piece;
    while (begin + piece.bytes.length < candidate.start) {
      begin += piece.bytes.length + 1;
      index += 1;
      piece = pieces[index] as Piece;
    }
    const { rule, rank, order, value } = candidate;
    found.push({
      rule,
      rank,
      order,
      start: piece.start,
      end: piece.end,
      value: value ?? inner.bytes.subarray(candidate.start, candidate.end),
    });
  }
  return found;
}
