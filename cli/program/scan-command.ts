import type { CommandSpec } from './command-spec.ts';

const cluster = [
  [
    '--cluster',
    "search a cluster's ConfigMaps, pods and logs for the values of its own Secrets, and by the rules",
  ],
  [
    '--context <name>',
    'context of the kubeconfig (default: the current one; in a pod: its own cluster)',
  ],
  ['--kubeconfig <file>', 'the kubeconfig (default: KUBECONFIG, then ~/.kube/config)'],
  ['--namespaces <names>', 'only these namespaces of the cluster', 'list'],
  ['--since <duration>', 'how far back logs are read (default: 24h)'],
  ['--log-limit <bytes>', 'most bytes of one log (default: 64Mi)'],
  ['--report <file>', "write the cluster's report as JSON, too"],
  ['--print-cron-job', 'print a CronJob that searches the cluster every night'],
  ['--image <ref>', 'image of the CronJob: the one of your controllers'],
  ['--schedule <cron>', 'when the CronJob runs (default: 0 3 * * *)'],
  ['-n, --namespace <name>', "the CronJob's namespace (default: security)"],
] as const satisfies CommandSpec['options'];

/** `edgeseal scan`, for a repository of any kind. */
export const scanCommand: CommandSpec = {
  usage: 'scan [paths...]',
  summary:
    'look for secrets in files, folders (without what Git ignores), standard input (-) or commits; exit code 1 where there are any',
  options: [
    ['--staged', 'what is staged, as it would be committed'],
    ['--range <a..b>', 'what these commits brought, as git log takes them'],
    ['--history', 'everything that any commit ever brought'],
    [
      '-o, --output <format>',
      'text, json, sarif, junit or github (annotations)',
      ['text', 'json', 'sarif', 'junit', 'github'],
    ],
    ...cluster,
    [
      '--allow <place>',
      'leave a value alone from now on, wherever it stands (FILE:LINE, as a report has it): puts a slow, salted hash of it into .edgeseal-allow.yaml; may be given more than once',
      'many',
    ],
    ['--reason <text>', 'why; goes into the list, for whoever reviews it'],
    ['--config <file>', 'rules of your own, as gitleaks has them (default: .gitleaks.toml)'],
    ['--baseline <file>', 'leave alone what this file lists, and say what it lists in vain'],
    ['--write-baseline <file>', 'list all that is found, as the begin of a repository with a past'],
    ['--rules', 'list the rules'],
    ['--explain <rule>', 'what a rule looks for, where that is published, and what to do'],
  ],
  examples: [
    'scan',
    'scan README.md deploy/ --output json',
    'kubectl logs web-0 | edgeseal scan -',
    'scan --range origin/main..HEAD --output github',
    'scan --history',
    "scan --allow docs/example.md:12 --reason 'made up, for the documentation'",
    'scan --write-baseline .edgeseal-baseline.yaml',
    'scan --baseline .edgeseal-baseline.yaml',
    'scan --explain region-key',
    'scan --cluster --context edge-1',
    'scan --cluster --print-cron-job --image registry.example.com/edgeseal:0.1.0',
  ],
  load: () => import('../commands/scan.ts'),
};
