import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

let ws: Workspace;
let bob: Colleague;
let carol: Colleague;
/** Root 4: two of three root keys have to sign. */
beforeEach(async () => {
  ws = await makeWorkspace();
  bob = await colleague(ws, 'bob');
  carol = await colleague(ws, 'carol');
  for (const { pub } of [bob, carol]) await ok(['trust', 'add-root-key', '--key', pub]);
  await ok(['trust', 'set-threshold', 'roots', '2']);
  // One of the old root, two of its own.
  expect(trustFiles()).not.toContain('4.yaml');
  await propose('threshold');
  bob.take('threshold');
  expect((await bob.cli('trust', 'sign', '--yes')).stdout).toContain('it has all its signatures');
  bob.push('Sign');
  ws.git('fetch', '-q');
  ws.git('checkout', '-q', 'main');
  ws.git('merge', '-q', '--ff-only', 'origin/threshold');
  ws.git('push', '-q', 'origin', 'main');
  for (const one of [bob, carol]) one.take('main');
  expect(await number()).toBe(4);
});
afterEach(() => {
  ws.remove();
});

async function ok(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ws.cli(args);
  expect(code, stderr).toBe(0);
  return stdout;
}
const trustFiles = (repo = ws.repo): string[] => readdirSync(join(repo, 'trust')).sort();
const proposals = (repo = ws.repo): string[] => readdirSync(join(repo, 'trust/proposed'));
async function number(): Promise<number> {
  return (JSON.parse(await ok(['trust', 'show', '-o', 'json'])) as { number: number }).number;
}
/** Pushes what lies in the working tree on a branch of its own. */
async function propose(branch: string): Promise<void> {
  ws.git('checkout', '-q', '-b', branch);
  ws.git('add', '-A');
  ws.git('commit', '-q', '--no-verify', '-m', `Propose ${branch}`);
  ws.git('push', '-q', '-u', 'origin', branch);
}
const addDave = (): string[] => ['trust', 'add-author', 'dave@example.com', '--key', carol.pub];

