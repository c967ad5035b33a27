import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

// The launcher is tried as it is installed: beside a bundle, here a few lines in its place.
let folder: string;
let home: string;
let launcher: string;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgeseal-launcher-'));
  launcher = path.join(folder, 'edgeseal.cjs');
  fs.copyFileSync(path.join(import.meta.dirname, '../../cli/launcher.cjs'), launcher);
  fs.mkdirSync(path.join(folder, 'hooks'));
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  fs.writeFileSync(
    path.join(folder, 'bin.js'),
    'console.log("bin", ...process.argv.slice(2)); process.exitCode = 7;',
  );
  fs.writeFileSync(
    path.join(folder, 'hooks/pre-commit.js'),
    'export async function main(args) { console.log("hook", ...args); return 4; }',
  );
  fs.writeFileSync(
    path.join(folder, 'hooks/bad.js'),
    'export function main() { throw new TypeError("made-up-plaintext"); }',
  );
  fs.writeFileSync(
    path.join(folder, 'hooks/own.js'),
    'export function main() { throw Object.assign(new Error("it is so"), { name: "EdgesealError", hint: "do this" }); }',
  );
});

beforeEach(() => {
  home = fs.mkdtempSync(path.join(folder, 'home-'));
});

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function run(args: string[], node: string[] = [process.execPath], env: NodeJS.ProcessEnv = {}) {
  const [command, ...flags] = node;
  const done = spawnSync(command!, [...flags, launcher, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: home, ...env },
  });
  return { code: done.status, stdout: done.stdout, stderr: done.stderr };
}

describe('launcher', () => {
  it('starts the command line and leaves the exit code to it', () => {
    expect(run(['seal', '--x'])).toEqual({ code: 7, stdout: 'bin seal --x\n', stderr: '' });
  });

  it('starts a hook without the command line, and returns its exit code', () => {
    const expected = { code: 4, stdout: 'hook a b\n', stderr: '' };
    expect(run(['hook', 'pre-commit', 'a', 'b'])).toEqual(expected);
  });

  it.each(['nope', '../bin', '', 'pre-commit.js', './pre-commit'])(
    'leaves a hook that there is not (%s) to the command line',
    (name) => {
      expect(run(['hook', name]).stdout).toContain('bin hook');
    },
  );

  it('says what an error of ours says, with its hint', () => {
    expect(run(['hook', 'own'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'edgeseal: error: it is so\nedgeseal: hint: do this\n',
    });
  });

  it('keeps the text of an unforeseen error to itself', () => {
    const stderr = 'edgeseal: error: unexpected TypeError\n';
    expect(run(['hook', 'bad'])).toEqual({ code: 1, stdout: '', stderr });
  });

  it('works without a home directory', () => {
    expect(run(['x'], undefined, { HOME: '/dev/null/none' }).code).toBe(7);
  });
});

/** Major, minor, patch of a `node`; nothing if there is none. */
function versionOf(node: string): number[] {
  const done = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' });
  return done.status === 0 ? done.stdout.split('.').map(Number) : [];
}

describe('launcher with an old Node', () => {
  const line =
    /^edgeseal: error: Node 22\.19 or newer is needed; this is [\d.]+ \(\S+\)\. [^\n]+ npx -y -p node@24 --\n$/;

  it.each(['0.10.48', '12.22.12', '20.20.2', '22.18.0'])('%s is refused in one line', (version) => {
    const fake = path.join(folder, 'fake.cjs');
    fs.writeFileSync(
      fake,
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });`,
    );
    const done = run(['seal'], [process.execPath, '-r', fake]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(line);
    expect(done.stderr).toContain(version);
  });

  it.each(['22.19.0', '22.20.1', '24.0.0', '100.0.0'])('%s is fine', (version) => {
    const fake = path.join(folder, 'fake.cjs');
    fs.writeFileSync(
      fake,
      `Object.defineProperty(process.versions, 'node', { value: '${version}' });`,
    );
    expect(run(['seal'], [process.execPath, '-r', fake]).code).toBe(7);
  });

  const old = ['/usr/bin/node', '/usr/local/bin/node'].find((node) => {
    const [major, minor] = versionOf(node);
    return major! < 22 || (major === 22 && minor! < 19);
  });

  it.skipIf(old === undefined)('a real one is refused in one line', () => {
    const done = run(['seal'], [old!]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(line);
  });
});

describe.skipIf(process.getuid === undefined)("launcher's cache of compiled code", () => {
  const cache = () => path.join(home, '.cache/edgeseal');

  it('lies in a folder of the user that nobody else can enter', () => {
    run(['x']);
    expect(fs.statSync(cache()).mode & 0o777).toBe(0o700);
    expect(fs.existsSync(path.join(cache(), 'compiled'))).toBe(true);
  });

  it('follows XDG_CACHE_HOME, unless that is relative', () => {
    const other = path.join(home, 'other');
    run(['x'], undefined, { XDG_CACHE_HOME: other });
    expect(fs.existsSync(path.join(other, 'edgeseal/compiled'))).toBe(true);
    run(['x'], undefined, { XDG_CACHE_HOME: 'relative' });
    expect(fs.existsSync('relative')).toBe(false);
  });

  it('is not used when others may write to it, or when it is a link', () => {
    fs.mkdirSync(cache(), { recursive: true, mode: 0o777 });
    fs.chmodSync(cache(), 0o777);
    expect(run(['x']).code).toBe(7);
    expect(fs.readdirSync(cache())).toEqual([]);

    const elsewhere = path.join(home, 'elsewhere');
    fs.mkdirSync(elsewhere, { mode: 0o700 });
    fs.rmdirSync(cache());
    fs.symlinkSync(elsewhere, cache());
    expect(run(['x']).code).toBe(7);
    expect(fs.readdirSync(elsewhere)).toEqual([]);
  });
});
