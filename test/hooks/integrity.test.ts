import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main as preCommit } from '../../hooks/pre-commit.ts';
import { main as prePush } from '../../hooks/pre-push.ts';
import { main as preReceive } from '../../hooks/pre-receive.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { findSigningKey, generateSigningKey, sign } from '../../cli/signer/signer.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { plainSecret } from '../support/git-repository.ts';
import { put, sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

// All values here are made up.
const db = 'production/db';
const file = `secrets/${db}.yaml`;
const zero = '0'.repeat(40);
let ws: Workspace;
let start = '';

beforeAll(async () => {
  ws = await makeWorkspace();
  await sealInto(ws, db, { password: 'made-up' });
  ws.commit('Seal');
  start = ws.git('rev-parse', 'HEAD');
});
afterAll(() => {
  // Some tests stage plaintext, to have it refused.
  ws.remove({ stagesPlaintext: true });
});
beforeEach(() => {
  ws.git('checkout', '-q', '-f', 'main');
  ws.git('reset', '-q', '--hard', start);
  ws.git('clean', '-fdxq');
});

interface Said {
  code: number;
  said: string;
}
type Gate = (args?: string[], env?: NodeJS.ProcessEnv) => Promise<Said>;

async function saying(
  act: (stderr: { write(text: string): unknown }) => Promise<number>,
): Promise<Said> {
  let said = '';
  const code = await act({ write: (text: string) => (said += text) });
  return { code, said };
}
/** What is staged goes to the hook of the commit. */
const commitGate: Gate = async () => {
  ws.git('add', '-A');
  return await saying((stderr) => preCommit([], { cwd: ws.repo, env: ws.env, stderr }));
};
/** It is committed, and goes to the hook of the push. */
const pushGate: Gate = async () => {
  commitAll();
  const line = `refs/heads/main ${ws.git('rev-parse', 'HEAD')} refs/heads/main ${start}\n`;
  const io = { cwd: ws.repo, env: ws.env, stdin: Readable.from([line]) };
  return await saying((stderr) => prePush(['origin', ws.origin], { ...io, stderr }));
};
/** It is pushed to a branch that no hook guards, and goes to the server's hook from there. */
const serverGate: Gate = async (args = [], env = {}) => {
  commitAll();
  const head = ws.git('rev-parse', 'HEAD');
  const server = join(ws.folder, 'server.git');
  rmSync(server, { recursive: true, force: true });
  execFileSync('git', ['clone', '-q', '--bare', ws.origin, server], { env: ws.env });
  execFileSync('git', ['update-ref', 'refs/heads/main', start], { cwd: server, env: ws.env });
  execFileSync('git', ['fetch', '-q', ws.repo, head], { cwd: server, env: ws.env });
  const line = `${start} ${head} refs/heads/main\n`;
  const io = { cwd: server, env: { ...ws.env, ...env }, stdin: Readable.from([line]) };
  return await saying((stderr) => preReceive(args, { ...io, stderr }));
};
function commitAll(): void {
  ws.git('add', '-A');
  ws.git('commit', '-q', '--no-verify', '--allow-empty', '-m', 'Change');
}
const edit = (change: (text: string) => string): void => {
  const text = ws.read(file);
  const changed = change(text);
  expect(changed).not.toBe(text);
  ws.write(file, changed);
};
const flip = (base64: string): string => base64.replace(/[A-Za-z]/, (c) => (c === 'A' ? 'B' : 'A'));

describe.each([
  ['pre-commit', commitGate],
  ['pre-push', pushGate],
  ['pre-receive', serverGate],
])('%s', (name, gate) => {
  it('lets pass what was made by the commands', async () => {
    await setInto(ws, db, { password: 'made-up other' });
    await sealInto(ws, 'production/new', { a: 'made-up' });
    expect(await gate()).toEqual({ code: 0, said: '' });
  });

  it.each([
    [
      'ciphertext',
      (t: string) => t.replace(/(password: ")([^"]+)/, (_, a: string, b: string) => a + flip(b)),
      'it was changed by hand or damaged: the ciphertext of password',
    ],
    [
      'a wrap, which no signature covers',
      (t: string) =>
        t.replace(
          /(region: us-east,?\s[^}]*?wrapped: "?)([\w+/=]+)/,
          (_, a: string, b: string) => a + flip(b),
        ),
      'the wrap for us-east',
    ],
    [
      'the template',
      (t: string) => t.replace('immutable: false', 'immutable: true'),
      'no signature fits',
    ],
    [
      'the version',
      (t: string) => t.replace(/^ {2}version: 1$/m, '  version: 2'),
      'no signature fits',
    ],
    [
      'its name',
      (t: string) => t.replace('name: db', 'name: other'),
      'the file says it is production/other',
    ],
    ['its form', (t: string) => t.replace('suite: 1', 'suit: 1'), 'not readable as a sealed file'],
  ])('refuses a file of which somebody has changed %s by hand', async (_, change, words) => {
    edit(change);
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain(file);
    expect(said).toContain(words);
    if (name === 'pre-commit') expect(said).toContain(`git checkout HEAD -- ${file}`);
  });

  it('says once what is wrong with each of several envelopes', async () => {
    await setInto(ws, db, { password: 'made-up other' }, { regions: ['us-east'] });
    commitAll();
    expect(ws.read(file).match(/^ *(?:- )?commitment:/gm)?.length).toBeGreaterThan(1);
    edit((text) => text.replace('type: Opaque', 'type: example.com/other'));
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said.split('what the ciphertext is bound to').length).toBe(2);
  });

  it('refuses what is sealed for a region that the policy does not give it to, and says what mends it', async () => {
    ws.write('edgeseal.yaml', ws.read('edgeseal.yaml').replace(/ *- us-west\n/, ''));
    commitAll();
    await setInto(ws, db, { password: 'made-up other' });
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('it is sealed for us-west, which the defaultRegions do not allow');
    expect(said).toContain(`hint: edgeseal reseal ${db}`);
  });

  it('warns of a file that is not signed, as a listed author can sign it later', async () => {
    await setInto(ws, db, { password: 'made-up other' }, { sign: false });
    const { code, said } = await gate();
    expect(code).toBe(0);
    expect(said).toContain(`warning: ${file}: it is not signed`);
    expect(said).toContain(`edgeseal sign ${db}`);
  });

  it('refuses a signature of somebody whom the root does not list', async () => {
    const key = join(ws.folder, 'home/.ssh/stranger');
    if (!existsSync(key)) await generateSigningKey(key, 'made-up stranger', ws.env);
    await sealInto(ws, 'production/new', { a: 'made-up' });
    const secret = sealedIn(ws, 'production/new');
    const [theirs] = secret.spec.signatures;
    const [signature = ''] = await sign({
      key: await findSigningKey({ cwd: ws.repo, env: ws.env, keyPath: key }),
      namespace: signatureNamespaces.secret,
      messages: [statementBytes(ws.repositoryId, secret)],
      env: ws.env,
    });
    secret.spec.signatures = [{ author: theirs?.author ?? '', signature }];
    ws.write('secrets/production/new.yaml', formatEdgeSecret(secret));
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('it is signed by a key that trust root 1 does not list');
  });

  it('refuses a git revert: its version lies below one that was committed', async () => {
    await setInto(ws, db, { password: 'made-up other' });
    commitAll();
    ws.git('checkout', '-q', start, '--', file);
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('version 1 is below 2');
    expect(said).toContain(`edgeseal rollback ${db} --to 1`);
  });

  it('refuses a change that keeps the version', async () => {
    await setInto(ws, db, { password: 'made-up other' });
    const secret = sealedIn(ws, db);
    secret.spec.version = 1;
    for (const envelope of secret.spec.envelopes) if ('version' in envelope) envelope.version = 1;
    secret.spec.signatures = [];
    await put(ws, secret);
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('it was changed, and is still version 1');
  });

  it('refuses a public key that the root does not list, whoever is to seal for it', async () => {
    const { key } = await generateRegionKey();
    const text = ws.read('regions/us-east.yaml');
    const listed = formatRegionPublicKey(ws.keys['us-east']!);
    ws.write(
      'regions/us-east.yaml',
      text.replace(listed.trim(), formatRegionPublicKey(key).trim()),
    );
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('regions/us-east.yaml');
    expect(said).toContain('is not in trust root 1');
  });

  it('refuses settings that nobody can read', async () => {
    ws.write('edgeseal.yaml', `${ws.read('edgeseal.yaml')}surprise: made-up\n`);
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('edgeseal.yaml');
  });

  it('refuses a private region key, and plaintext beside the sealed file', async () => {
    const { line } = await generateRegionKey();
    writeFileSync(join(ws.repo, 'regions/us-east.key'), line.reveal());
    ws.write('secrets/production/db.plain.yaml', plainSecret('db'));
    const { code, said } = await gate();
    expect(code).toBe(1);
    expect(said).toContain('regions/us-east.key:1: a private region key');
    expect(said).toContain('secrets/production/db.plain.yaml:5');
  });
});

