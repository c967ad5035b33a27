import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EdgesealError, isEdgesealError } from '../core/errors.ts';
import { parseEdgeSecret } from '../core/format/edge-secret.ts';
import { outlineOf } from '../core/secret/outline.ts';

/** What it writes to; the command line's Io is one. */
interface TextconvIo {
  stdout: { write(text: string): unknown };
}

/**
 * Git's textconv driver: a sealed file as lines that a person can compare. Git runs it for each blob that it shows, and
 * would end its own command where it fails: so it says in its output what it cannot read, and never fails for it.
 *
 * @param args the file
 * @throws EdgesealError `input-not-found` where there is none
 */
export async function main([file = '']: string[], io: TextconvIo = process): Promise<number> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new EdgesealError('input-not-found', `the file cannot be read (${code})`, {
      file,
      cause,
    });
  });
  io.stdout.write(`${linesOf(bytes).join('\n')}\n`);
  return 0;
}

function linesOf(bytes: Uint8Array): string[] {
  try {
    return outlineOf(parseEdgeSecret(bytes));
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    const at = error.line === undefined ? '' : ` (line ${error.line})`;
    return [
      // The digest makes two such files differ; what is in one might be what should never be shown.
      `not a sealed secret${at}: ${error.message} (${hash('sha256', bytes, 'hex').slice(0, 8)})`,
      'to see the file itself: git diff --no-textconv',
    ];
  }
}
