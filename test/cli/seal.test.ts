import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Stands in every plaintext value of these tests; made up. It must never be seen outside of one. */
const marker = 'made-up-MARKER-4711';

const manifest = (name: string, data = `stringData: {password: "${marker}"}`, namespace = 'prod') =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}, namespace: ${namespace}}\n${data}\n`;

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove({ stagesPlaintext: true });
});

const sealed = (namespace: string, name: string) => sealedIn(ws, `${namespace}/${name}`);
const values = (namespace: string, name: string, region?: string) =>
  valuesIn(ws, `${namespace}/${name}`, region);

function quiet(result: CliResult): CliResult {
  expect(result.stdout + result.stderr).not.toContain(marker);
  expect(result.stdout + result.stderr).not.toContain(Buffer.from(marker).toString('base64'));
  return result;
}

function outside(name: string, content: string | Uint8Array): string {
  const file = join(ws.folder, name);
  writeFileSync(file, content);
  return file;
}

/** The command fails, the error holds these words, and the working tree is as it was. */
async function refused(args: string[], words: string[], code = 2, stdin = ''): Promise<CliResult> {
  const before = ws.git('status', '--porcelain', '-uall');
  const result = quiet(await ws.cli(args, { stdin }));
  expect(result.code, result.stderr).toBe(code);
  for (const word of words) expect(result.stderr).toContain(word);
  expect(ws.git('status', '--porcelain', '-uall')).toBe(before);
  return result;
}

describe('seal', () => {
  it('seals a manifest from a file, with a signature, for the default regions', async () => {
    const result = quiet(await ws.cli(['seal', outside('db.yaml', manifest('db'))]));
    expect(result.stderr).toContain('next: git add secrets/prod/db.yaml && git commit');
    expect(result.stdout).toBe(
      'secrets/prod/db.yaml: sealed version 1 for eu-central, us-east, us-west (defaultRegions), 1 item, signed by author@example.com\n',
    );
    expect(await values('prod', 'db')).toEqual({ password: marker });
    expect(await values('prod', 'db', 'recovery')).toEqual({ password: marker });
    expect(ws.read('secrets/prod/db.yaml')).not.toContain(marker);
  });

  it('takes several documents, a List and binary data from standard input', async () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: in-list}\n  data: {k: AAEC}\n`;
    const stdin = `${manifest('one')}---\n${manifest('two', 'stringData: {a: x, b: "y"}')}---\n${list}`;
    const result = await ws.cli(['seal', '-', '-n', 'prod', '--output', 'json'], { stdin });
    expect(result.code, result.stderr).toBe(0);
    const { secrets } = JSON.parse(result.stdout);
    expect(secrets.map((s: { name: string; items: string[] }) => [s.name, s.items])).toEqual([
      ['one', ['password']],
      ['two', ['a', 'b']],
      ['in-list', ['k']],
    ]);
    expect(await values('prod', 'in-list')).toEqual({ k: '\u0000\u0001\u0002' });
  });

  it('makes the next version of what is there, and of what was deleted', async () => {
    const file = outside('v.yaml', manifest('versioned'));
    await ws.cli(['seal', file]);
    expect((await ws.cli(['seal', file])).stdout).toContain('version 2');
    ws.commit('Seal');
    ws.git('rm', '-q', 'secrets/prod/versioned.yaml');
    ws.commit('Remove');
    expect((await ws.cli(['seal', file])).stdout).toContain('version 3');
    ws.commit('Seal again');
    ws.git('revert', '--no-edit', 'HEAD', 'HEAD~1');
    expect(sealed('prod', 'versioned').spec.version).toBe(2);
    expect((await ws.cli(['seal', file])).stdout).toContain('version 4');
  });

  it('writes the policy with --regions, and leaves other secrets of that name as they were', async () => {
    const policy = `# ours\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata:\n  distribution-policy.yaml: |\n    regions:\n      us-west:\n        # kept\n        secrets: [shared]\n`;
    const other = await makeWorkspace({ policy });
    try {
      const stdin = manifest('shared', undefined, 'other');
      await other.cli(['seal'], { stdin });
      other.commit('Seal');
      const args = ['seal', '--regions', 'us-east,eu-central'];
      const result = await other.cli(args, { stdin: manifest('shared') });
      expect(result.stdout).toContain('for eu-central, us-east (policy)');
      expect(result.stderr).toContain('it is now written out for other/shared');
      const written = other.read('policy/distribution-policy.yaml');
      expect(written).toContain('# kept');
      expect(written).toContain('other/shared');
      expect((await other.cli(['verify'])).stdout + result.stderr).not.toContain('policy-mismatch');
      expect((await other.cli(['verify'])).code).toBe(0);
    } finally {
      other.remove();
    }
  });

  it('says where plaintext is left, and deletes it when asked', async () => {
    ws.write('plain.yaml', manifest('left'));
    const kept = await ws.cli(['seal', 'plain.yaml']);
    expect(kept.stderr).toContain('plain.yaml still holds the values in plaintext');
    ws.git('add', 'plain.yaml');
    const removed = await ws.cli(['seal', '--remove', 'plain.yaml']);
    expect(removed.stderr).toContain('plain.yaml is known to Git');
    expect(existsSync(join(ws.repo, 'plain.yaml'))).toBe(false);
    ws.git('rm', '-q', '--cached', 'plain.yaml');
    ws.write('secrets/prod/place.yaml', manifest('place'));
    await refused(['seal', 'secrets/prod/place.yaml'], ['where the sealed file belongs']);
    expect((await ws.cli(['seal', '--remove', 'secrets/prod/place.yaml'])).code).toBe(0);
    expect(await values('prod', 'place')).toEqual({ password: marker });
  });

  it('leaves no plaintext in a temporary file', async () => {
    const names = new Set(readdirSync(tmpdir()));
    await ws.cli(['seal', outside('t.yaml', `${manifest('t1')}---\n${manifest('t2')}`)]);
    const left = readdirSync(tmpdir()).filter(
      (n) => !names.has(n) && n.startsWith('edgeseal-sign'),
    );
    expect(left).toEqual([]);
    expect(spawnSync('grep', ['-rl', marker, ws.repo], { encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('seal refuses, with nothing written', () => {
  const seal = (text: string, words: string[], args: string[] = [], code = 2) =>
    refused(['seal', outside('bad.yaml', text), ...args], words, code);

  it('what is not a Secret, or not whole', async () => {
    await seal(manifest('x').replace('kind: Secret', 'kind: ConfigMap'), [
      'bad.yaml:1',
      'ConfigMap',
    ]);
    await seal(`${manifest('fine')}---\n${manifest('x', `data: {password: "${marker}"}`)}`, [
      'bad.yaml:9: data.password is not base64',
      'stringData',
    ]);
    await seal(`${manifest('x')}  - ${marker}: [`, ['bad.yaml']);
    await seal(manifest('x', 'data: {}'), ['the Secret x has no items']);
    await seal('', ['no Secret']);
    await seal(manifest('x', `stringData: {a: ${marker}, b: 5}`), ['bad.yaml:4', 'stringData.b']);
    await seal(manifest('x', `type: kubernetes.io/tls\nstringData: {tls.crt: ${marker}}`), [
      'tls.key',
    ]);
    await seal(`${manifest('x')}---\n${manifest('x')}`, ['prod/x is given twice']);
    await refused(['seal', 'nowhere.yaml'], ['nowhere.yaml: there is no such file']);
    await refused(['seal', ws.folder], ['this is a folder']);
    await refused(['seal', outside('bin.yaml', Buffer.from([0xff, 0xfe, 0x00]))], ['UTF-8']);
  });

  it('a namespace that is missing or another', async () => {
    await seal(manifest('x'), ['namespace prod, not to --namespace dev'], ['-n', 'dev']);
    const without = manifest('x').replace(', namespace: prod', '');
    await seal(without, ['names no namespace', '--namespace']);
    await seal(without, ['not a valid namespace'], ['-n', 'No/Good']);
  });

  it('regions that are unknown, a recovery recipient or without a key, and unassigned secrets', async () => {
    await seal(
      manifest('x'),
      ['there is no region us-nort', 'known regions'],
      ['--regions', 'us-nort'],
    );
    await seal(manifest('x'), ['recovery recipient'], ['--regions', 'recovery']);
    const bare = await makeWorkspace({ defaultRegions: [] });
    try {
      const result = await bare.cli(['seal'], { stdin: manifest('x') });
      expect(result.code).toBe(2);
      expect(result.stderr).toContain('--regions');
      const region = bare.read('regions/us-east.yaml');
      const [key = ''] = /publicKey: .*/.exec(region) ?? [];
      const [strange = ''] = /publicKey: .*/.exec(ws.read('regions/us-east.yaml')) ?? [];
      bare.write('regions/us-east.yaml', region.replace(key, strange));
      const args = ['seal', '--regions', 'us-east'];
      const stranger = await bare.cli(args, { stdin: manifest('x') });
      expect(stranger.code).toBe(3);
      expect(stranger.stderr).toContain('regions/us-east.yaml');
      expect(existsSync(join(bare.repo, 'secrets'))).toBe(false);
      expect(existsSync(join(bare.repo, 'policy'))).toBe(false);
    } finally {
      bare.remove();
    }
  });

  it('more than 1 MiB, and a sealed file edited by hand', async () => {
    const big = Buffer.alloc(800_000, marker).toString();
    await seal(manifest('x', `stringData: {a: "${big}", b: "${big}"}`), ['prod/x', '1048576']);
    await ws.cli(['seal'], { stdin: manifest('byhand') });
    ws.commit('Seal');
    const file = 'secrets/prod/byhand.yaml';
    ws.write(file, ws.read(file).replace('version: 1', 'version: one'));
    await refused(['seal'], [`${file}:`, 'git restore'], 2, manifest('byhand'));
    ws.git('restore', file);
  });

  it('outside of a repository, and where it cannot be written', async () => {
    const away = await ws.cli(['seal', '-'], { cwd: ws.folder, stdin: manifest('x') });
    expect(quiet(away).code).toBe(5);
    expect(away.stderr).toContain('edgeseal init');
    ws.write('secrets/locked', 'a file where a folder should be\n');
    const stdin = `${manifest('fine2')}---\n${manifest('x', undefined, 'locked')}`;
    await refused(['seal'], ['cannot be written', 'nothing was changed'], 6, stdin);
    ws.git('clean', '-q', '-f', 'secrets/locked');
  });

  // A file system of its own, small enough to be full, where this machine lets an ordinary process mount one.
  const unshare = spawnSync('unshare', ['-rm', 'true']).status === 0;
  it.runIf(unshare)('what does not fit on the disk', () => {
    const many = Array.from({ length: 200 }, (_, i) => manifest(`full-${String(i)}`)).join('---\n');
    const script = [
      `mount -t tmpfs -o size=900k tmpfs "$1/mnt" && cp -a "$1/repo" "$1/mnt/" && cd "$1/mnt/repo"`,
      `"$2" "$3" seal "$4"; echo "exit $?"; git status --porcelain -uall; find . -name "*.tmp"`,
    ].join(' && ');
    mkdirSync(join(ws.folder, 'mnt'));
    const bin = join(import.meta.dirname, '../../cli/bin.ts');
    const args = ['-rm', 'sh', '-c', script, 'sh', ws.folder, process.execPath, bin];
    const before = ws.git('status', '--porcelain', '-uall');
    const options = { env: ws.env, encoding: 'utf8' as const };
    const run = spawnSync('unshare', [...args, outside('many.yaml', many)], options);
    expect(run.stderr).toContain('the disk is full: nothing was changed');
    expect(run.stdout.trim()).toBe(`exit 6\n${before}`.trim());
  });
});

describe('signing', () => {
  it('is left out, with the way out, for an RSA key, a stranger and --no-sign', async () => {
    const rsa = join(ws.folder, 'rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    await refused(['seal', '--signing-key', rsa], ['ed25519'], 3, manifest('s'));
    const env = { HOME: join(ws.folder, 'nobody') };
    const keyless = await ws.cli(['seal'], { stdin: manifest('s'), env });
    expect(keyless.code, keyless.stderr).toBe(0);
    expect(keyless.stdout).toContain('not signed');
    expect(keyless.stderr).toContain('ssh-keygen -t ed25519');
    const other = join(ws.folder, 'other');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    const stranger = await ws.cli(['seal', '--signing-key', other], { stdin: manifest('s') });
    expect(stranger.stderr).toContain("is not an author's in trust root 1");
    const unsigned = await ws.cli(['seal', '--no-sign'], { stdin: manifest('s') });
    expect(unsigned.stdout).toContain('not signed');
    expect(sealed('prod', 's').spec.signatures).toEqual([]);
  });
});

describe('seal generic, tls, docker-registry', () => {
  it('reads files, folders, env files and standard input as kubectl does', async () => {
    const folder = join(ws.folder, 'values');
    mkdirSync(join(folder, 'sub'), { recursive: true });
    writeFileSync(join(folder, 'a.txt'), `${marker}\n`);
    const env = outside('app.env', `# note\n\nTOKEN=${marker}="x"\n  HOME_DIR\n`);
    const args = ['seal', 'generic', 'flags', '-n', 'prod', '--from-file', folder];
    args.push('--from-file', 'piped=-', '--from-env-file', env, '--from-literal', 'lit=a=b');
    const result = quiet(await ws.cli(args, { stdin: 'in\n', env: { HOME_DIR: '/made/up' } }));
    expect(result.code, result.stderr).toBe(0);
    expect(result.stderr).toContain('shell history');
    expect(await values('prod', 'flags')).toEqual({
      'a.txt': `${marker}\n`,
      piped: 'in\n',
      TOKEN: `${marker}="x"`,
      HOME_DIR: '/made/up',
      lit: 'a=b',
    });
  });

  it('refuses flags that say nothing or the same twice', async () => {
    const generic = (...args: string[]) => ['seal', 'generic', 'g', '-n', 'prod', ...args];
    await refused(generic(), ['no value to seal', '--prompt']);
    await refused(generic('--prompt', 'a'), ['there is no terminal']);
    await refused(generic('--from-literal', marker), ['not KEY=VALUE']);
    await refused(generic('--from-literal', 'a=1', '--from-literal', 'a=2'), ['a is given twice']);
    await refused(generic('--from-literal', `../${marker}=1`), ['not a valid key']);
    await refused(generic('--from-file', '-'), ['KEY=-']);
    const env = outside('bad.env', `A=1\n${marker} = 2\n`);
    await refused(generic('--from-env-file', env), ['bad.env:2']);
    const big = outside('big', Buffer.alloc(1_100_000, marker));
    await refused(generic('--from-file', `k=${big}`), ['more than 1048576 bytes', big]);
    await refused(['seal', 'generic', 'g', '--from-literal', 'a=1'], ['no namespace']);
    await refused(
      ['seal', 'generic', 'G_', '-n', 'x', '--from-literal', 'a=1'],
      ['not a valid name'],
    );
  });

  it('holds a certificate against its key', async () => {
    const pair = (name: string, end: string): [string, string] => {
      const [crt, key] = [join(ws.folder, `${name}.crt`), join(ws.folder, `${name}.key`)];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
      const dates = ['-days', end, '-subj', '/CN=made.up'];
      const args = ['req', '-x509', ...kind, '-keyout', key, '-out', crt, ...dates];
      execFileSync('openssl', args, { stdio: 'ignore' });
      return [crt, key];
    };
    const [crt, key] = pair('web', '10');
    const [, wrong] = pair('other', '10');
    const tls = (c: string, k: string) => [
      'seal',
      'tls',
      'w',
      '-n',
      'prod',
      '--cert',
      c,
      '--key',
      k,
    ];
    await refused(tls(crt, wrong), [wrong, 'not that of the certificate']);
    await refused(tls(key, crt), [key, 'swapped']);
    const bad = outside(
      'bad.key',
      `-----BEGIN PRIVATE KEY-----\n${marker}\n-----END PRIVATE KEY-----\n`,
    );
    await refused(tls(crt, bad), [bad, 'not a private key']);
    await refused(['seal', 'tls', 'w', '-n', 'prod', '--cert', crt], ['--key FILE']);
    const result = quiet(await ws.cli(tls(crt, key)));
    expect(result.code, result.stderr).toBe(0);
    expect((await values('prod', 'w'))['tls.key']).toBe(readFileSync(key, 'utf8'));
    expect(sealed('prod', 'w').spec.template?.type).toBe('kubernetes.io/tls');
  });

  it('builds what docker login writes, or takes it', async () => {
    const args = ['seal', 'docker-registry', 'pull', '-n', 'prod'];
    const login = [...args, '--docker-server', 'r.example.com', '--docker-username', 'ci'];
    const stdin = `${marker}\n`;
    const result = quiet(await ws.cli([...login, '--docker-password-stdin'], { stdin }));
    expect(result.code, result.stderr).toBe(0);
    expect(JSON.parse((await values('prod', 'pull'))['.dockerconfigjson'] ?? '')).toEqual({
      auths: {
        'r.example.com': {
          username: 'ci',
          password: marker,
          auth: Buffer.from(`ci:${marker}`).toString('base64'),
        },
      },
    });
    await refused(login, ['--docker-password-stdin']);
    const store = outside('store.json', '{"auths":{"r.example.com":{}},"credsStore":"x"}');
    await refused([...args, '--from-file', store], ['credential store']);
    await refused([...args, '--from-file', outside('no.json', marker)], ['not JSON']);
    const whole = '{"auths":{"r.example.com":{"auth":"bWFkZTp1cA=="}}}';
    const file = outside('config.json', whole);
    expect((await ws.cli([...args, '--from-file', `.dockerconfigjson=${file}`])).code).toBe(0);
    expect((await values('prod', 'pull'))['.dockerconfigjson']).toBe(whole);
  });
});
