import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { makePerson } from '../support/person.ts';
import type { Person } from '../support/person.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

// A hint is typed here as it was printed, from where the person stands.

/** Made up. */
const marker = 'made-up-MARKER-4711';

let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace();
});
afterEach(() => {
  ws.remove();
});

const set = (name: string, ...more: string[]): Promise<CliResult> =>
  ws.cli(['set', name, 'password', '--from-file', '-', ...more], { stdin: marker });

/** The commands that a hint names. */
function hinted({ stderr }: CliResult): string[] {
  const hint = /^edgeseal: hint: (.*)$/m.exec(stderr)?.[1] ?? '';
  return [...hint.matchAll(/(?:^|: )((?:edgeseal|git|cd) [^()]*?)(?=$| \(|;)/g)].map((m) => m[1]!);
}

/** Types a command into a shell, where `edgeseal` is the one of this checkout. */
function type(command: string, cwd = ws.repo, input = ''): string {
  const bin = join(import.meta.dirname, '../../cli/bin.ts');
  const shell = `edgeseal() { '${process.execPath}' '${bin}' "$@"; }\n${command}`;
  return execFileSync('sh', ['-c', shell], {
    cwd,
    env: ws.env,
    input,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

describe('set', () => {
  it('makes no new secret of a mistyped name, and names the one that was meant', async () => {
    await set('production/database-credentials', '--new');
    const typo = await set('production/databse-credentials');
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain('did you mean production/database-credentials?');
    const [command = ''] = hinted(typo);
    expect(command).toBe(
      'edgeseal set production/databse-credentials password --from-file - --new',
    );
    expect(type(command, ws.repo, marker)).toContain('version 1');
    const twice = await set('production/databse-credentials', '--new');
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('is there already')]);
    expect(type(hinted(twice)[0]!, ws.repo, marker)).toContain('version 2');
    const far = await set('staging/other');
    expect(far.stderr).not.toContain('did you mean');
  });

  it('says of a region in the policy that there is no such region', async () => {
    const policy = (region: string): string =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  distribution-policy.yaml: |\n    regions:\n      us-west:\n        secrets: [prod/a]\n${region}`;
    ws.write('policy/distribution-policy.yaml', policy(''));
    await set('prod/a', '--new');
    const typo = '      us-eastt:\n        secrets: [prod/a]\n';
    ws.write('policy/distribution-policy.yaml', policy(typo));
    const result = await set('prod/a');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('there is no region us-eastt');
    expect(result.stderr).toContain('did you mean us-east?');
    expect(result.stderr).not.toContain('reseal');
  });
});

describe('a region that there is not', () => {
  it('is the fault of the argument, and can be added as printed', async () => {
    ws.write(
      'policy/distribution-policy.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  distribution-policy.yaml: |\n    regions: {}\n',
    );
    ws.commit('Policy');
    for (const command of ['publish', 'bundle']) {
      const result = await ws.cli([command, 'nowhere']);
      expect([result.code, result.stderr]).toEqual([
        2,
        expect.stringMatching(/^edgeseal: error: there is no region nowhere$/m),
      ]);
      expect((await ws.cli([command, 'us-eats'])).stderr).toContain('did you mean us-east?');
    }
    const added = type(hinted(await ws.cli(['publish', 'nowhere']))[0]!);
    expect(added).toContain('nowhere: key nowhere-key');
    const recovery = await ws.cli(['bundle', 'recovery']);
    expect(recovery.stderr).toContain('regions that have one: eu-central');
    expect(recovery.stderr).not.toContain('edgeseal publish');
  });

  it('of which the root knows has lost its file: it is brought back, not made anew', async () => {
    rmSync(join(ws.repo, 'regions/us-east.yaml'));
    const result = await set('prod/a', '--new');
    expect(result.code).toBe(2);
    expect(result.stderr).not.toContain('region add');
    const command = /bring it back: (git .*) \(if that/.exec(result.stderr)?.[1] ?? '';
    type(command, join(ws.repo, 'trust'));
    expect((await set('prod/a', '--new')).code).toBe(0);
    rmSync(join(ws.repo, 'regions/us-east.yaml'));
    const verified = await ws.cli(['verify']);
    expect(verified.stdout.match(/which has no file/g)).toBeNull();
  });
});

describe('keys', () => {
  const rsa = (path: string): void => {
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', path]);
  };

  it('that cannot sign are named, with an option that there is', async () => {
    const path = join(ws.folder, 'rsa');
    rsa(path);
    const bob = await generateSigningKey(join(ws.folder, 'bob'), 'bob', ws.env);
    await set('prod/a', '--new');
    for (const args of [
      ['set', 'prod/a', 'password', '--from-file', '-'],
      ['trust', 'add-author', 'bob@example.com', '--key', `${bob.path ?? ''}.pub`],
      ['region', 'add', 'eu-north', '--generate', join(ws.folder, 'more')],
      ['publish'],
    ]) {
      const result = await ws.cli([...args, '--signing-key', path], { stdin: marker });
      expect(result.code, result.stderr).toBe(3);
      expect(result.stderr).toContain('cannot sign with --signing-key');
      expect(result.stderr).not.toMatch(/[^-]--key/);
    }
    const ssh = join(ws.folder, 'other/.ssh');
    mkdirSync(ssh, { recursive: true });
    for (const name of ['id_rsa', 'id_rsa.pub'])
      copyFileSync(path + name.slice('id_rsa'.length), join(ssh, name));
    const env = { HOME: join(ws.folder, 'other') };
    const found = await ws.cli(['publish'], { env });
    expect(found.stderr + found.stdout).toContain('~/.ssh/id_rsa: only ed25519 keys can');
  });
});

describe('publish', () => {
  it('says that a change is not committed', async () => {
    await ws.cli(['publish']);
    await set('prod/a', '--new');
    const cwd = join(ws.repo, 'secrets');
    const { code, stdout } = await ws.cli(['publish'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toContain('secrets/prod/a.yaml: not committed, so not published');
    const command = /(git add .* && git commit), then/.exec(stdout)?.[1] ?? '';
    type(`${command} -q -m Change && git push -q origin HEAD`, cwd);
    const again = await ws.cli(['publish'], { cwd });
    expect(again.stdout).toContain('1 added');
    expect(again.stdout).not.toContain('not committed');
  });
});

describe('a new clone', () => {
  it('shows the first root and the newest, and nothing to paste with either in it', async () => {
    const bob = await generateSigningKey(join(ws.folder, 'bob'), 'bob', ws.env);
    await ws.cli(['trust', 'add-author', 'bob@example.com', '--key', `${bob.path ?? ''}.pub`]);
    ws.commit('Root 2');
    const colleague = await ws.cli(['trust', 'show']);
    const fingerprint = /^fingerprint +(\S+)$/m.exec(colleague.stdout)?.[1] ?? '';
    const clone = join(ws.folder, 'clone');
    ws.git('clone', '-q', ws.origin, clone);
    const unknown = await ws.cli(['status'], { cwd: clone });
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toMatch(/root 1: [0-9a-f-]+; root 2: /);
    expect(unknown.stderr).toContain(fingerprint);
    for (const n of [1, 2])
      expect(unknown.stderr).not.toContain(
        rootHash(readFileSync(join(ws.repo, `trust/${String(n)}.yaml`))),
      );
    const [command = ''] = hinted(unknown).slice(-1);
    type(command.replace('FINGERPRINT', fingerprint), clone);
    expect((await ws.cli(['verify'], { cwd: clone })).code).toBe(0);
  });
});

describe('items', () => {
  it('that are not there are a wrong name, not a missing key', async () => {
    await set('prod/a', '--new');
    const args = [
      ['unset', 'prod/a', 'nokey'],
      ['unseal', 'prod/a', '--item', 'nope', '--key', ws.keyFile('recovery')],
    ];
    for (const one of args) expect((await ws.cli(one)).code).toBe(2);
  });
});

describe('ways out', () => {
  const manifest = (text: string): Promise<CliResult> =>
    ws.cli(['seal'], { stdin: `apiVersion: v1\nkind: Secret\n${text}` });

  it('of what is too large, has no good name, or lacks items', async () => {
    const half = join(ws.folder, 'half');
    writeFileSync(half, Buffer.alloc(700_000, 'x'));
    const generic = ['seal', 'generic', 'a', '-n', 'b', '--from-file', half];
    const both = await ws.cli([...generic, '--from-file', `c=${half}`]);
    expect(both.stderr).toContain('hint: make several Secrets of it');
    const big = await ws.cli(['set', 'prod/a', 'b', '--new', '--from-file', '-'], {
      stdin: 'x'.repeat(1_100_000),
    });
    expect(big.stderr).toContain('hint: a Secret holds at most 1 MiB: split it');
    const name = await ws.cli(['seal', 'generic', 'My_DB', '-n', 'b', '--from-file', half]);
    expect(name.stderr).toContain('such as: my-db');
    expect((await manifest('metadata: {name: My_DB}\n')).stderr).toContain(
      '3: metadata.name is not a valid name',
    );
    const tls = await manifest(
      'metadata: {name: a, namespace: b}\ntype: kubernetes.io/tls\nstringData: {x: y}\n',
    );
    expect(tls.stderr).toMatch(/:4: .*needs the item tls.crt and tls.key\n.*edgeseal seal tls/);
    const kindless = await ws.cli(['seal'], { stdin: 'a: 1\n' });
    expect(kindless.stderr).toContain('this has no kind: it is no Kubernetes Secret (v1)');
  });

  it('of a file that no commit has, and of a version that is none', async () => {
    await set('prod/a', '--new');
    const refused = await ws.cli(['rm', 'prod/a']);
    expect(type(hinted(refused)[0]!)).toContain('secrets/prod/a.yaml: removed');
    await set('prod/b', '--new');
    ws.commit('One');
    await set('prod/b');
    ws.commit('Two');
    const rollback = await ws.cli(['rollback', 'prod/b', '--to', 'abc']);
    expect(rollback.code).toBe(2);
    const to = /such as: (--to \d+)/.exec(rollback.stderr)?.[1]?.split(' ') ?? [];
    expect((await ws.cli(['rollback', 'prod/b', ...to])).code).toBe(0);
  });

  it('of a wrong option is the help of that command', async () => {
    expect((await ws.cli(['seal', 'tls', 'x', '--nope'])).stderr).toContain(
      '(see: edgeseal seal tls --help)',
    );
    expect((await ws.cli(['trust', 'show', '--nope'])).stderr).toContain(
      '(see: edgeseal trust show --help)',
    );
  });

  it('are shown as they are typed', async () => {
    const help = async (...args: string[]): Promise<string> =>
      (await ws.cli([...args, '--help'])).stdout;
    expect(await help('seal')).toMatch(/^ {2}\$ kubectl create secret .* \| edgeseal seal -/m);
    expect(await help('trust', 'add-author')).toContain("--namespaces 'staging,team-*'");
    for (const command of ['region', 'trust'])
      expect(await help(command)).toContain(`$ edgeseal ${command} `);
  });
});

describe('settings', () => {
  it('say what is unknown, what is missing, and where', async () => {
    const text = ws.read('edgeseal.yaml');
    const last = text.trimEnd().split('\n').length + 1;
    const said = async (changed: string): Promise<string> => {
      ws.write('edgeseal.yaml', changed);
      return (await ws.cli(['status'])).stderr;
    };
    expect(await said(`${text}x: 1\n`)).toContain(`edgeseal.yaml:${String(last)}: `);
    expect(await said(text.replace('  id:', '  idd:'))).toMatch(
      /spec\.id: is missing; unknown field idd\n/,
    );
    expect(await said(text.replace('kind:', 'kind: Repository\nkind:'))).toContain(
      'a key that the mapping has already: kind',
    );
    const open = text.replace(/^( *id:) .*$/m, '$1 "open');
    const line = open.split('\n').findIndex((one) => one.includes('"open')) + 1;
    expect(await said(open)).toMatch(
      new RegExp(
        `edgeseal\\.yaml:${String(line)}: [^]*the quote that opens in line ${String(line)}`,
      ),
    );
  });
});

describe('a repository in a folder', () => {
  let me: Person;
  let top: string;
  beforeEach(async () => {
    me = await makePerson();
    top = me.make('top');
    me.git(top, 'init', '-q', '-b', 'main');
    const made = await me.cli(top, 'init', '--path', 'infra/secrets', '--regions', 'us-east');
    expect(made.code, made.stderr).toBe(0);
  });
  afterEach(() => {
    me.remove();
  });

  it('is found from above, and no second one is made around it', async () => {
    const status = await me.cli(top, 'status');
    expect(status.code).toBe(5);
    const [command = ''] = hinted(status);
    expect(type(`${command} && git rev-parse --show-prefix`, top)).toBe('infra/secrets/\n');
    for (const more of [[], ['--path', '.'], ['--path', 'infra']]) {
      const second = await me.cli(top, 'init', ...more);
      expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('below already')]);
    }
  });

  it('is called what its folder is called, once', () => {
    const read = (file: string): string => readFileSync(join(top, 'infra/secrets', file), 'utf8');
    expect(read('package.json')).toContain('"name": "secrets"');
    expect(read('package.json')).not.toContain('secrets of secrets');
  });

  it('without its node_modules says what installs edgeseal, from wherever', () => {
    const about = JSON.parse(
      readFileSync(join(top, 'infra/secrets/package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const line = about['simple-git-hooks']?.['pre-commit'] ?? '';
    const hook = join(top, '.git/hooks/pre-commit');
    writeFileSync(hook, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    let said = '';
    try {
      me.git(join(top, 'infra'), 'commit', '-q', '-m', 'Set up');
    } catch (error) {
      said = (error as { stderr: string }).stderr;
    }
    expect(said).toContain('edgeseal is not installed here');
    expect(said).toContain(`npm install --prefix '${top}/infra/secrets'`);
  });

  it('has a hook whose commands work in the folder that somebody commits in', () => {
    me.git(top, 'commit', '-q', '-m', 'Set up');
    mkdirSync(join(top, 'deploy/a b'), { recursive: true });
    const deploy = join(top, 'deploy/a b');
    writeFileSync(
      join(deploy, 'x.yaml'),
      `apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: y}\nstringData: {a: ${marker}}\n`,
    );
    me.git(deploy, 'add', '-A');
    let said = '';
    try {
      me.git(deploy, 'commit', '-q', '-m', 'Plaintext');
    } catch (error) {
      said = (error as { stderr: string }).stderr;
    }
    const fix = /^ {2}(?:npx )?(edgeseal(?: .*)? fix)$/m.exec(said)?.[1] ?? '';
    const unstage = /^ {2}(git rm --cached .*)$/m.exec(said)?.[1] ?? '';
    ws.env = { ...me.env };
    type(unstage, deploy);
    me.git(deploy, 'add', '-A');
    type(`${fix} --regions us-east`, deploy);
    expect(me.git(top, 'status', '--porcelain')).toContain('A  infra/secrets/secrets/y/x.yaml');
    me.git(deploy, 'commit', '-q', '-m', 'Sealed');
  });
});
