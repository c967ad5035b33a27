import { EdgesealError } from '../core/errors.ts';
import type { HookIoWithInput } from './git/process.ts';
import { Judge } from './judge.ts';
import { judgePushed, readInput, updatesOfReceive } from './pushed.ts';
import { isOfRepository } from './sealed/paths.ts';

/**
 * The pre-receive hook of a server: looks at every commit that comes in, before any ref moves. Nobody can leave it out, as
 * `--no-verify` does the others. Git keeps what comes in apart until it was judged; its variables say where.
 *
 * @param args `--signed BRANCH`, as often as wanted: there, sealed files that no author has signed are refused, too
 * @returns 0 where the push is taken, 1 where all of it is refused
 */
export async function main(args: string[], io: HookIoWithInput = processIo()): Promise<number> {
  const signed = signedBranches(args);
  const updates = updatesOfReceive(await readInput(io));
  if (updates.length === 0) return 0;
  const judge = new Judge(io, updates[0]?.after);
  const { paths } = await judgePushed(io, updates, ['--all'], judge);
  if ([...paths].some(isOfRepository) || updates.some(({ before }) => before !== undefined)) {
    const { judgePush } = await import('./sealed/push.ts');
    await judgePush(io, { updates, paths, judge, pinned: 'server', signed });
  }
  if (judge.refused.length === 0) return 0;
  const { receiveRefusal } = await import('./words/push-refusal.ts');
  io.stderr.write(receiveRefusal(judge));
  return 1;
}

function signedBranches(args: readonly string[]): string[] {
  const branches: string[] = [];
  for (let i = 0; i < args.length; i += 2) {
    const branch = args[i + 1];
    if (args[i] !== '--signed' || branch === undefined)
      throw new EdgesealError('input-usage', `pre-receive does not know ${args[i] ?? ''}`, {
        hint: 'edgeseal hook pre-receive --signed main',
      });
    branches.push(branch.replace(/^refs\/heads\//, ''));
  }
  return branches;
}

function processIo(): HookIoWithInput {
  const { stdin, stderr, env } = process;
  return { cwd: process.cwd(), env, stderr, stdin };
}