describe('a root that several have to sign', () => {
  it('lies beside the chain until they have, and breaks nothing meanwhile', async () => {
    expect(await ok(addDave())).toContain('it needs 1 more signature by root keys (');
    expect(trustFiles()).not.toContain('5.yaml');
    const [folder = ''] = proposals();
    expect(folder).toMatch(/^5-[0-9a-f]{16}$/);
    const shown = await ok(['trust', 'show']);
    expect(shown).toContain('trust root 4 of test');
    expect(shown).toContain('trust root 5 is proposed, and in force for nobody');
    expect(shown).toMatch(/may sign it +SHA256.*edgeseal trust sign/);
    expect(shown).toContain('+ author dave@example.com: may write to *');
    const verified = await ws.cli(['verify']);
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('trust root 5 is proposed and needs 1 more signature'),
    ]);
    ws.commit('Propose on main');
    const published = await ws.cli(['publish']);
    expect(published.code, published.stdout).toBe(0);
    expect(published.stdout).toContain('trust root 5 is proposed');
    expect(ws.git('ls-remote', ws.origin, 'refs/heads/edgeseal/us-east')).not.toBe('');
    ws.git('fetch', '-q', 'origin');
    const carried = ws.git('ls-tree', '-r', '--name-only', 'origin/edgeseal/us-east', '.edgeseal/');
    expect(carried).not.toContain('trust/5');
    // Bob's change cannot go beside it; mine goes into it.
    bob.take('main');
    const another = await bob.cli('trust', 'add-publisher', '--key', bob.pub);
    expect([another.code, another.stderr]).toEqual([
      3,
      expect.stringContaining(`git rm -rf trust/proposed/${folder}`),
    ]);
    await ok(['trust', 'add-publisher', '--key', bob.pub]);
    expect(proposals()).toHaveLength(1);
    expect(proposals()).not.toContain(folder);
    const both = await ok(['trust', 'show']);
    expect(both).toContain('+ author dave@example.com: may write to *');
    expect(both).toContain('+ publishers: SHA256');
  });

  it('is shown in words, asked about, signed by the next and put in force', async () => {
    await ok(addDave());
    await propose('dave');
    expect((await ws.cli(['trust', 'sign'])).stdout).toContain('you signed it already');
    bob.take('dave');
    const there = { ...ws, env: bob.env, repo: bob.repo };
    expect((await typed(there, ['trust', 'sign'], ['n'])).code).toBe(2);
    expect((await bob.cli('trust', 'sign')).stderr).toContain('no terminal to ask on');
    expect(bob.git('status', '--porcelain')).toBe('');
    const yes = await typed(there, ['trust', 'sign'], ['y']);
    expect(yes.code, yes.shown).toBe(0);
    expect(yes.shown).toContain('+ author dave@example.com: may write to *');
    expect(yes.shown).toContain('Sign trust root 5?');
    expect(yes.shown).toContain('it has all its signatures');
    expect(trustFiles(bob.repo)).toEqual(expect.arrayContaining(['5.sig', '5.yaml']));
    expect(trustFiles(bob.repo)).not.toContain('proposed');
    expect((await bob.cli('verify')).stdout).toContain('trust root 5)');
    expect((await bob.cli('trust', 'show')).stdout).toContain('dave@example.com (SHA256:');
  });

  it('collects signatures on two branches that merge without a conflict', async () => {
    await ok(['trust', 'set-threshold', 'roots', '3']);
    await propose('three');
    for (const [one, branch] of [
      [bob, 'bob'],
      [carol, 'carol'],
    ] as const) {
      one.take('three');
      one.git('checkout', '-q', '-b', branch);
      const signed = await one.cli('trust', 'sign', '--yes');
      expect([signed.code, signed.stdout]).toEqual([
        0,
        expect.stringContaining('1 more signature'),
      ]);
      one.push('Sign');
    }
    ws.git('fetch', '-q');
    ws.git('merge', '-q', '--no-edit', 'origin/bob', 'origin/carol');
    expect((await ws.cli(['verify'])).stdout).toContain('has all its signatures');
    // Nobody's key is needed any more, and the threshold is the old root's and its own.
    expect((await ws.cli(['trust', 'sign'])).code).toBe(0);
    expect(await number()).toBe(5);
  });

  it('may come with the region that it lists: its key is a stranger’s until then', async () => {
    const keys = join(ws.folder, 'fresh-keys');
    await ok(['region', 'add', 'eu-north', '--generate', keys]);
    const early = await ws.cli(['verify']);
    expect([early.code, early.stdout]).toEqual([
      1,
      expect.stringContaining('trust root 5, which is proposed, lists it: have that signed'),
    ]);
    await propose('eu-north');
    bob.take('eu-north');
    const signed = await bob.cli('trust', 'sign', '--yes');
    expect(signed.stdout).toMatch(/\+ region eu-north: key [0-9a-f]{64} \(active\)/);
    expect((await bob.cli('verify')).code).toBe(0);
  });

  it('is signed by nobody whom neither root lists, and by nobody twice', async () => {
    const mallory = await colleague(ws, 'mallory');
    await ok(addDave());
    await propose('dave');
    mallory.take('dave');
    const refused = await mallory.cli('trust', 'sign', '--yes');
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining('is a root key of neither root 4 nor root 5'),
    ]);
    const made = await mallory.cli('trust', 'add-author', 'eve', '--key', mallory.pub);
    expect([made.code, made.stderr]).toEqual([
      3,
      expect.stringContaining('may not sign trust roots'),
    ]);
  });

  it('that two people proposed at once is chosen by name, and nobody signs both', async () => {
    await ok(addDave());
    const [mine = ''] = proposals();
    ws.commit('Propose one');
    await bob.cli('trust', 'set-threshold', 'roots', '1');
    bob.git('add', '-A');
    bob.git('commit', '-q', '--no-verify', '-m', 'Propose another');
    bob.git('pull', '-q', '--no-rebase', '--no-edit');
    bob.git('push', '-q', 'origin', 'main');
    carol.take('main');
    const both = await carol.cli('trust', 'sign', '--yes');
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining('only one can come into force'),
    ]);
    const again = await bob.cli('trust', 'sign', `trust/proposed/${mine}`, '--yes');
    expect([again.code, again.stderr]).toEqual([
      3,
      expect.stringContaining('you signed another trust root 5'),
    ]);
    expect((await carol.cli('trust', 'sign', `trust/proposed/${mine}`, '--yes')).code).toBe(0);
    const verified = await carol.cli('verify');
    expect([verified.code, verified.stdout]).toEqual([
      0,
      expect.stringContaining('another root 5 came into force meanwhile'),
    ]);
  });

  it('that was changed, or that nobody stands for, is named and never signed', async () => {
    await ok(addDave());
    const [folder = ''] = proposals();
    const path = `trust/proposed/${folder}`;
    const root = ws.read(`${path}/root.yaml`);
    ws.write(`${path}/root.yaml`, root.replace('threshold: 2', 'threshold: 1'));
    expect((await ws.cli(['verify'])).stdout).toContain('it was changed after it was proposed');
    expect((await ws.cli(['trust', 'sign', '--yes'])).code).toBe(2);
    ws.write(`${path}/root.yaml`, root);
    const [signature = ''] = readdirSync(join(ws.repo, path)).filter((f) => f.endsWith('.sig'));
    ws.write(`${path}/${signature}`, ws.read('trust/1.sig'));
    expect((await ws.cli(['verify'])).stdout).toContain('nobody who may sign trust roots stands');
    ws.write(`${path}/${signature}`, 'no signature at all');
    expect((await ws.cli(['verify'])).code).toBe(0);
    // Put into the chain by hand: too early for everybody.
    ws.write('trust/5.yaml', root);
    ws.write('trust/5.sig', ws.read('trust/1.sig'));
    const early = await ws.cli(['verify']);
    expect([early.code, early.stderr]).toEqual([3, expect.stringContaining('trust/5.yaml')]);
  });

  it('made by two people at once on two branches is named, with the way out', async () => {
    await ok(addDave());
    await propose('one');
    bob.take('one');
    await bob.cli('trust', 'sign', '--yes');
    bob.push('Root 5, one');
    carol.take('main');
    await carol.cli('trust', 'set-threshold', 'roots', '1');
    carol.git('checkout', '-q', '-b', 'two');
    carol.push('Propose root 5, two');
    ws.git('fetch', '-q');
    ws.git('checkout', '-q', 'two');
    expect((await ws.cli(['trust', 'sign', '--yes'])).code).toBe(0);
    ws.git('add', '-A');
    ws.git('commit', '-q', '--no-verify', '-m', 'Root 5, two');
    expect(() => ws.git('merge', '-q', 'origin/one')).toThrow();
    const forked = await ws.cli(['verify']);
    expect([forked.code, forked.stderr]).toEqual([
      3,
      expect.stringContaining('two trust roots 5 were made on two branches'),
    ]);
  });
});
