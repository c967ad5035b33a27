import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import { gitAnswer } from './git/process.ts';
import type { HookIo } from './git/process.ts';
import { Judge } from './judge.ts';

/**
 * The commit-msg hook: refuses a message that a secret was pasted into, and looks at what Git will keep of it.
 *
 * @param args path of the file with the message
 * @returns 0 where the commit may go on, 1 where not
 */
export async function main([file]: string[], io: HookIo = processIo()): Promise<number> {
  if (file === undefined)
    throw new EdgesealError('input-usage', 'commit-msg needs the file with the message', {
      hint: 'in the hook: edgeseal hook commit-msg "$1"',
    });
  const text = await readFile(resolve(io.cwd, file), 'utf8');
  const judge = new Judge(io);
  await judge.lookAtText({ path: 'the message', isNew: true }, await kept(io, text));
  const [refused] = judge.refused;
  if (refused === undefined) return 0;
  const { messageRefusal } = await import('./words/message-refusal.ts');
  io.stderr.write(messageRefusal(refused));
  return 1;
}

/** Under it lies what `git commit --verbose` shows: the diff, with lines that are being taken out. */
const scissors = / -{24} >8 -{24}$/;

/** The lines that Git will keep, at their place; others are empty. */
async function kept(io: HookIo, text: string): Promise<string> {
  // Git says by this that no editor was opened; then it takes the message with all its lines.
  if (io.env['GIT_EDITOR'] === ':') return text;
  const lines = text.split('\n');
  const cut = lines.findIndex((line) => scissors.test(line));
  const message = cut < 0 ? lines : lines.slice(0, cut);
  const cleanup = await gitAnswer(io, ['config', 'commit.cleanup']);
  if (cleanup === 'verbatim' || cleanup === 'whitespace' || cleanup === 'scissors')
    return message.join('\n');
  const comment = await commentChar(io, lines, cut);
  return message.map((line) => (line.startsWith(comment) ? '' : line)).join('\n');
}

async function commentChar(io: HookIo, lines: readonly string[], cut: number): Promise<string> {
  const set =
    (await gitAnswer(io, ['config', 'core.commentString'])) ??
    (await gitAnswer(io, ['config', 'core.commentChar'])) ??
    '#';
  if (set !== 'auto') return set;
  // Git takes the first of these that begins no line of the message; what it wrote itself stands at the end.
  const last = (cut < 0 ? lines : lines.slice(0, cut + 1)).findLast((line) => line !== '') ?? '';
  return /^[#;@!$%^&|:]/.exec(last)?.[0] ?? '#';
}

function processIo(): HookIo {
  return { cwd: process.cwd(), env: process.env, stderr: process.stderr };
}
