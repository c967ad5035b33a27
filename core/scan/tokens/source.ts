import { longRuns, type Runs } from './long-runs.ts';

/** A stretch of a text, the end not included. */
export interface TextRange {
  start: number;
  end: number;
}

/** What is scanned, once as bytes and once as a text in which each byte is one character. */
export class TokenSource {
  readonly bytes: Buffer;
  readonly path: string;
  /** Whether it was decoded: then the path says nothing of how it is written. */
  readonly isDecoded: boolean;
  #text: string | undefined;
  #runs: Runs | undefined;

  constructor(bytes: Uint8Array, path: string, isDecoded = false) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.path = path;
    this.isDecoded = isDecoded;
  }

  /** Latin-1, whatever the encoding: an offset in it is one in the bytes, and every token's alphabet is ASCII. */
  get text(): string {
    this.#text ??= this.bytes.toString('latin1');
    return this.#text;
  }

  /** Where values that could be random stand. */
  get runs(): Runs {
    this.#runs ??= longRuns(this.bytes);
    return this.#runs;
  }
}
