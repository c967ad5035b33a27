import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// What a stranger gets: a tarball made from a clean copy of the checkout, installed without a network.
const root = path.join(import.meta.dirname, '../..');
let folder: string;
let tarball: string;
let files: string[];

const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgeseal-pack-'));
  const copy = path.join(folder, 'checkout');
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed
    .split('\0')
    .filter((name) => name !== '' && !name.startsWith('test/'))) {
    if (fs.statSync(path.join(root, file), { throwIfNoEntry: false })?.isFile() === true) {
      fs.cpSync(path.join(root, file), path.join(copy, file));
    }
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  npm(copy, 'pack', '--pack-destination', folder);
  tarball = path.join(
    folder,
    fs.readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  );
  files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''))
    .sort();
  npm(
    folder,
    'install',
    '--global',
    '--offline',
    '--prefix',
    path.join(folder, 'installed'),
    tarball,
  );
});

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

describe('package', () => {
  it('holds the bundle, the template and the papers, nothing else', () => {
    const expected =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|repo-template\/.+|dist\/(LICENSES\.txt|edgeseal\.cjs|(hooks\/)?[\w-]+\.js))$/;
    expect(files.filter((file) => !expected.test(file))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'package.json',
        'LICENSE',
        'CHANGELOG.md',
        'dist/edgeseal.cjs',
        'dist/bin.js',
        'dist/LICENSES.txt',
      ]),
    );
  });

  it('holds the whole template: npm leaves out files such as .gitignore and .npmrc by itself', () => {
    const template = execFileSync('git', ['ls-files', '-z', 'repo-template'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of template.split('\0').filter((name) => name !== '')) {
      expect(files).toContain(file);
    }
  });

  it('stays small enough to be fetched by npx', () => {
    expect(fs.statSync(tarball).size).toBeLessThan(2_000_000);
  });

  it('depends on nothing and runs nothing when it is installed', () => {
    const installed = path.join(folder, 'installed/lib/node_modules');
    expect(fs.readdirSync(installed).filter((name) => !name.startsWith('.'))).toEqual(['edgeseal']);
    const about = JSON.parse(
      fs.readFileSync(path.join(installed, 'edgeseal/package.json'), 'utf8'),
    );
    expect(about.dependencies).toBeUndefined();
    expect(about.optionalDependencies).toBeUndefined();
    const scripts = Object.keys(about.scripts);
    expect(scripts.filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  it('carries the licence of every library in the bundle', () => {
    const licences = execFileSync('tar', ['-xzOf', tarball, 'package/dist/LICENSES.txt'], {
      encoding: 'utf8',
    });
    for (const library of ['commander', 'yaml', 'zod', 'libsodium-wrappers']) {
      expect(licences).toMatch(new RegExp(`^${library} [0-9]`, 'm'));
    }
  });

  it('runs', () => {
    const done = spawnSync(path.join(folder, 'installed/bin/edgeseal'), ['--version'], {
      encoding: 'utf8',
      env: {
        PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        HOME: folder,
      },
    });
    const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
    expect({ ...done, stdout: done.stdout.trim() }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(version),
      stderr: '',
    });
  });
});
