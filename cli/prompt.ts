import { EdgesealError } from '../core/errors.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import type { Io } from './io.ts';

/** Asks yes or no on the terminal; anything but yes is no. */
export async function confirm(io: Io, question: string): Promise<boolean> {
  io.stderr.write(`${question} [y/N] `);
  const answer = await readLine(io, true);
  return /^y(es)?$/i.test(Buffer.from(answer).toString('utf8').trim());
}

/**
 * Asks for a value without showing it. Asked twice, because nobody can see a typing error.
 *
 * @throws EdgesealError `input-usage` where there is no terminal, `input-cancelled` on Ctrl-C or two different
 * answers
 */
export async function promptHidden(io: Io, what: string): Promise<SecretBytes> {
  if (io.stdin.isTTY !== true) {
    throw new EdgesealError('input-usage', `there is no terminal to ask for ${what} on`, {
      hint: 'give it on standard input with -, or from a file with --from-file',
    });
  }
  io.stderr.write(`${what}: `);
  const first = await readLine(io, false);
  io.stderr.write(`\n${what}, again: `);
  const second = await readLine(io, false);
  io.stderr.write('\n');
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
      throw new EdgesealError('input-too-large', `standard input has more than ${limit} bytes`);
    chunks.push(bytes);
  }
  const all = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return new SecretBytes(all);
}

interface RawInput {
  setRawMode?: (mode: boolean) => unknown;
}

/** One line from the terminal, byte by byte; with `echo` off the terminal is in raw mode meanwhile. */
async function readLine(io: Io, echo: boolean): Promise<Buffer> {
  const input = io.stdin as Io['stdin'] & RawInput;
  if (!echo) input.setRawMode?.(true);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const line: number[] = [];
      const finish = (act: () => void): void => {
        input.off('data', onData);
        input.off('end', onEnd);
        input.pause();
        act();
      };
      const onEnd = (): void => {
        finish(() => {
          resolve(Buffer.from(line));
        });
      };
      const onData = (chunk: Uint8Array | string): void => {
        for (const byte of Buffer.from(chunk as string)) {
          if (byte === 13 || byte === 10) {
            onEnd();
            return;
          }
          if (byte === 3 || byte === 4) {
            finish(() => {
              reject(new EdgesealError('input-cancelled', 'cancelled: nothing was changed'));
            });
            return;
          }
          if (byte === 127 || byte === 8) line.pop();
          else line.push(byte);
        }
      };
      input.on('data', onData);
      input.once('end', onEnd);
      input.resume();
    });
  } finally {
    if (!echo) input.setRawMode?.(false);
  }
}
