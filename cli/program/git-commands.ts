import { noSign, signingKey } from './command-options.ts';
import type { CommandSpec } from './command-spec.ts';

/** Commands that go with Git's own: merging sealed files, and the drivers that Git runs. */
export const gitCommands: CommandSpec[] = [
  {
    usage: 'merge [secrets...]',
    summary: 'merge sealed files that Git left in conflict, item by item',
    options: [
      ['--ours <items>', 'take these from our side (HEAD), where both changed them', 'list'],
      ['--theirs <items>', 'take these from the side that is merged in', 'list'],
      ['--rest <side>', 'the side for all that is not named', ['ours', 'theirs']],
      signingKey,
      noSign,
    ],
    examples: [
      'merge',
      'merge production/database-credentials --ours password --theirs username',
      'merge production/database-credentials --rest theirs',
    ],
    load: () => import('../commands/merge.ts'),
  },
  {
    usage: 'drivers',
    summary: "set up Git's diff and merge drivers in this clone (npm install does it)",
    examples: ['drivers'],
    load: () => import('../commands/drivers.ts'),
  },
  {
    usage: 'textconv <file>',
    summary: 'a sealed file as lines that Git can compare; Git runs it',
    examples: ['textconv secrets/production/database-credentials.yaml'],
    load: () => import('../commands/textconv.ts'),
  },
  {
    usage: 'merge-driver <base> <ours> <theirs> <path>',
    summary: 'merge three versions of a sealed file into the second; Git runs it',
    examples: ['merge-driver base ours theirs secrets/production/database-credentials.yaml'],
    load: () => import('../commands/merge-driver.ts'),
  },
];
