import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { maxSecretBytes } from '../../core/format/edge-secret.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { Io } from '../terminal/io.ts';
import { readStdin } from '../terminal/prompt.ts';

/** Standard input, where a command takes a path. */
export const stdinName = '-';

/**
 * Reads plaintext that a person named, into memory only.
 *
 * @param file a path from the current folder, or `-` for standard input
 * @param limit in bytes
 * @throws EdgesealError `input-not-found`, `input-usage` or `input-too-large`, naming the file
 */
export async function readInput(
  io: Io,
  file: string,
  limit: number = maxSecretBytes,
): Promise<SecretBytes> {
  if (file === stdinName) return await readStdin(io, limit);
  const tooLarge = (): EdgesealError =>
    new EdgesealError('input-too-large', `the file has more than ${limit} bytes`, {
      file,
      hint: limit === maxSecretBytes ? 'a Secret holds at most 1 MiB; split it' : 'split the file',
    });
  try {
    const handle = await open(resolve(io.cwd, file), 'r');
    try {
      const stat = await handle.stat();
      if (stat.isDirectory()) {
        throw new EdgesealError('input-usage', 'this is a folder, not a file', { file });
      }
      if (stat.size > limit) throw tooLarge();
      // A pipe, such as bash's <(...), says no size.
      const chunks: Buffer[] = [];
      let length = 0;
      for (;;) {
        const { bytesRead, buffer } = await handle.read(
          Buffer.alloc(Math.max(stat.size + 1, 65_536)),
        );
        if (bytesRead === 0) break;
        length += bytesRead;
        chunks.push(buffer.subarray(0, bytesRead));
        if (length > limit) throw tooLarge();
      }
      if (chunks.length === 1 && chunks[0] !== undefined) return new SecretBytes(chunks[0]);
      const all = Buffer.concat(chunks);
      for (const chunk of chunks) chunk.fill(0);
      return new SecretBytes(all);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof EdgesealError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new EdgesealError(
      'input-not-found',
      code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`,
      { file, cause },
    );
  }
}