it('pre-commit warns of plaintext that Git does not know yet beside the sealed file', async () => {
  await setInto(ws, db, { password: 'made-up other' });
  ws.git('add', '-A');
  ws.write('secrets/production/db.dec.yaml', plainSecret('db'));
  ws.write('secrets/production/.env', 'DB_PASSWORD=Made-Up-4711-Value\n');
  ws.write('secrets/production/notes.txt', 'nothing of it\n');
  const { code, said } = await saying((stderr) =>
    preCommit([], { cwd: ws.repo, env: ws.env, stderr }),
  );
  expect(code).toBe(0);
  expect(said).toContain('secrets/production/db.dec.yaml holds secrets in plaintext');
  expect(said).toContain('secrets/production/.env holds secrets in plaintext');
  expect(said).not.toContain('notes.txt');
});

it('pre-commit says in a clone that has accepted no root what it holds signatures against', async () => {
  const clone = join(ws.folder, 'clone');
  rmSync(clone, { recursive: true, force: true });
  execFileSync('git', ['clone', '-q', ws.origin, clone], { env: ws.env });
  await setInto(ws, db, { password: 'made-up other' });
  writeFileSync(join(clone, file), ws.read(file));
  execFileSync('git', ['add', '-A'], { cwd: clone, env: ws.env });
  const { code, said } = await saying((stderr) =>
    preCommit([], { cwd: clone, env: ws.env, stderr }),
  );
  expect(code).toBe(0);
  expect(said).toContain('this clone has not accepted a trust root');
});

