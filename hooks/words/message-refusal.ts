import type { Refused } from '../judge.ts';
import { listed } from './listing.ts';
import { mendValue } from './mend.ts';

/** What a person reads whose commit message holds a secret. Git has kept the message. */
export function messageRefusal(refused: Refused): string {
  return [
    'edgeseal: commit refused: the message would put a secret into Git in plaintext',
    ...listed([refused]),
    'take it out of the message, which Git has kept, and commit with that:',
    '  git commit -e -F "$(git rev-parse --git-path COMMIT_EDITMSG)"',
    ...mendValue([refused])
      .slice(-1)
      .map(() => 'if it is no secret: edgeseal:allow in that line.'),
    '',
    '',
  ].join('\n');
}
