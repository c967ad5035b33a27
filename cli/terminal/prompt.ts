import { EdgesealError } from '../../core/errors.ts';
import { maxSecretBytes } from '../../core/format/edge-secret.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { Io } from './io.ts';

/** Asks yes or no on the terminal; anything but yes is no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  io.stderr.write(`${question} [y/N] `);
  const answer = await new LineReader(io.stdin).next();
  return /^y(es)?$/i.test(Buffer.from(answer).toString('utf8').trim());
}

/** What somebody is asked before something is done, and what is said where nobody can be, or says no. */
export interface Question {
  question: string;
  unasked: string;
  hint: string;
  refused: string;
}

/**
 * Requires a yes on the terminal.
 *
 * @param isSaid whether it was said already, by `--yes`
 * @throws EdgesealError `input-usage` where there is no terminal to ask on, `input-cancelled` for anything but yes
 */
export async function requireYes(
  io: Io,
  isSaid: boolean | undefined,
  { question, unasked, hint, refused }: Question,
): Promise<void> {
  if (isSaid === true) return;
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true)
    throw new EdgesealError('input-usage', unasked, { hint });
  if (await confirm(io, question)) return;
  throw new EdgesealError('input-cancelled', refused);
}

/**
 * Asks for a value without showing it. Asked twice, because nobody can see a typing error.
 *
 * @throws EdgesealError `input-usage` where there is no terminal, `input-cancelled` on Ctrl-C, two different answers, or
 * none: Enter is pressed too easily for an empty value to be meant
 */
export async function promptHidden(io: Io, what: string): Promise<SecretBytes> {
  if (io.stdin.isTTY !== true) {
    throw new EdgesealError('input-usage', `there is no terminal to ask for "${what}" on`, {
      hint: 'give it on standard input with -, or from a file with --from-file',
    });
  }
  const input = io.stdin as Io['stdin'] & RawInput;
  const lines = new LineReader(input);
  let first: Buffer;
  let second: Buffer;
  // Before the question shows: whoever types at once, or ahead, must not see it echoed.
  input.setRawMode?.(true);
  try {
    io.stderr.write(`${what}: `);
    first = await lines.next();
    io.stderr.write('\n');
    if (first.length === 0) {
      throw new EdgesealError('input-cancelled', 'nothing was typed: nothing was changed', {
        hint: 'an empty value, where one is meant, comes from an empty file, such as /dev/null',
      });
    }
    io.stderr.write(`${what}, again: `);
    second = await lines.next();
    io.stderr.write('\n');
  } finally {
    input.setRawMode?.(false);
  }
  const same = Buffer.from(first).equals(second);
  second.fill(0);
  if (same) return new SecretBytes(first);
  first.fill(0);
  throw new EdgesealError('input-cancelled', 'the two entries differ: nothing was changed');
}

/** Everything on standard input, at most `limit` bytes. */
export async function readStdin(io: Io, limit: number): Promise<SecretBytes> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    length += bytes.length;
    if (length > limit)
      throw new EdgesealError('input-too-large', `standard input has more than ${limit} bytes`, {
        hint: limit === maxSecretBytes ? 'a Secret holds at most 1 MiB: split it' : 'split it',
      });
    chunks.push(bytes);
  }
  const all = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return new SecretBytes(all);
}

interface RawInput {
  setRawMode?: (mode: boolean) => unknown;
}

/** Lines from a terminal, byte by byte. What was pasted behind a line's end is the next line. */
class LineReader {
  readonly #input: Io['stdin'];
  #rest: number[] = [];

  constructor(input: Io['stdin']) {
    this.#input = input;
  }

  /** @throws EdgesealError `input-cancelled` on Ctrl-C or Ctrl-D */
  async next(): Promise<Buffer> {
    const input = this.#input;
    const line: number[] = [];
    const at = this.#take(line);
    if (at === 'cancelled') throw cancelled();
    if (at === 'end') return Buffer.from(line);
    return await new Promise<Buffer>((resolve, reject) => {
      const finish = (act: () => void): void => {
        input.off('data', onData);
        input.off('end', onEnd);
        input.pause();
        act();
      };
      const onEnd = (): void => {
        finish(() => resolve(Buffer.from(line)));
      };
      const onData = (chunk: Uint8Array | string): void => {
        this.#rest.push(...Buffer.from(chunk as string));
        const now = this.#take(line);
        if (now === 'end') onEnd();
        else if (now === 'cancelled') finish(() => reject(cancelled()));
      };
      input.on('data', onData);
      input.once('end', onEnd);
      input.resume();
    });
  }

  /** Moves bytes to `line`, up to its end. */
  #take(line: number[]): 'end' | 'cancelled' | 'more' {
    for (let byte = this.#rest.shift(); byte !== undefined; byte = this.#rest.shift()) {
      if (byte === 13 || byte === 10) {
        if (byte === 13 && this.#rest[0] === 10) this.#rest.shift();
        return 'end';
      }
      if (byte === 3 || byte === 4) return 'cancelled';
      if (byte !== 127 && byte !== 8) line.push(byte);
      else eraseCharacter(line);
    }
    return 'more';
  }
}

function cancelled(): EdgesealError {
  return new EdgesealError('input-cancelled', 'cancelled: nothing was changed');
}

/** A character of UTF-8 may be several bytes. */
function eraseCharacter(line: number[]): void {
  for (let byte = line.pop(); byte !== undefined && (byte & 0xc0) === 0x80; byte = line.pop());
}
