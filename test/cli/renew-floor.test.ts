import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootHash } from '../../core/trust/root-chain.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace, runCli } from '../support/workspace.ts';
import type { CliResult } from '../support/workspace.ts';

const ws = await makeWorkspace();
const at = (...parts: string[]): string => join(ws.folder, ...parts);
const config = at('region-sync.yaml');
const root = rootHash(Buffer.from(ws.read('trust/1.yaml')));

const controller = (): Promise<CliResult> =>
  runCli(['controller', '--config', config, '--once'], { cwd: ws.folder, env: {}, stdin: '' });
const renew = (...more: string[]): Promise<CliResult> =>
  ws.cli(['renew-floor', 'us-east', '--config', config, ...more]);
const value = (): string => readFileSync(at('out/staging/everywhere/token'), 'utf8');

/** Store and mark are gone; what was applied is there. */
async function loseBoth(): Promise<void> {
  rmSync(at('store'), { recursive: true });
  rmSync(at('out/.edgeseal'), { recursive: true });
  expect((await controller()).code).toBe(3);
}

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, 'staging/everywhere', { token: 'made-up 1' });
  ws.commit('Seal a secret');
  await ws.cli(['publish']);
  writeFileSync(
    config,
    `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
spec:
  # The id in edgeseal.yaml.
  repository: ${ws.repositoryId}
  region: us-east
  root: ${root}
  mirrors:
  - {name: hub, url: ${ws.origin}}
  keys: {files: [${ws.keyFile('us-east')}]}
  store: store
  target: {directory: {path: out}}
`,
  );
  expect((await controller()).code).toBe(0);
  await setInto(ws, 'staging/everywhere', { token: 'made-up 2' });
  ws.commit('Set a value');
  await ws.cli(['publish']);
});
afterAll(() => {
  ws.remove();
});

describe('the floor of a controller that has lost store and mark', () => {
  it('is not renewed while nobody asks for it', async () => {
    const { code, stderr } = await renew('--yes');
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('does not ask for a floor: Ready says Applied'),
    ]);
    expect(readFileSync(config, 'utf8')).not.toContain('floor');
  });

  it('is renewed by the command that the hold names, for this once', async () => {
    await loseBoth();
    const held = await controller();
    expect(held.stderr).toContain('Ready is False, FloorNeeded');
    expect(value()).toBe('made-up 1');
    // Word for word.
    const command = /and say so: edgeseal (.*)$/m.exec(held.stderr)?.[1]?.split(' ') ?? [];
    expect(command).toEqual(['renew-floor', 'us-east', '--config', config]);
    const unasked = await ws.cli(command);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    const asked = await typed(ws, command, ['n']);
    expect(asked.code).not.toBe(0);
    expect(asked.shown).toContain('The newest snapshot that can be found: 2 of root 1 (origin)');
    expect(readFileSync(config, 'utf8')).not.toContain('floor');
    const said = await typed(ws, command, ['y']);
    expect([said.code, said.shown]).toEqual([
      0,
      expect.stringContaining('renewed: the floor of us-east is snapshot 2 of root 1'),
    ]);
    expect(said.shown).toContain('restart the controller');
    expect(readFileSync(config, 'utf8')).toMatch(
      / {2}# The id in edgeseal\.yaml\.\n[\s\S]*\n {2}floor: \{root: 1, sequence: 2, renewed: "?20[^}]*\}\n/,
    );
    expect((await controller()).code).toBe(0);
    expect(value()).toBe('made-up 2');
    const back = await ws.cli(command);
    expect([back.code, back.stdout]).toEqual([0, expect.stringContaining('taken back')]);
    expect(readFileSync(config, 'utf8')).toContain('floor: {root: 1, sequence: 2}\n');
    // The next loss asks again.
    await loseBoth();
    expect((await controller()).stderr).toContain('FloorNeeded');
  });

  it('is renewed by a bundle, without a clone, and by none that is older', async () => {
    const bundle = at('us-east.bundle');
    expect((await ws.cli(['bundle', 'us-east', '-o', bundle])).code).toBe(0);
    const here = (file: string): Promise<CliResult> =>
      runCli(['renew-floor', 'us-east', '--config', config, '--bundle', file, '--yes'], {
        cwd: ws.folder,
        env: {},
        stdin: '',
      });
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('sequence: 2}', 'sequence: 9}'));
    const older = await here('us-east.bundle');
    expect([older.code, older.stderr]).toEqual([
      3,
      expect.stringContaining(
        'accepts nothing below snapshot 9 of root 1, and us-east.bundle has snapshot 2',
      ),
    ]);
    writeFileSync(config, text);
    const damaged = readFileSync(bundle);
    writeFileSync(at('cut.bundle'), damaged.subarray(0, damaged.length - 40));
    expect((await here('cut.bundle')).code).toBe(5);
    expect(readFileSync(config, 'utf8')).toBe(text);
    expect((await here('us-east.bundle')).code).toBe(0);
    expect((await controller()).code).toBe(0);
    expect(value()).toBe('made-up 2');
  });
});
