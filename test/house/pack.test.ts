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
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|repo-template\/.+|controller\/deploy\/.+|dist\/(LICENSES\.txt|edgeseal\.cjs|(hooks\/)?[\w-]+\.js))$/;
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

  it('holds the whole template and all that is deployed: npm leaves out files such as .gitignore and .npmrc by itself', () => {
    const template = execFileSync('git', ['ls-files', '-z', 'repo-template', 'controller/deploy'], {
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

describe('the image', () => {
  const lines = fs
    .readFileSync(path.join(root, 'controller/deploy/Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const arguments_ = (instruction: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));

  it('is made of files of the package, and its command runs from these alone', () => {
    const image = path.join(folder, 'image');
    for (const copied of arguments_('COPY')) {
      const sources = copied.split(' ');
      const target = path.join(image, sources.pop()!);
      for (const source of sources) {
        const from = path.join(folder, 'installed/lib/node_modules/edgeseal', source);
        fs.cpSync(from, source === 'dist' ? target : path.join(target, source), {
          recursive: true,
        });
      }
    }
    const [link = ''] = arguments_('RUN');
    const [, file = '', command = ''] = /^ln -s (\S+) (\S+)$/.exec(link) ?? [];
    fs.mkdirSync(path.dirname(path.join(image, command)), { recursive: true });
    fs.symlinkSync(path.join(image, file), path.join(image, command));
    const [program = '', ...args] = JSON.parse(arguments_('ENTRYPOINT')[0] ?? '[]') as string[];
    const done = spawnSync(program, [...args, '--config', '/nowhere.yaml'], {
      encoding: 'utf8',
      env: {
        PATH: `${path.dirname(path.join(image, command))}:${path.dirname(process.execPath)}`,
      },
    });
    expect([done.status, done.stderr]).toEqual([2, expect.stringContaining('/nowhere.yaml')]);
  });

  it('does not run as root, on the Node that tests run on', () => {
    expect(arguments_('USER')).toEqual(['65532:65532']);
    const [major] = process.versions.node.split('.');
    expect(arguments_('FROM')).toEqual([`node:${major}-slim`]);
  });
});

describe('a repository made by the installed command', () => {
  // A stranger's machine: the installed package, git, OpenSSH, npm.
  const env = (): NodeJS.ProcessEnv => ({
    PATH: `${path.join(folder, 'installed/bin')}:${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    HOME: path.join(folder, 'home'),
    GIT_CONFIG_NOSYSTEM: '1',
    // Where packages come from is this machine's matter, wherever it says so; the cache only saves a download.
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^npm_config_/i.test(name)),
    ),
    npm_config_userconfig: npm(root, 'config', 'get', 'userconfig').trim(),
    npm_config_cache: npm(root, 'config', 'get', 'cache').trim(),
    npm_config_prefer_offline: 'true',
  });
  const repo = (): string => path.join(folder, 'secrets');
  const sh = (command: string): { status: number | null; text: string } => {
    const cwd = fs.existsSync(repo()) ? repo() : folder;
    const done = spawnSync('sh', ['-c', command], { cwd, env: env(), encoding: 'utf8' });
    return { status: done.status, text: done.stdout + done.stderr };
  };
  const works = (command: string): string => {
    const { status, text } = sh(command);
    if (status !== 0) throw new Error(`${command}: exit code ${String(status)}\n${text}`);
    return text;
  };
  const secret = `apiVersion: v1
kind: Secret
metadata: {name: database, namespace: production}
stringData: {password: made-up}
`;

  it('is set up, and npm install puts the hook of its package.json in place', () => {
    fs.mkdirSync(path.join(folder, 'home/.ssh'), { recursive: true, mode: 0o700 });
    works(
      'git config --global user.name "Made Up" && git config --global user.email a@example.com',
    );
    works('git config --global init.defaultBranch main');
    works('ssh-keygen -q -t ed25519 -N "" -C a@example.com -f home/.ssh/id_ed25519');
    works('git init -q --bare origin.git && git clone -q origin.git secrets');
    works('edgeseal init --regions us-east --default-regions us-east');
    works('npm install --no-audit --no-fund');
    expect(fs.readFileSync(path.join(repo(), '.git/hooks/pre-commit'), 'utf8')).toContain(
      'hook pre-commit',
    );
    works('git add -A && git commit -q -m "Set up" && git push -q origin main');
    expect(works('edgeseal doctor')).toContain('pre-commit hook: ');
  });

  it('refuses plaintext, and takes what was sealed', () => {
    fs.writeFileSync(path.join(repo(), 'database.yaml'), secret);
    const { status, text } = sh('git add database.yaml && git commit -m "Add a password"');
    expect(status).not.toBe(0);
    expect(text).toContain('database.yaml:4: plaintext Secret production/database (password)');
    const mend = /^ {2}(.*edgeseal.* fix.*)$/m.exec(text)![1]!;
    works(mend);
    works('git commit -q -m "Seal the password" && git push -q origin main');
    expect(works('git ls-files')).not.toMatch(/^database\.yaml$/m);
  });

  it('publishes, and a controller of the region unseals', () => {
    works('edgeseal publish');
    const id = works('sed -n "s/^ *id: //p" edgeseal.yaml').trim();
    const root = works('sha256sum trust/1.yaml | cut -d" " -f1').trim();
    fs.writeFileSync(
      path.join(folder, 'region-sync.yaml'),
      `apiVersion: edgeseal.dev/v1alpha1
kind: RegionSync
spec:
  repository: ${id}
  region: us-east
  root: ${root}
  mirrors: [{url: origin.git}]
  keys: {files: [home/edgeseal-keys/secrets/us-east.key]}
  store: store
  target: {directory: {path: unsealed}}
`,
    );
    works('edgeseal controller --once --config ../region-sync.yaml');
    const file = path.join(folder, 'unsealed/production/database/password');
    expect(fs.readFileSync(file, 'utf8')).toBe('made-up');
  });

  it('prints what a cluster needs', () => {
    const print = 'edgeseal install us-east --print --image registry.example.com/edgeseal:0.1.0';
    const printed = works(`${print} --mirror https://git.example.com/secrets.git`);
    expect(printed).toContain('kind: CustomResourceDefinition');
    expect(printed).toContain('kind: RegionSync');
    expect(printed).toMatch(/^ {4}sequence: 1$/m);
  });
});
