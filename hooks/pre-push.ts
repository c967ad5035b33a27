import type { HookIoWithInput } from './git/process.ts';
import { gitAnswer, gitOutput } from './git/process.ts';
import { Judge } from './judge.ts';
import { judgePushed, readInput, updatesOfPush } from './pushed.ts';
import { isOfRepository } from './sealed/paths.ts';
import type { Update } from './pushed.ts';

/**
 * The pre-push hook: looks at every commit that the remote does not have, as `git commit --no-verify`, a rebase, a
 * cherry-pick and a clone without hooks all pass the first one by.
 *
 * @param args name of the remote (its URL, where it has none) and its URL
 * @returns 0 where the push may go on, 1 where not
 */
export async function main(
  [name = '', url = '']: string[],
  io: HookIoWithInput = processIo(),
): Promise<number> {
  const updates = await pushedBy(io);
  if (updates.length === 0) return 0;
  const remote = await remoteOf(io, name, url);
  const not = [
    ...(remote === undefined ? [] : [`--remotes=${remote}`]),
    ...(await known(io, updates)),
  ];
  const judge = new Judge(io, updates[0]?.after);
  const { paths } = await judgePushed(io, updates, not, judge);
  if ([...paths].some(isOfRepository)) {
    const { judgePush } = await import('./sealed/push.ts');
    await judgePush(io, { updates, paths, judge, pinned: 'clone', signed: [] });
  }
  if (judge.refused.length === 0) return 0;
  const { pushRefusal } = await import('./words/push-refusal.ts');
  io.stderr.write(await pushRefusal(io, judge));
  return 1;
}

/** pre-commit reads Git's words itself, and hands them on as variables. */
async function pushedBy(io: HookIoWithInput): Promise<Update[]> {
  if (io.env['PRE_COMMIT'] === undefined) return updatesOfPush(await readInput(io));
  const ref = io.env['PRE_COMMIT_REMOTE_BRANCH'] ?? 'refs/heads/HEAD';
  const after = await gitAnswer(io, ['rev-parse', io.env['PRE_COMMIT_TO_REF'] ?? 'HEAD']);
  return after === undefined ? [] : [{ ref, before: undefined, after }];
}

/** `git push URL` names no remote; where one has that URL, it is known what is there. */
async function remoteOf(
  io: HookIoWithInput,
  name: string,
  url: string,
): Promise<string | undefined> {
  const given = name === '' ? (io.env['PRE_COMMIT_REMOTE_NAME'] ?? '') : name;
  const config = await gitAnswer(io, [
    'config',
    '-z',
    '--get-regexp',
    '^remote\\..*\\.(push)?url$',
  ]);
  const remotes = (config ?? '').split('\0').map((entry) => {
    const [key = '', value = ''] = entry.split('\n');
    return { name: /^remote\.(.*)\.(?:push)?url$/.exec(key)?.[1] ?? '', url: value };
  });
  const isOne = (remote: { name: string; url: string }): boolean =>
    remote.name !== '' && (remote.name === given || remote.url === given || remote.url === url);
  return (
    remotes.find((remote) => remote.name !== '' && remote.name === given)?.name ??
    remotes.find(isOne)?.name
  );
}

/** What the remote's refs were, as far as this clone has it: after somebody else's push it does not. */
async function known(io: HookIoWithInput, updates: readonly Update[]): Promise<string[]> {
  const before = [...new Set(updates.flatMap((update) => update.before ?? []))];
  if (before.length === 0) return [];
  const answers = await gitOutput(io, ['cat-file', '--batch-check'], `${before.join('\n')}\n`);
  return answers
    .toString('latin1')
    .split('\n')
    .flatMap((line) => /^([0-9a-f]+) (?:commit|tag) \d+$/.exec(line)?.[1] ?? []);
}

function processIo(): HookIoWithInput {
  const { stdin, stderr, env } = process;
  return { cwd: process.cwd(), env, stderr, stdin };
}
