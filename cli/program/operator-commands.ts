import { cluster, output, signingKey, noSign, openingKeys, regionKeys } from './command-options.ts';
import { clusterCommands } from './cluster-commands.ts';
import type { CommandSpec } from './command-spec.ts';
import { scanCommand } from './scan-command.ts';
import { trustCommand } from './trust-commands.ts';

/** Commands that look, judge, publish and serve. */
export const operatorCommands: CommandSpec[] = [
  {
    usage: 'unseal <secret>',
    summary: 'print a sealed secret in plaintext; needs a private key',
    options: [
      regionKeys,
      ['--region <name>', 'as which region to open it (default: the one whose key fits)'],
      ['--item <name>', 'print the bytes of one item only'],
      ['-o, --output <format>', 'yaml or json', ['yaml', 'json']],
    ],
    examples: ['unseal production/database-credentials --key us-east.key --item password'],
    load: () => import('../commands/unseal.ts'),
  },
  {
    usage: 'sign [secrets...]',
    summary: 'sign what is not validly signed yet, after you have looked at it',
    options: [
      ['--all', 'every sealed secret that needs it'],
      ['-y, --yes', 'do not ask'],
      signingKey,
      output,
    ],
    examples: ['sign production/database-credentials', 'sign --all'],
    load: () => import('../commands/sign.ts'),
  },
  {
    usage: 'verify [secrets...]',
    summary:
      'check sealed secrets (also against their history), policy, regions and trust; needs no key',
    options: [
      ['--commit <rev>', 'check a commit instead of the working tree'],
      openingKeys,
      output,
    ],
    examples: ['verify', 'verify --commit origin/main --output json', 'verify --key recovery.key'],
    load: () => import('../commands/verify.ts'),
  },
  {
    usage: 'diff [commits-or-secrets...]',
    summary: 'what differs, by name and never by value: items, regions, authors, policy',
    options: [
      ['--staged', 'compare with what is staged, not with the working tree'],
      ['--exit-code', 'exit with 1 where something differs'],
      output,
    ],
    examples: [
      'diff',
      'diff --staged',
      'diff main...my-branch',
      'diff v1 v2 production/database-credentials --output json',
    ],
    load: () => import('../commands/diff.ts'),
  },
  {
    usage: 'review',
    summary:
      'report on a branch: what it changes in which region, who says so, whether it may be merged',
    options: [
      [
        '--base <rev>',
        "what it would be merged into (default: the pull request's base; without one, origin/main)",
      ],
      ['--head <rev>', "the branch (default: the pull request's head; without one, HEAD)"],
      [
        '--github',
        'answer the pull request by a comment and a check (default in its job of GitHub Actions)',
      ],
      ['--no-github', 'only print the report'],
      [
        '-o, --output <format>',
        'text, markdown or json (default: text on a terminal, markdown elsewhere)',
        ['text', 'markdown', 'json'],
      ],
    ],
    examples: ['review --base main', 'review --base origin/main --head feature --output json'],
    load: () => import('../commands/review.ts'),
  },
  {
    usage: 'status [secrets...]',
    summary: 'secrets by region: version, age, author, exposed, merged, published and applied',
    options: [
      ['--region <name>', 'one region only'],
      ['--fetch', 'ask the publish remote first'],
      [
        '--context <name>',
        'also look into the cluster of this context of the kubeconfig; may be given more than once',
        'many',
      ],
      cluster[1],
      cluster[2],
      output,
    ],
    examples: [
      'status',
      'status production/database-credentials --output json',
      'status --fetch --context edge-1 --context edge-2',
    ],
    load: () => import('../commands/status.ts'),
  },
  {
    usage: 'wait [secret]',
    summary:
      'wait until a cluster has applied a secret as the working tree has it; else say why not',
    options: [
      ['--all', 'all secrets that the working tree has for the region'],
      ['--region <name>', 'the region (default: the only one that the cluster follows)'],
      ['--version <n>', 'this version or a later one (default: that of the working tree)'],
      ['--timeout <duration>', 'give up after this long (default: 5m)'],
      ...cluster,
      output,
    ],
    examples: [
      'wait production/database-credentials --region us-east --context edge-1',
      'wait --all --region us-east --context edge-1 --timeout 90s',
    ],
    load: () => import('../commands/wait.ts'),
  },
  {
    usage: 'rollback <secret>',
    summary: 'make a new version with the content of an older one',
    options: [
      ['--to <version>', 'the version to go back to (default: the one before)'],
      signingKey,
      noSign,
      output,
    ],
    examples: ['rollback production/database-credentials --to 6'],
    load: () => import('../commands/rollback.ts'),
  },
  {
    usage: 'reseal [secrets...]',
    summary:
      'bring sealed secrets in line with policy and keys: wrap for added regions and keys, take removed ones out',
    options: [
      [
        '--with-recovery <file>',
        'private recovery key, from its safe; the file of any other key is refused. Without names: all secrets',
        'many',
      ],
      regionKeys,
      ['--all', 'every sealed secret'],
      signingKey,
      noSign,
      output,
    ],
    examples: ['reseal --all --with-recovery recovery.key', 'reseal production/api-keys'],
    load: () => import('../commands/reseal.ts'),
  },
  trustCommand,
  {
    usage: 'publish [regions...]',
    summary: 'render, sign and push the channels of what is merged',
    options: [
      ['--dry-run', 'say what would change, push nothing'],
      ['--resume-from <url>', 'take a lost channel up again from a mirror or a bundle'],
      [
        '--signing-key <file>',
        "a publisher's SSH key (default: found as Git and ssh find it); one for each publisher that has to sign",
        'many',
      ],
      output,
    ],
    examples: ['publish', 'publish eu-central --dry-run'],
    load: () => import('../commands/publish.ts'),
  },
  {
    usage: 'bundle <region>',
    summary: "write a region's published channel as a Git bundle, to be carried by hand",
    options: [
      ['-o, --output <file>', 'the bundle to write (default: <region>.bundle)'],
      ['-f, --file <file>', 'the same'],
    ],
    examples: ['bundle us-east -o us-east.bundle'],
    load: () => import('../commands/bundle.ts'),
    subcommands: [
      {
        usage: 'verify <file>',
        summary: 'say what a bundle holds, and whether a controller would take it; needs no clone',
        options: [
          [
            '--root <sha256>',
            'the trust root to start from (default: of --config, --context, or this clone)',
          ],
          ['--region <name>', 'the region (default: the only one in it, or that of --config)'],
          ['--config <file>', "a controller's RegionSync file: root, region, and what it has"],
          ['--status <file>', 'what the controller has: status.json in its store, or its /status'],
          ['--after-sequence <n>', 'it has to hold a later snapshot than this'],
          [
            '--context <name>',
            'context of the kubeconfig with the RegionSync: root, and what it has',
          ],
          cluster[1],
          cluster[2],
          output,
        ],
        examples: [
          'bundle verify us-east.bundle --config /etc/edgeseal/region-sync.yaml',
          'bundle verify us-east.bundle --root 5d41402abc4b2a76b9719d911017c592... --after-sequence 41',
        ],
        load: () => import('../commands/bundle-verify.ts'),
      },
    ],
  },
  {
    usage: 'controller',
    summary: "pull, verify, unseal and apply a region's channel",
    options: [
      ['--config <file>', 'the RegionSync file'],
      ['--once', 'one round, then exit'],
      ['--region-sync <name>', 'the RegionSync object, in a pod of its cluster'],
      ['--namespace <namespace>', "where that object is (default: the pod's own)"],
      ['--lease-duration <time>', 'after which another replica takes over (default: 15s)'],
    ],
    examples: [
      'controller --config /etc/edgeseal/region-sync.yaml',
      'controller --region-sync us-east',
    ],
    load: () => import('../commands/controller.ts'),
  },
  ...clusterCommands,
  scanCommand,
  {
    usage: 'doctor',
    summary: 'what is wrong with this set-up, and the command that mends it',
    options: [output],
    examples: ['doctor'],
    load: () => import('../commands/doctor.ts'),
  },
  {
    usage: 'hook <name> [args...]',
    summary: 'run a Git hook: pre-commit, commit-msg, pre-push, or pre-receive on a server',
    takesAnyOption: true,
    examples: ['hook pre-commit', 'hook pre-push "$@"', 'hook pre-receive --signed main'],
    load: () => import('../commands/hook.ts'),
  },
];
