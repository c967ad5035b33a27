import type { CommandSpec } from './command-spec.ts';

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
    ['--rules', 'list the rules'],
    ['--explain <rule>', 'what a rule looks for, where that is published, and what to do'],
  ],
  examples: [
    'scan',
    'scan README.md deploy/ --output json',
    'kubectl logs web-0 | edgeseal scan -',
    'scan --range origin/main..HEAD --output github',
    'scan --history',
    'scan --explain region-key',
  ],
  load: () => import('../commands/scan.ts'),
};
