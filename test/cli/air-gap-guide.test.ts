import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Status } from '../../controller/status/status.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { homeIn, makeWorkspace } from '../support/workspace.ts';

const root = join(import.meta.dirname, '../..');
const guide = readFileSync(join(root, 'docs/guides/air-gap.md'), 'utf8');
const [note, setUp, write, look, run, wrong, carryBack, compare, ...others] = [
  ...guide.matchAll(/^```sh\n(.*?)^```$/gms),
].map(([, text = '']) => text);

const ws = await makeWorkspace();
const at = (path: string): string => join(ws.folder, 'site', path);
/** What the guide says of a machine, in a folder of this one. */
const placed = (text: string): string =>
  text.replaceAll(/(?<![\w.])\/(etc|media|var|run)\//g, (_, top: string) => `${at(top)}/`);

let controller: ChildProcess | undefined;
const lines: string[] = [];

/** Types a block at a shell, in the clone or at the site. */
function type(block = '', where: 'clone' | 'site' = 'site', env: NodeJS.ProcessEnv = {}): string {
  const machine = where === 'clone' ? ws.env : homeIn(at('home'));
  const PATH = `${ws.folder}/bin:${process.env['PATH'] ?? ''}`;
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', placed(block)], {
    cwd: where === 'clone' ? ws.repo : at(''),
    env: { ...machine, PATH, ...env },
    encoding: 'utf8',
  });
  expect(status, `${block}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

beforeAll(async () => {
  expect(others).toEqual([]);
  const bin = join(ws.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'edgeseal'),
    `#!/bin/sh\nexec ${process.execPath} ${join(root, 'cli/bin.ts')} "$@"\n`,
  );
  chmodSync(join(bin, 'edgeseal'), 0o755);
  for (const folder of ['etc/edgeseal', 'media', 'var/lib/edgeseal', 'run', 'home'])
    mkdirSync(at(folder), { recursive: true });
  copyFileSync(ws.keyFile('us-east'), at('etc/edgeseal/us-east.key'));
  // All values here are made up.
  await sealInto(ws, 'staging/everywhere', { token: 'made-up 1' });
  ws.commit('Seal a secret');
  expect((await ws.cli(['publish'])).code).toBe(0);
});
afterAll(async () => {
  controller?.kill('SIGTERM');
  if (controller !== undefined && controller.exitCode === null) await once(controller, 'exit');
  ws.remove();
});

const patience = { timeout: 20_000, interval: 100 };
const value = (): string | undefined => {
  const file = at('run/edgeseal/secrets/staging/everywhere/token');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
};
const usb = (): Status['mirrors'][number] | undefined => {
  const file = at('var/lib/edgeseal/store/status.json');
  if (!existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as Status).mirrors[0];
};

it(
  'docs/guides/air-gap.md carries secrets to a site without a network, as it is written',
  { timeout: 120_000 },
  async () => {
    const noted = type(note, 'clone');
    const [, repository = ''] = / id: "?([^\s"]+)/.exec(noted) ?? [];
    expect(repository).toBe(ws.repositoryId);
    const [fingerprint = ''] = /[0-9a-f]{4,}(?:-[0-9a-f]{4,}){7,}/.exec(noted) ?? [];
    const pinned = fingerprint.replaceAll('-', '');
    expect(pinned).toBe(rootHash(Buffer.from(ws.read('trust/1.yaml'))));
    type(setUp, 'site', { REPOSITORY: repository, ROOT: pinned });
    const config = at('etc/edgeseal/region-sync.yaml');
    // A minute is long for a test.
    writeFileSync(config, readFileSync(config, 'utf8').replace('interval: 1m', 'interval: 1s'));

    const [command = '', ...args] = placed(run ?? '')
      .trim()
      .split(' ');
    controller = spawn(join(ws.folder, 'bin', command), args, {
      cwd: at(''),
      env: homeIn(at('home')),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    controller.stdout?.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    await expect.poll(() => usb()?.state, patience).toBe('Unreachable');

    mkdirSync(at('media/usb'));
    const written = type(write, 'clone');
    expect(written).toContain('snapshot 1 of us-east, 1 secret');
    const seen = type(look);
    expect(seen).toMatch(/^ {2}region {6}us-east$/m);
    await expect.poll(value, patience).toBe('made-up 1');
    await expect.poll(() => usb()?.state, patience).toBe('Ok');
    renameSync(at('media/usb'), at('media/old'));
    await expect.poll(() => usb()?.state, patience).toBe('Unreachable');
    expect(value()).toBe('made-up 1');

    await setInto(ws, 'staging/everywhere', { token: 'made-up 2' });
    ws.commit('Set a value');
    expect((await ws.cli(['publish'])).code).toBe(0);
    mkdirSync(at('media/usb'));
    mkdirSync(at('media/elsewhere'));
    type(write?.replaceAll('/media/usb', '/media/elsewhere'), 'clone');
    expect(type(look?.replace('/media/usb', '/media/elsewhere'))).toContain(
      'controller  has snapshot 1: this one is newer',
    );
    // Half of it first, as a slow copy looks.
    const bytes = readFileSync(at('media/elsewhere/us-east.bundle'));
    writeFileSync(at('media/usb/us-east.bundle'), bytes.subarray(0, bytes.length / 2));
    await expect.poll(() => usb()?.state, patience).toBe('Invalid');
    expect(value()).toBe('made-up 1');
    writeFileSync(at('media/usb/us-east.bundle'), bytes);
    await expect.poll(value, patience).toBe('made-up 2');
    await expect.poll(() => usb()?.state, patience).toBe('Ok');

    rmSync(at('media/usb'), { recursive: true });
    renameSync(at('media/old'), at('media/usb'));
    await expect.poll(() => usb()?.state, patience).toBe('Rollback');
    expect(type(wrong)).toContain(
      '"message": "us-east.bundle holds snapshot 1, and it has served 2 before"',
    );
    expect(value()).toBe('made-up 2');

    type(carryBack);
    expect(type(compare, 'clone')).toContain('controller  has exactly this snapshot already');
    expect(lines.join('')).not.toMatch(/made-up [12]|edgeseal-region-key-1-/);
    expect(lines.join('')).toContain('it holds snapshot 1, and 2 is accepted');
  },
);
