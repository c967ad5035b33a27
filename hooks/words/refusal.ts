import type { HookIo } from '../git/process.ts';
import type { Judge, Refused } from '../judge.ts';
import type { Staging } from '../staged.ts';
import { listed } from './listing.ts';
import { leaveOut, mendPlaintext, takeBack } from './mend.ts';
import { mendingIn } from './own-command.ts';

/** What a person reads when a commit is refused: what was found, where, and the command that mends it. */
export async function refusal(io: HookIo, judge: Judge, staging: Staging): Promise<string> {
  const { refused, unkept } = judge;
  const isSealed = ({ findings }: Refused): boolean =>
    findings.every(({ rule }) => rule === 'sealed-file');
  const sealed = refused.filter(isSealed);
  const plain = refused.filter((file) => !isSealed(file));
  const mending = await mendingIn(io);
  const words: string[] = [];
  if (plain.length > 0) {
    const mend = mendPlaintext(plain, mending);
    words.push(
      'edgeseal: commit refused: what is staged would put secrets into Git in plaintext',
      ...listed(plain, unkept),
      ...mend,
      ...leaveOut(plain, mending.here, mend.length === 0),
      '',
    );
  }
  if (sealed.length > 0) {
    const broken = sealed.filter(({ findings }) => findings.some(({ hint }) => hint === undefined));
    const isMerging = broken.length > 0 && (await staging.mergedCommits()).length > 0;
    words.push(
      'edgeseal: commit refused: a sealed file is not as it has to be, so it could not be published',
      ...listed(sealed),
      ...(broken.length === 0 ? [] : takeBack(broken, mending, isMerging)),
      '',
    );
  }
  return words.join('\n');
}
