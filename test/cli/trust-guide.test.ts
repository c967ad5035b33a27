import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { clusterView } from '../support/channel.ts';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { sealInto } from '../support/sealed.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/trust.md'), 'utf8');
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);

let ws: Workspace;
let bob: Colleague;
let dave: Colleague;
let ci: string;
interface Machine {
  repo: string;
  env: NodeJS.ProcessEnv;
}

beforeAll(async () => {
  ws = await makeWorkspace();
  bob = await colleague(ws, 'bob');
  dave = await colleague(ws, 'dave');
  const carol = await colleague(ws, 'carol');
  ci = join(ws.folder, 'ci');
  await generateSigningKey(ci, 'made-up ci', ws.env);
  await ws.cli(['trust', 'add-author', 'dave@example.com', '--key', dave.pub]);
  const signingKey = dave.pub.replace(/\.pub$/, '');
  const regions = ['us-east', 'us-west', 'eu-central'];
  await sealInto(ws, 'staging/daves', { token: 'made-up' }, { regions, signingKey });
  await sealInto(ws, 'staging/mine', { token: 'made-up' }, { regions });
  ws.commit('Seal');
  ws.git('branch', '-q', '-u', 'origin/main');
  expect((await ws.cli(['publish'])).code).toBe(0);
  copyFileSync(bob.pub, join(ws.repo, 'bob.pub'));
  copyFileSync(carol.pub, join(ws.repo, 'carol.pub'));
  copyFileSync(`${ci}.pub`, join(ws.repo, 'ci.pub'));
  const bin = join(ws.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'edgeseal'),
    `#!/bin/sh\nexec ${process.execPath} ${join(root, 'cli/bin.ts')} "$@"\n`,
  );
  chmodSync(join(bin, 'edgeseal'), 0o755);
  for (const env of [ws.env, bob.env]) env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
});
afterAll(() => {
  ws.remove();
});

/** Types a block on a machine; what asks is answered with yes. */
async function type(
  block: string,
  machine: Machine,
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  let said = '';
  for (const line of block.trim().split('\n')) {
    const env = { ...machine.env, ...more };
    if (/^edgeseal trust (sign|remove-author|rotate)/.test(line)) {
      const args = line
        .split(' ')
        .slice(1)
        .map((word) => word.replace('~', env['HOME'] ?? ''));
      const { code, shown } = await typed({ ...ws, repo: machine.repo, env }, args, ['y']);
      expect(code, `${line}\n${shown}`).toBe(0);
      said += shown;
    } else {
      said += execFileSync('sh', ['-ec', line], {
        cwd: machine.repo,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    }
  }
  return said;
}

/** A reviewer merges the branch; the guide leaves that to the Git host. */
function merge(branch: string): void {
  const folder = join(ws.folder, `merge-${branch}`);
  const git = (...args: string[]): string =>
    execFileSync('git', args, { env: ws.env, encoding: 'utf8', stdio: 'pipe' });
  git('clone', '-q', ws.origin, folder);
  git('-C', folder, 'merge', '-q', '--no-ff', '-m', `Merge ${branch}`, `origin/${branch}`);
  git('-C', folder, 'push', '-q', 'origin', 'main');
}

it(
  'docs/guides/trust.md goes, word for word, from one signer to two of everything',
  { timeout: 120_000 },
  async () => {
    const [two, bobSigns, publishers, bobAgain, first, second, without, rotate, ...others] = blocks;
    expect(others).toEqual([]);
    expect(await type(two ?? '', ws)).toContain('proposed');
    expect(await type(bobSigns ?? '', bob)).toContain('it has all its signatures');
    merge('two-signers');
    expect(await type(publishers ?? '', ws)).toContain(
      '2 of 3 publishers have to sign each snapshot',
    );
    const asked = await type(bobAgain ?? '', bob);
    expect(asked).toContain('+ publishers: SHA256');
    expect(asked).toContain('it has all its signatures');
    merge('publishers');

    const job = { EDGESEAL_SIGNING_KEY: ci };
    expect(await type(first ?? '', ws, job)).toMatch(
      /signed snapshot 2: .*; not published: 1 more of/,
    );
    expect(await type(second ?? '', bob)).toContain('published snapshot 2');
    expect((await clusterView(ws, 'us-east')).snapshot).toMatchObject({ sequence: 2 });

    const shown = await type(without ?? '', ws);
    expect(shown).toContain(
      'staging/daves  version 1, new: no author stands for any version of it',
    );
    bob.take('without-dave');
    expect((await bob.cli('trust', 'sign', '--yes')).stdout).toContain('it has all its signatures');
    bob.push('Sign the trust root');
    merge('without-dave');
    bob.take('main');
    expect((await bob.cli('verify')).code).toBe(0);

    expect(await type(rotate ?? '', ws)).toContain(
      'root keys, publishers, author author@example.com',
    );
    bob.take('new-key');
    expect((await bob.cli('trust', 'sign', '--yes')).stdout).toContain('it has all its signatures');
    bob.push('Sign the trust root');
    merge('new-key');
    bob.take('main');
    const verified = await bob.cli('verify');
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('2 of 2 sealed secrets'),
    ]);
    await type('edgeseal publish', ws, job);
    expect(await type('edgeseal publish', bob)).toContain('published snapshot 3');
    expect((await clusterView(ws, 'us-east')).versions).toEqual({
      'staging/daves': 1,
      'staging/mine': 1,
    });
  },
);
