import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { nextRoot, withoutAuthor } from '../support/root.ts';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { typed } from '../support/terminal.ts';
import { makeWorkspace, newIfNeeded } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-4715';

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});

interface Json {
  author: string | null;
  signed: {
    name: string;
    version: number;
    base: { version: number; signed: boolean } | null;
    changes: Record<string, unknown[]>;
    signaturesBefore: { author: string; state: string }[];
  }[];
  refused: { file: string; errors: { code: string; message: string }[] }[];
  inOrder: number;
  ok: boolean;
}

const set = async (secret: string, item: string, ...more: string[]): Promise<CliResult> =>
  ws.cli(['set', secret, item, ...newIfNeeded(ws, secret), '--from-file', '-', ...more], {
    stdin: marker,
  });
const unsigned = (secret: string, item: string, ...more: string[]): Promise<CliResult> =>
  set(secret, item, '--no-sign', ...more);
const signJson = async (...args: string[]): Promise<{ code: number; json: Json }> => {
  const result = await ws.cli(['sign', '-o', 'json', ...args]);
  return { code: result.code, json: JSON.parse(result.stdout) as Json };
};
const authorsOf = (secret: string): string[] =>
  sealedIn(ws, secret).spec.signatures.map(({ author }) => author);

describe('what is signed', () => {
  it('is what nobody stands for yet: shown without a value, asked about, written once', async () => {
    await set('prod/a', 'password');
    await set('prod/a', 'user');
    ws.commit('Signed');
    await unsigned('prod/a', 'user', '--regions', 'us-west');
    await ws.cli(['unset', 'prod/a', 'password', '--no-sign']);
    const before = ws.read('secrets/prod/a.yaml');
    const no = await typed(ws, ['sign', 'prod/a'], ['n']);
    expect(no.code).toBe(2);
    expect(no.shown).toContain('version 4, compared with the last signed one, version 2');
    expect(no.shown).toContain('replaced    user for us-west');
    expect(no.shown).toContain('removed     password');
    expect(no.shown).toContain('Sign 1 secret as author@example.com? [y/N]');
    expect(no.shown).not.toContain(marker);
    expect(ws.read('secrets/prod/a.yaml')).toBe(before);
    const yes = await typed(ws, ['sign', '--all'], ['y']);
    expect(yes.code, yes.shown).toBe(0);
    expect(yes.shown).toContain('secrets/prod/a.yaml: signed version 4 as author@example.com');
    expect(yes.shown).toContain('next: git add secrets/prod/a.yaml && git commit');
    expect((await ws.cli(['verify', 'prod/a'])).code).toBe(0);
    expect(await valuesIn(ws, 'prod/a')).toEqual({ user: marker });
    const signed = ws.read('secrets/prod/a.yaml');
    const again = await ws.cli(['sign', 'prod/a']);
    expect([again.code, again.stdout]).toEqual([0, 'nothing to sign: 1 secret in order\n']);
    expect(ws.read('secrets/prod/a.yaml')).toBe(signed);
    ws.commit('Sign');
  });

  it('needs --yes where there is no terminal, and tells what it would sign', async () => {
    await unsigned('prod/b', 'x');
    const before = ws.read('secrets/prod/b.yaml');
    const refused = await ws.cli(['sign', 'prod/b']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('with --yes')]);
    expect(refused.stdout).toContain('prod/b  version 1, new: no author stands for any version');
    expect(ws.read('secrets/prod/b.yaml')).toBe(before);
    expect((await ws.cli(['sign', 'prod/b', '--yes'])).code).toBe(0);
    expect((await ws.cli(['sign'])).code).toBe(2);
    expect((await ws.cli(['sign', 'prod/b', '--all'])).code).toBe(2);
    expect((await ws.cli(['sign', 'prod/none', '-y'])).code).toBe(2);
  });

  it('tells regions, template and new items apart', async () => {
    const seal = (labels: string, ...more: string[]): Promise<CliResult> =>
      ws.cli(['seal', '--no-sign', ...more], {
        stdin: `apiVersion: v1\nkind: Secret\nmetadata: {name: c, namespace: prod, labels: ${labels}}\nstringData: {a: ${marker}}\n`,
      });
    await seal('{app: one}', '--regions', 'us-east,us-west');
    await ws.cli(['sign', '--all', '-y']);
    ws.commit('Sign');
    await seal('{app: two}', '--regions', 'us-east,eu-central');
    await unsigned('prod/c', 'b', '--regions', 'us-east');
    const { json } = await signJson('prod/c', '-y');
    expect(json.signed[0]?.base).toMatchObject({ version: 1, signed: true });
    expect(json.signed[0]?.changes).toEqual({
      regionsAdded: ['eu-central'],
      regionsRemoved: ['us-west'],
      added: [{ item: 'b', regions: ['us-east'] }],
      removed: [],
      replaced: [{ item: 'a', regions: ['us-east'] }],
      unchanged: [],
      template: ['label app'],
    });
    expect(JSON.stringify(json)).not.toContain(marker);
    ws.commit('Sign');
  });

  it('drops signatures that do not count, and names whose they were', async () => {
    await set('prod/d', 'a');
    const file = 'secrets/prod/d.yaml';
    ws.write(file, ws.read(file).replace('version: 1\n', 'version: 2\n'));
    const { code, json } = await signJson('--all', '-y');
    expect(code).toBe(0);
    expect(json.signed).toMatchObject([
      { name: 'd', signaturesBefore: [{ author: 'author@example.com', state: 'stale' }] },
    ]);
    expect(sealedIn(ws, 'prod/d').spec.signatures).toHaveLength(1);
    const text = ws.read(file);
    ws.write(
      file,
      text.replace(/BEGIN SSH SIGNATURE-----\n\s+\S/, (all) => `${all}!`),
    );
    const malformed = await signJson('prod/d', '-y');
    expect(malformed.json.signed[0]?.signaturesBefore[0]?.state).toBe('malformed');
    expect((await ws.cli(['verify', 'prod/d'])).code).toBe(0);
    ws.commit('Sign');
  });

  it('is what an author signed who is one no more, compared with what others vouch for', async () => {
    const bob = join(ws.folder, 'bob');
    await generateSigningKey(bob, 'made-up bob', ws.env);
    await ws.cli(['trust', 'add-author', 'bob@example.com', '--key', `${bob}.pub`]);
    await set('prod/e', 'a');
    ws.commit('By the author');
    await set('prod/e', 'b', '--signing-key', bob);
    expect(authorsOf('prod/e')).toEqual(['bob@example.com']);
    ws.commit('By Bob');
    await nextRoot(ws, withoutAuthor('bob@example.com'));
    const { json } = await signJson('--all', '-y');
    expect(json.signed).toMatchObject([
      {
        name: 'e',
        base: { version: 1, signed: true },
        changes: { added: [{ item: 'b' }] },
        signaturesBefore: [{ author: 'bob@example.com', state: 'unlisted' }],
      },
    ]);
    expect(authorsOf('prod/e')).toEqual(['author@example.com']);
    ws.commit('Without Bob');
  });
});

