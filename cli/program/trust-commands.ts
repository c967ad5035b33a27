import { output, signingKey } from './command-options.ts';
import type { CommandSpec } from './command-spec.ts';

const key = [
  '--key <key>',
  'the key: its fingerprint, its file, or the line itself',
  'many',
] as const;

/** Of commands by which signatures of secrets stop counting. */
const signAnew = [
  [
    '--leave',
    'write the root alone, and leave it to other authors to sign anew (edgeseal sign --all)',
  ],
  ['-y, --yes', 'do not ask'],
  signingKey,
] as const;

/** Who may do what. */
export const trustCommand: CommandSpec = {
  usage: 'trust',
  summary: 'who may do what in this repository',
  examples: ['trust show', 'trust add-author bob@example.com --key bob.pub'],
  subcommands: [
    {
      usage: 'show',
      summary: 'the trust root in force and its fingerprint',
      options: [output],
      examples: ['trust show'],
      load: () => import('../commands/trust-show.ts'),
    },
    {
      usage: 'accept <fingerprint>',
      summary: 'accept a trust root in this clone, after comparing its fingerprint',
      examples: ['trust accept 5d41402abc4b2a76b9719d911017c592...'],
      load: () => import('../commands/trust-accept.ts'),
    },
    {
      usage: 'add-author <name>',
      summary: 'let somebody author secrets; makes the next trust root',
      options: [
        [
          '--key <file>',
          'their SSH public key: a file or the line itself; may be given more than once',
          'many',
        ],
        ['--namespaces <globs>', 'namespaces they may write to (default: *)', 'list'],
        signingKey,
      ],
      examples: ["trust add-author bob@example.com --key bob.pub --namespaces 'staging,team-*'"],
      load: () => import('../commands/trust-add-author.ts'),
    },
    {
      usage: 'remove-author <name>',
      summary:
        'take an author out, or single keys of one; you look at what only they had signed, and sign it anew',
      options: [
        ['--key <key>', 'only this key of theirs: fingerprint or file', 'many'],
        ...signAnew,
      ],
      examples: [
        'trust remove-author bob@example.com',
        'trust remove-author bob@example.com --key bob-old.pub',
      ],
      load: () => import('../commands/trust-remove-author.ts'),
    },
    {
      usage: 'set-author <name>',
      summary: 'say anew which namespaces an author may write to, so that rights can be narrowed',
      options: [['--namespaces <globs>', 'exactly these from now on', 'list'], ...signAnew],
      examples: ["trust set-author bob@example.com --namespaces 'staging'"],
      load: () => import('../commands/trust-set-author.ts'),
    },
    {
      usage: 'add-publisher',
      summary: 'let a key sign channels, such as that of a CI job; makes the next trust root',
      options: [
        ['--key <file>', 'the SSH public key: a file or the line itself', 'many'],
        ['--heartbeat', 'it also signs the heartbeat from now on, in place of the key before'],
        signingKey,
      ],
      examples: ['trust add-publisher --key ci.pub --heartbeat'],
      load: () => import('../commands/trust-add-publisher.ts'),
    },
    {
      usage: 'remove-publisher',
      summary: 'a key may not sign channels any more; makes the next trust root',
      options: [key, signingKey],
      examples: ['trust remove-publisher --key ci.pub'],
      load: () => import('../commands/trust-remove-publisher.ts'),
    },
    {
      usage: 'add-root-key',
      summary: 'let a key sign trust roots; makes the next one',
      options: [key, signingKey],
      examples: ['trust add-root-key --key bob.pub'],
      load: () => import('../commands/trust-add-root-key.ts'),
    },
    {
      usage: 'remove-root-key',
      summary: 'a key may not sign trust roots any more; makes the next one',
      options: [key, signingKey],
      examples: ['trust remove-root-key --key bob.pub'],
      load: () => import('../commands/trust-remove-root-key.ts'),
    },
    {
      usage: 'set-threshold <list> <number>',
      summary: 'how many root keys (roots) or publishers (publishers) have to sign together',
      options: [signingKey],
      examples: ['trust set-threshold roots 2', 'trust set-threshold publishers 2'],
      load: () => import('../commands/trust-set-threshold.ts'),
    },
    {
      usage: 'set-heartbeat',
      summary: 'who signs the heartbeat, by which a frozen mirror is noticed',
      options: [key, ['--none', 'nobody any more'], signingKey],
      examples: ['trust set-heartbeat --key ci.pub'],
      load: () => import('../commands/trust-set-heartbeat.ts'),
    },
    {
      usage: 'rotate',
      summary:
        "exchange a person's key for another wherever it is listed; what only it had signed is signed anew",
      options: [
        [
          '--to <file>',
          'the new key: its file (for your own the private one) or, of others, the line itself',
        ],
        ['--from <key>', 'the key that goes: fingerprint or file (default: your own)'],
        ...signAnew,
      ],
      examples: [
        'trust rotate --to ~/.ssh/id_new',
        'trust rotate --from bob-old.pub --to bob-new.pub',
      ],
      load: () => import('../commands/trust-rotate.ts'),
    },
    {
      usage: 'sign [proposed]',
      summary: 'sign a proposed trust root, after you have looked at what it changes',
      options: [['-y, --yes', 'do not ask'], signingKey],
      examples: ['trust sign'],
      load: () => import('../commands/trust-sign.ts'),
    },
  ],
};
