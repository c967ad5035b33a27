// Writes docs/ATTACKS.md from the cases of test/attacks: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import { elsewhere } from '../test/attacks/elsewhere.ts';
import { families } from '../test/attacks/families.ts';
import type { Described } from '../test/attacks/kit/attack.ts';
import type { PeerRun } from '../test/attacks/kit/peer-run.ts';
import { paths, peersOfFamily, sources, wordsOfRun } from '../test/attacks/kit/peers.ts';
import type { Peers } from '../test/attacks/kit/peers.ts';

const peerNames: Record<keyof Peers, string> = {
  sealedSecrets: 'sealed-secrets',
  flux: 'SOPS + Flux',
  externalSecrets: 'External Secrets',
  gitleaks: 'gitleaks',
};

/** The text of docs/ATTACKS.md. */
export function attackDocs(): string {
  const count = families.reduce((sum, { attacks }) => sum + attacks.length, 0);
  return `<!-- Generated from test/attacks by \`npm run docs\`. Do not edit. -->

# Attacks

What somebody may try, what others make of it, what comes of it here, and the test that shows it: ${String(count)} attacks. Each
is a case of [test/attacks](../test/attacks) under the name in the last column, run against the whole controller, which has applied an honest
channel before. In each, whatever the column "here" says: what was applied is still there byte for byte, nothing else changed,
no value is found in log, status, metrics, store or temp folder, and once the mirror is honest again it is taken for that.

Peers are sealed-secrets 0.36.6, SOPS 3.13.3 with Flux (source-controller 1.9.1, kustomize-controller 1.9.6), and External
Secrets. What is said of them was read in their sources, at the place that is named, or in the issue. Where it says "run", Flux's Git client
(fluxcd/pkg/git 0.52.0 with go-git 5.19.1, and source-controller's options) was run against the same server, with a minute of time as it has by
default: \`npm run attacks:peers\`. "Not checked" is that: no judgement.

${families.map(section).join('\n')}
## Shown by other suites

| attack | peers | here | test |
| --- | --- | --- | --- |
${elsewhere.map(elsewhereRow).join('\n')}

${Object.entries(sources)
  .map(([name, url]) => `[${name}]: ${url}`)
  .join('\n')}
`;
}

function section({ title, attacker, test, attacks }: (typeof families)[number]): string {
  const rows = attacks.map(({ id, attack, peers, expected }) =>
    [
      attack,
      peersOf(withRun(id, { ...peersOfFamily[title], ...peers })),
      ours(expected),
      `[${id}](../${test})`,
    ]
      .map(cell)
      .join(' | '),
  );
  return `## ${title}

${attacker}

| attack | peers | here | test |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join('\n')}
`;
}

function elsewhereRow({ attack, peers, ours: here, test }: (typeof elsewhere)[number]): string {
  const [file = ''] = test.split(' › ');
  const link = `[${file.replace(/^test\//, '')}](../${file})`;
  return `| ${[attack, peersOf(peers), here, link].map(cell).join(' | ')} |`;
}

function ours({ ready, mirror, secrets, says, note }: Described['expected']): string {
  const words = says === undefined ? '' : `: “${says.replace(/^: /, '')}”`;
  const parts: string[] = [];
  if (ready !== undefined) parts.push(`*Ready* is *${ready}*${words}: nothing is changed`);
  else if (mirror !== undefined) parts.push(`the mirror is *${mirror}*${words}`);
  else if (secrets !== undefined)
    parts.push(`the secret is *${Object.values(secrets).join(', ')}*${words}`);
  if (note !== undefined) parts.push(note);
  return parts.join('; ');
}

const runs = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../test/attacks/peers-flux.json'), 'utf8'),
) as Record<string, PeerRun>;

function withRun(id: string, peers: Peers): Peers {
  const run = runs[id];
  if (run === undefined) return peers;
  // What was read of go-git's trees is said by the run of each.
  const isTold = peers.flux === undefined || peers.flux === paths.flux;
  const known = isTold ? '' : `; ${peers.flux ?? ''}`;
  return { ...peers, flux: `${wordsOfRun(run)}${known}` };
}

function peersOf(peers: Peers): string {
  const said = Object.entries(peers).map(
    ([peer, text]) => `${peerNames[peer as keyof Peers]}: ${String(text)}`,
  );
  return said.length === 0 ? 'not checked' : said.join('<br>');
}

const cell = (text: string): string =>
  text
    .replaceAll('|', '\\|')
    .replace(/[\u0000-\u001f]/g, ' ')
    .replace(/<(?!br>)/g, '&lt;');

if (import.meta.main) {
  fs.writeFileSync(path.join(import.meta.dirname, '../docs/ATTACKS.md'), attackDocs());
}
