import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { Io } from '../terminal/io.ts';
import type { MemoryFile } from './memory-file.ts';

/** Vim keeps swap, backup, undo and register files where its settings say, which may be a disk. */
const vim = /(^|[\s/])(n?vim|gvim|vimx)(\s|$)/;
const vimQuiet = ['-n', '-c', 'silent! set nobackup nowritebackup noundofile viminfo='];

/**
 * The person's editor: VISUAL, then EDITOR, which may have arguments; `vi` in a terminal.
 *
 * @throws EdgesealError `input-usage` where there is neither
 */
export function findEditor(io: Io): string {
  const named = [io.env['VISUAL'], io.env['EDITOR']].find((editor) => (editor ?? '').trim() !== '');
  if (named !== undefined) return named;
  if (io.stdin.isTTY === true) return 'vi';
  throw new EdgesealError('input-usage', 'there is no terminal, and no editor is named', {
    hint: 'set EDITOR, or change one item: edgeseal set SECRET ITEM --from-file -',
  });
}

/**
 * Lets a person edit the file. Whatever ends this process meanwhile, the file is wiped first.
 *
 * @throws EdgesealError `input-cancelled` where the editor fails
 */
export async function runEditor(io: Io, editor: string, file: MemoryFile): Promise<void> {
  const extra = vim.test(editor) ? vimQuiet : [];
  // As Git runs it: the shell splits the person's own words, the path stays one argument.
  const child = spawn('sh', ['-c', `${editor} "$@"`, editor, ...extra, file.path], {
    cwd: dirname(file.path),
    env: { ...io.env, TMPDIR: file.folder },
    stdio: 'inherit',
  });
  const end = (signal: NodeJS.Signals): void => {
    child.kill(signal);
    file.wipe();
    process.off(signal, end);
    process.kill(process.pid, signal);
  };
  // Ctrl-C is the editor's own.
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore).on('SIGTERM', end).on('SIGHUP', end);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code === 0) return;
  } catch {
    // Said below.
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', end).off('SIGHUP', end);
  }
  throw new EdgesealError('input-cancelled', 'the editor failed: nothing was changed', {
    hint: 'look at VISUAL and EDITOR',
  });
}