describe('what is refused', () => {
  it('is named, and does not keep the others from being signed', async () => {
    await unsigned('prod/good', 'a');
    await unsigned('prod/broken', 'a');
    const broken = ws.read('secrets/prod/broken.yaml').replace('suite: 1', 'suite: 9');
    ws.write('secrets/prod/broken.yaml', broken);
    await unsigned('prod/foreign', 'a');
    const foreign = ws.read('secrets/prod/foreign.yaml');
    const strange = foreign.replace(/key: "[0-9a-f]{16}"/, 'key: "00000000000000aa"');
    ws.write('secrets/prod/foreign.yaml', strange);
    await unsigned('prod/other', 'a');
    const { code, json } = await signJson('--all', '-y');
    expect(code).toBe(1);
    expect(json.ok).toBe(false);
    expect(json.refused.map((r) => [r.file, r.errors[0]?.code])).toEqual([
      ['secrets/prod/broken.yaml', 'format-schema'],
      ['secrets/prod/foreign.yaml', 'trust-key'],
    ]);
    expect(json.signed.map(({ name }) => name)).toEqual(['good', 'other']);
    expect(ws.read('secrets/prod/broken.yaml')).toBe(broken);
    expect(ws.read('secrets/prod/foreign.yaml')).toBe(strange);
    const text = await ws.cli(['sign', '--all', '-y']);
    expect(text.code).toBe(1);
    expect(text.stderr).toContain('not signed: secrets/prod/broken.yaml');
    ws.git('clean', '-fdq');
  });

  it('is what the policy does not allow', async () => {
    await unsigned('prod/over', 'a');
    const settings = ws.read('edgeseal.yaml');
    ws.write('edgeseal.yaml', settings.replace(/^ *- us-west\n/m, ''));
    const { code, json } = await signJson('prod/over', '-y');
    expect([code, json.refused[0]?.errors[0]?.code]).toEqual([1, 'policy-mismatch']);
    expect(authorsOf('prod/over')).toEqual([]);
    ws.write('edgeseal.yaml', settings);
    ws.git('clean', '-fdq');
  });

  it('is a namespace that the author may not write to', async () => {
    const ann = join(ws.folder, 'ann');
    await generateSigningKey(ann, 'made-up ann', ws.env);
    const add = ['trust', 'add-author', 'ann@example.com', '--key', `${ann}.pub`];
    await ws.cli([...add, '--namespaces', 'team-*']);
    await unsigned('prod/f', 'a');
    await unsigned('team-x/f', 'a');
    const { code, json } = await signJson('--all', '-y', '--signing-key', ann);
    expect(code).toBe(1);
    expect(json.author).toBe('ann@example.com');
    expect(json.refused).toMatchObject([
      {
        file: 'secrets/prod/f.yaml',
        errors: [
          { code: 'trust-author', message: expect.stringContaining('namespace prod') as string },
        ],
      },
    ]);
    expect(authorsOf('team-x/f')).toEqual(['ann@example.com']);
    expect(authorsOf('prod/f')).toEqual([]);
    ws.git('clean', '-fdq', 'secrets');
    ws.commit('Add Ann');
  });

  it('is a key that is nobody’s, or that cannot sign: nothing is written', async () => {
    await unsigned('prod/g', 'a');
    await unsigned('prod/h', 'a');
    const before = ws.git('status', '--porcelain');
    const nobody = join(ws.folder, 'nobody');
    await generateSigningKey(nobody, 'made-up', ws.env);
    const unlisted = await ws.cli(['sign', '--all', '-y', '--signing-key', nobody]);
    expect([unlisted.code, unlisted.stderr]).toEqual([
      3,
      expect.stringContaining("is not an author's in trust root"),
    ]);
    const locked = join(ws.folder, 'locked');
    const home = join(ws.folder, 'home/.ssh/id_ed25519');
    execFileSync('cp', [home, locked]);
    execFileSync('ssh-keygen', ['-p', '-q', '-P', '', '-N', 'made-up-pass', '-f', locked]);
    const env = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };
    const failed = await ws.cli(['sign', '--all', '-y', '--signing-key', locked], { env });
    expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('ssh-add')]);
    expect(authorsOf('prod/g')).toEqual([]);
    expect(ws.git('status', '--porcelain')).toBe(before);
    ws.git('clean', '-fdq', 'secrets');
  });

  it('is a version that somebody signed with another content', async () => {
    await set('prod/i', 'a');
    ws.commit('One');
    await set('prod/i', 'b');
    ws.commit('Two');
    ws.git('checkout', '-q', 'HEAD~1', '--', 'secrets/prod/i.yaml');
    const old = await ws.cli(['set', 'prod/i', 'c', '--from-file', '-', '--no-sign'], {
      stdin: 'x',
    });
    expect(old.stdout).toContain('version 3');
    const file = 'secrets/prod/i.yaml';
    const twin = ws.read(file).replaceAll('version: 3\n', 'version: 2\n');
    ws.write(file, twin);
    const { code, json } = await signJson('prod/i', '-y');
    expect([code, json.refused[0]?.errors[0]?.code]).toEqual([1, 'trust-floor']);
    expect(ws.read(file)).toBe(twin);
    ws.git('checkout', '-q', 'HEAD', '--', 'secrets');
  });

  it('is what changed while somebody looked at it', async () => {
    await unsigned('prod/j', 'a');
    const other = ws.read('secrets/prod/j.yaml').replace('immutable: false', 'immutable: true');
    const result = await typed(
      ws,
      ['sign', 'prod/j'],
      [
        () => {
          ws.write('secrets/prod/j.yaml', other);
          return 'y';
        },
      ],
    );
    expect(result.code).toBe(5);
    expect(result.shown).toContain('it changed while you looked at it: nothing was signed');
    expect(ws.read('secrets/prod/j.yaml')).toBe(other);
    ws.git('clean', '-fdq', 'secrets');
  });

  it('cannot move the cursor by an author’s name', async () => {
    await set('prod/k', 'a');
    const file = 'secrets/prod/k.yaml';
    const evil = ws
      .read(file)
      .replace('author: author@example.com', 'author: "\\u001b[2Jroot"')
      .replace('version: 1\n', 'version: 2\n');
    ws.write(file, evil);
    const result = await ws.cli(['sign', 'prod/k', '-y']);
    expect(result.stdout).toContain('?[2Jroot');
    expect(result.stdout).not.toContain('\u001b');
  });
});
