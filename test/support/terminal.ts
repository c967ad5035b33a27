import { PassThrough, Writable } from 'node:stream';
import { main } from '../../cli/bin.ts';
import type { Workspace } from './workspace.ts';

/** Sits at a terminal: whenever a question is asked, the next answer is typed, or Ctrl-C where none is left. */
export async function typed(
  ws: Workspace,
  args: string[],
  answers: (string | (() => string))[],
): Promise<{ code: number; shown: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  let shown = '';
  const screen = Object.assign(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        shown += chunk.toString();
        if (/\[y\/N\] $/.test(shown)) {
          const answer = answers.shift() ?? '\u0003';
          stdin.write(`${typeof answer === 'string' ? answer : answer()}\r`);
        }
        done();
      },
    }),
    { isTTY: true },
  );
  const env = { ...ws.env, NO_COLOR: '1' };
  const code = await main(args, { cwd: ws.repo, env, stdin, stdout: screen, stderr: screen });
  return { code, shown };
}
