import { cluster, noSign, output, signingKey } from './command-options.ts';
import type { CommandSpec } from './command-spec.ts';

/** The ways to name a region key. */
const keySources = [
  [
    '--key <file>',
    'file with the public key, or with the private key of which the public half is taken',
  ],
  ['--public-key <base64>', 'the public key itself'],
  [
    '--context <name>',
    "take the keys that the region's controller holds, from the cluster of this context of the kubeconfig; you are asked to compare fingerprints",
  ],
  cluster[1],
  cluster[2],
  [
    '--fingerprint <sha256>',
    'with --context, in place of being asked: whole SHA-256 of a key that you have compared; may be given more than once',
    'many',
  ],
  [
    '--generate <dir>',
    'make a fresh key; its private half is written to <dir>/<name>.key (further ones by key name), mode 0600',
  ],
  [
    '--key-name <name>',
    "the key's name in the policy (default: <region>-key, then <region>-key-2)",
  ],
] as const;

/** Regions, and their keys from the first to the last. */
export const regionCommand: CommandSpec = {
  usage: 'region',
  summary: 'regions and their keys: add, rotate, retire, revoke, remove, list',
  examples: ['region list', 'region add eu-north --generate ~/edgeseal-keys/acme'],
  subcommands: [
    {
      usage: 'add <name>',
      summary: 'add a region, or a key to one; makes the next trust root',
      options: [
        ...keySources,
        ['--recovery', 'a recovery recipient: its private half lies offline, it has no channel'],
        [
          '--recovery-by <name>',
          'recovery recipient of this region (default: the only one there is)',
        ],
        signingKey,
      ],
      examples: [
        'region add eu-north --generate ~/edgeseal-keys/acme',
        'region add eu-north --key eu-north.pub',
        'region add eu-north --context edge-7',
      ],
      load: () => import('../commands/region-add.ts'),
    },
    {
      usage: 'rotate <name>',
      summary:
        'give a region (or a recovery recipient) a new key beside the old one; makes the next trust root',
      options: [
        ...keySources,
        [
          '--with-recovery <file>',
          'private recovery key: also wraps all that is sealed for the new key',
          'many',
        ],
        signingKey,
      ],
      examples: [
        'region rotate us-east --generate ~/edgeseal-keys/acme --with-recovery /media/usb/recovery.key',
        'region rotate us-east --context edge-7',
        'region rotate recovery --generate /media/usb --with-recovery /media/usb/recovery.key',
      ],
      load: () => import('../commands/region-rotate.ts'),
    },
    {
      usage: 'retire <name> <key>',
      summary: 'take an old key out, once everything opens with the others; else say what does not',
      options: [
        [
          '--context <name>',
          'also see that the cluster of this context holds another key; may be given more than once',
          'many',
        ],
        cluster[1],
        cluster[2],
        signingKey,
      ],
      examples: ['region retire us-east 3f9c2a7be01d44aa --context edge-7'],
      load: () => import('../commands/region-retire.ts'),
    },
    {
      usage: 'revoke <name> <key>',
      summary: 'take a stolen or lost key out at once, and name every value that it could read',
      options: [signingKey],
      examples: ['region revoke us-east 3f9c2a7be01d44aa'],
      load: () => import('../commands/region-revoke.ts'),
    },
    {
      usage: 'remove <name>',
      summary: 'take a region out of everything, and name every value that it could read',
      options: [signingKey, noSign],
      examples: ['region remove us-west'],
      load: () => import('../commands/region-remove.ts'),
    },
    {
      usage: 'list',
      summary: 'list regions with their keys and states',
      options: [output],
      examples: ['region list'],
      load: () => import('../commands/region-list.ts'),
    },
  ],
};
