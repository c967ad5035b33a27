import type { HookIo } from './git/process.ts';
import type { Judge } from './judge.ts';
import { isOfRepository } from './sealed/paths.ts';
import { Staging } from './staged.ts';
import type { StagedFile } from './staged.ts';

/**
 * The pre-commit hook: refuses plaintext in exactly what is staged, also in the first commit, and sealed files that nobody
 * could publish; and says how to mend it.
 *
 * @param _args Git gives this hook none
 * @returns 0 where the commit may go on, 1 where not
 */
export async function main(_args: string[], io: HookIo = processIo()): Promise<number> {
  const staging = new Staging(io);
  try {
    // Git looks for what is staged while the scanner is loaded.
    const staged = staging.files();
    staged.catch(() => undefined);
    const { Judge } = await import('./judge.ts');
    const judge = new Judge(io, '', staging.blobs);
    const files = await staged;
    for await (const { of, part } of staging.blobs.read(files))
      if (part !== undefined) await judge.look(of, part);
    const { judgeGenerated } = await import('./generated.ts');
    await judgeGenerated(staging, files, judge);
    if (files.some(({ path }) => isOfRepository(path)))
      await judgeSealed(io, staging, files, judge);
    if (judge.refused.length > 0) {
      const others = await staging.notOwn();
      judge.retain(({ path, findings }) => !others.has(path) || findings.some(isOfSealed));
    }
    if (judge.refused.length === 0) return 0;
    const { refusal } = await import('./words/refusal.ts');
    io.stderr.write(await refusal(io, judge, staging));
    return 1;
  } finally {
    staging.close();
  }
}

/** The schemas take longer to load than all else here: only where a file of a secrets repository is staged. */
async function judgeSealed(
  io: HookIo,
  staging: Staging,
  files: readonly StagedFile[],
  judge: Judge,
): Promise<void> {
  const { judgeStaged } = await import('./sealed/staged.ts');
  await judgeStaged(io, staging, files, judge);
}

function isOfSealed({ rule }: { rule: string }): boolean {
  return rule === 'sealed-file';
}

function processIo(): HookIo {
  return { cwd: process.cwd(), env: process.env, stderr: process.stderr };
}
