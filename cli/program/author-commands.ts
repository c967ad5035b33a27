import {
  output,
  signingKey,
  noSign,
  namespace,
  regions,
  regionKeys,
  fromFlags,
  sealing,
} from './command-options.ts';
import type { CommandSpec } from './command-spec.ts';
import { regionCommand } from './region-commands.ts';

/** Commands that set a repository up and change sealed secrets. */
export const authorCommands: CommandSpec[] = [
  {
    usage: 'init',
    summary: 'make a secrets repository here: settings, recovery key, trust root 1, hooks',
    options: [
      ['--path <dir>', 'a folder of an existing Git repository instead of its top'],
      ['--name <name>', "the repository's name (default: the folder's)"],
      ['--regions <names>', 'make these regions too, each with a fresh key', 'list'],
      ['--default-regions <names>', 'regions of secrets that the policy does not name', 'list'],
      [
        '--keys <dir>',
        'where private keys are written, outside the repository (default: ~/edgeseal-keys/NAME)',
      ],
      ['--author <name>', 'your name as an author (default: git config user.email)'],
      [
        '--mirror <url>',
        'where controllers may fetch channels; may be given more than once',
        'many',
      ],
      ['--no-heartbeat', 'without a heartbeat: controllers then cannot tell a frozen mirror'],
      signingKey,
    ],
    examples: ['init --regions us-east,us-west,eu-central', 'init --path infrastructure/secrets'],
    load: () => import('../commands/init.ts'),
  },
  regionCommand,
  {
    usage: 'fix [files...]',
    summary:
      'seal the plaintext Secrets that are staged, and stage the sealed files in their place',
    options: [namespace, regions, signingKey, noSign],
    examples: ['fix', 'fix --namespace production', 'hook pre-commit --fix'],
    load: () => import('../commands/fix.ts'),
  },
  {
    usage: 'seal [files...]',
    summary: 'seal Kubernetes Secret manifests (files, or - for standard input)',
    options: [...sealing, ['--remove', 'delete the plaintext files once they are sealed']],
    examples: [
      'seal db.yaml',
      'kubectl create secret generic db --from-file=password --dry-run=client -o yaml | edgeseal seal - -n production',
    ],
    subcommands: [
      {
        usage: 'generic <name>',
        summary: 'a Secret from files, standard input or hidden prompts',
        options: [
          ...fromFlags,
          ['--type <type>', 'type of the Secret (default: Opaque)'],
          ...sealing,
        ],
        examples: [
          'seal generic database-credentials -n production --prompt username --prompt password',
        ],
        load: () => import('../commands/seal-generic.ts'),
      },
      {
        usage: 'tls <name>',
        summary: 'a certificate and its private key',
        options: [
          ['--cert <file>', 'certificate, PEM'],
          ['--key <file>', 'private key, PEM'],
          ...sealing,
        ],
        examples: ['seal tls web-tls -n production --cert web.crt --key web.key'],
        load: () => import('../commands/seal-tls.ts'),
      },
      {
        usage: 'docker-registry <name>',
        summary: 'credentials of a container registry',
        options: [
          ['--docker-server <url>', "the registry's address"],
          ['--docker-username <name>', 'user name'],
          ['--docker-password <password>', 'as kubectl has it; without it you are asked, hidden'],
          ['--docker-password-stdin', 'read the password from standard input'],
          ['--docker-email <email>', 'e-mail address'],
          ['--from-file <path>', 'an existing ~/.docker/config.json'],
          ...sealing,
        ],
        examples: [
          'seal docker-registry pull -n production --docker-server registry.example.com --docker-username ci',
        ],
        load: () => import('../commands/seal-docker-registry.ts'),
      },
    ],
    load: () => import('../commands/seal.ts'),
  },
  {
    usage: 'set <secret> <item>',
    summary: 'add or replace one item of a sealed secret; needs no private key',
    options: [
      ['--from-file <path>', 'value from a file; - is standard input (default: ask, hidden)'],
      ['--regions <names>', 'give this value to these of its regions only', 'list'],
      ['--new', 'make the secret, which must not be there yet'],
      signingKey,
      noSign,
      output,
    ],
    examples: [
      'set production/database-credentials password',
      'set production/api-keys token --from-file - --regions us-west',
      'set production/new-service password --new',
    ],
    load: () => import('../commands/set.ts'),
  },
  {
    usage: 'unset <secret> <item>',
    summary: 'remove one item of a sealed secret, for all regions',
    options: [signingKey, noSign, output],
    examples: ['unset production/database-credentials old-password'],
    load: () => import('../commands/unset.ts'),
  },
  {
    usage: 'rm <secret>',
    summary: 'remove a sealed secret; clusters delete it once that is published',
    options: [['--force', 'even where no commit has the file as it is'], output],
    examples: ['rm production/database-credentials'],
    load: () => import('../commands/rm.ts'),
  },
  {
    usage: 'edit <secret>',
    summary: 'edit a sealed secret in your editor; without a key, what you type over is replaced',
    options: [
      regionKeys,
      ['--region <name>', 'whose values to show, with a key'],
      signingKey,
      noSign,
    ],
    examples: [
      'edit production/database-credentials',
      'edit production/database-credentials --key recovery.key',
    ],
    load: () => import('../commands/edit.ts'),
  },
];
