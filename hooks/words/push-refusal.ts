import { gitAnswer } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import type { Judge, Refused } from '../judge.ts';
import { listed } from './listing.ts';
import { mendValue } from './mend.ts';
import { mendingIn } from './own-command.ts';

/** What a person reads when their push is refused by their own hook. */
export async function pushRefusal(io: HookIo, judge: Judge): Promise<string> {
  const { command } = await mendingIn(io);
  const base = await baseOf(io, judge.refused);
  return words(judge, 'nothing was pushed', mendHistory(judge.refused, base, command));
}

/** What a person reads when a server refuses their push. It does not know what they have. */
export function receiveRefusal(judge: Judge): string {
  const first = judge.refused.find(({ commit }) => commit !== undefined)?.commit;
  const base = first === undefined ? undefined : `${first.slice(0, 10)}^`;
  const mend = mendHistory(judge.refused, base, 'npx edgeseal');
  return words(judge, 'nothing was taken', mend);
}

function words(judge: Judge, outcome: string, mend: string[]): string {
  const isSealed = ({ findings }: Refused): boolean =>
    findings.every(({ rule }) => rule === 'sealed-file');
  const sealed = judge.refused.filter(isSealed);
  const plain = judge.refused.filter((file) => !isSealed(file));
  return [
    ...(plain.length === 0
      ? []
      : [
          `edgeseal: push refused, ${outcome}: these commits hold secrets in plaintext`,
          ...listed(plain, judge.unkept),
          ...mend,
          '',
        ]),
    ...(sealed.length === 0
      ? []
      : [
          `edgeseal: push refused, ${outcome}: a sealed file is not as it has to be`,
          ...listed(sealed),
        ]),
    '',
  ].join('\n');
}

/**
 * A later commit that takes the value out does not help: the earlier one is pushed along. All from there on becomes one
 * staged change again, which is mended as any other.
 */
function mendHistory(
  refused: readonly Refused[],
  base: string | undefined,
  command: string,
): string[] {
  const isMessage = refused.some(
    ({ path, commit }) => commit !== undefined && path === 'the message',
  );
  const reset = base === undefined ? 'git update-ref -d HEAD' : `git reset --soft ${base}`;
  return [
    'the commits have to be made anew, as what is in one of them is pushed even if a later one takes it out. On that',
    'branch, make one staged change of them again, mend it, and commit:',
    `  ${reset} && ${command} fix && git commit`,
    ...(isMessage ? ['write that message without the secret.'] : []),
    ...mendValue(refused.filter(({ path }) => path !== 'the message')),
  ];
}

/** The last commit before all that was refused; undefined where the first commit was. */
async function baseOf(io: HookIo, refused: readonly Refused[]): Promise<string | undefined> {
  // The oldest comes first.
  const commit = refused.find((file) => file.commit !== undefined)?.commit;
  if (commit === undefined) return 'HEAD';
  const parent = await gitAnswer(io, ['rev-parse', '--verify', '--quiet', `${commit}^1`]);
  return parent?.slice(0, 10);
}