describe('pre-receive', () => {
  it('refuses an unsigned file on branches that are named, and takes it on others', async () => {
    await setInto(ws, db, { password: 'made-up other' }, { sign: false });
    const { code, said } = await serverGate(['--signed', 'main']);
    expect(code).toBe(1);
    expect(said).toContain('it is not signed');
    expect((await serverGate(['--signed', 'release'])).code).toBe(0);
  });

  it('follows the root that its main branch has, not the one of the push', async () => {
    const other = await makeWorkspace();
    try {
      for (const path of ['trust/1.yaml', 'trust/1.sig']) ws.write(path, other.read(path));
      const { code, said } = await serverGate();
      expect(code).toBe(1);
      expect(said).toContain('has no trust root with the accepted fingerprint');
    } finally {
      other.remove();
    }
  });

  it('follows EDGESEAL_ROOT, where it is set', async () => {
    await setInto(ws, db, { password: 'made-up other' });
    const { code, said } = await serverGate([], { EDGESEAL_ROOT: 'a'.repeat(64) });
    expect(code).toBe(0);
    expect(said).toContain('has no trust root with the accepted fingerprint');
  });

  it('judges a forced push by what the branch was before', async () => {
    await setInto(ws, db, { password: 'made-up other' });
    commitAll();
    const newer = ws.git('rev-parse', 'HEAD');
    const server = join(ws.folder, 'server.git');
    rmSync(server, { recursive: true, force: true });
    execFileSync('git', ['clone', '-q', '--bare', ws.repo, server], { env: ws.env });
    const io = {
      cwd: server,
      env: ws.env,
      stdin: Readable.from([`${newer} ${start} refs/heads/main\n`]),
    };
    const { code, said } = await saying((stderr) => preReceive([], { ...io, stderr }));
    expect(code).toBe(1);
    expect(said).toContain('version 1 is below 2');
  });

  it('takes the first push of a whole repository', async () => {
    const server = join(ws.folder, 'empty.git');
    mkdirSync(server, { recursive: true });
    execFileSync('git', ['init', '-q', '--bare', server], { env: ws.env });
    execFileSync('git', ['fetch', '-q', ws.repo, start], { cwd: server, env: ws.env });
    const io = {
      cwd: server,
      env: ws.env,
      stdin: Readable.from([`${zero} ${start} refs/heads/main\n`]),
    };
    expect(await saying((stderr) => preReceive([], { ...io, stderr }))).toEqual({
      code: 0,
      said: '',
    });
  });
});

it('a secrets repository in a folder of another is judged as one at the top', async () => {
  const mono = join(ws.folder, 'mono');
  rmSync(mono, { recursive: true, force: true });
  mkdirSync(join(mono, 'infra'), { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: mono, env: ws.env, encoding: 'utf8' });
  git('init', '-q');
  execFileSync('sh', ['-c', `git -C '${ws.repo}' archive HEAD | tar x -C '${mono}/infra'`], {
    env: ws.env,
  });
  git('add', '-A');
  const gate = (): Promise<Said> =>
    saying((stderr) => preCommit([], { cwd: mono, env: { ...ws.env, EDGESEAL_ROOT: '' }, stderr }));
  expect((await gate()).code).toBe(0);
  git('commit', '-q', '-m', 'Start');
  writeFileSync(join(mono, 'infra', file), ws.read(file).replace('name: db', 'name: other'));
  git('add', '-A');
  const { code, said } = await gate();
  expect(code).toBe(1);
  expect(said).toContain(`infra/${file}:1: the file says it is production/other`);
});
