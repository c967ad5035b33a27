// Writes docs/CLI.md from the command table: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import { commands } from '../cli/program/command-table.ts';
import { exampleLine } from '../cli/program/command-spec.ts';
import type { CommandSpec } from '../cli/program/command-spec.ts';

/** The text of docs/CLI.md. */
export function cliDocs(): string {
  const contents = commands.map(({ usage, summary }) => {
    const [name = ''] = usage.split(' ');
    return `- [${name}](#${anchor(`edgeseal ${usage}`)}): ${summary}`;
  });
  return `<!-- Generated from the command table (cli/program/command-table.ts) by \`npm run docs\`. Do not edit. -->

# Commands

\`edgeseal -C DIRECTORY COMMAND\` runs a command as if started there. \`--output json\` is for scripts; results go to
standard output, everything else to standard error.

${contents.join('\n')}

## Exit codes

| code | means                                                                                   |
| ---- | --------------------------------------------------------------------------------------- |
| 0    | done                                                                                    |
| 1    | something that was checked is not in order: a finding of verify, a secret held by publish |
| 2    | wrong usage, input that cannot be read, or a Node that is too old                        |
| 3    | trust refuses it: a signature, a trust root, a pin, a floor                             |
| 4    | no key at hand opens it                                                                 |
| 5    | Git, a remote or a mirror                                                               |
| 6    | the local disk                                                                          |
| 7    | a cluster: its kubeconfig, its API server, or what that refuses                         |
| 70   | a fault in edgeseal                                                                     |

## Environment

| variable                 | means                                                                                             |
| ------------------------ | ------------------------------------------------------------------------------------------------- |
| EDGESEAL_ROOT            | fingerprint of the accepted trust root, in place of what this clone remembers; for CI             |
| EDGESEAL_SIGNING_KEY     | SSH key to sign with, where no \`--signing-key\` is given                                           |
| EDGESEAL_HEARTBEAT_KEY   | SSH key of the heartbeat, where publish signs with another one                                    |
| EDGESEAL_DEBUG           | if not empty, errors show where in the program they arose; they may then show values, too         |
| SYNC_INTERVAL            | of the controller: how often mirrors are asked, in place of \`spec.interval\`                        |
| CACHE_DURATION           | of the controller: after how long without a heartbeat it is stale, in place of \`spec.staleAfter\`   |
| NO_COLOR                 | if not empty, no colours                                                                          |

${commands.map((spec) => section(spec, '')).join('\n')}`;
}

function section(spec: CommandSpec, parent: string): string {
  const { usage, summary, options = [], examples = [], subcommands = [], load } = spec;
  const full = `${parent}${usage}`;
  const parts = [`${parent === '' ? '##' : '###'} edgeseal ${full}`, '', sentence(summary), ''];
  if (load !== undefined && options.length > 0) {
    parts.push('| option | means |', '| --- | --- |');
    for (const [flags, description] of options) {
      parts.push(`| \`${cell(flags)}\` | ${prose(description)} |`);
    }
    parts.push('');
  }
  if (examples.length > 0) {
    parts.push('```sh', ...examples.map(exampleLine), '```', '');
  }
  const [name = ''] = usage.split(' ');
  parts.push(...subcommands.map((sub) => section(sub, `${parent}${name} `)));
  return parts.join('\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** How GitHub makes an anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}

const cell = (text: string): string => text.replaceAll('|', '\\|');
const prose = (text: string): string => cell(text).replaceAll('<', '&lt;');

if (import.meta.main) {
  fs.writeFileSync(path.join(import.meta.dirname, '../docs/CLI.md'), cliDocs());
}
