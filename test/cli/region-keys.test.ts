import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { sealedIn } from '../support/sealed-values.ts';
import { makeWorkspace, newIfNeeded } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-9313';

let ws: Workspace;
let folder: string;
beforeEach(async () => {
  ws = await makeWorkspace({
    policy: `apiVersion: v1
kind: ConfigMap
metadata:
  name: secret-distribution
data:
  distribution-policy.yaml: |
    regions:
      us-east: # the big one
        secrets: [prod/a]
        encryption-key: us-east-key
      us-west:
        secrets: [prod/a]
        encryption-key: us-west-key
`,
    defaultRegions: ['us-east', 'us-west'],
  });
  folder = join(ws.folder, 'new-keys');
  await set('prod/a', 'user');
  await set('prod/a', 'password');
  await set('prod/b', 'token');
  ws.commit('Seal');
});
afterEach(() => {
  ws.remove();
});

async function run(line: string, stdin = ''): Promise<CliResult> {
  const result = await ws.cli(line.split(' '), { stdin });
  expect(result.stdout + result.stderr).not.toMatch(/edgeseal-region-key-1-|MARKER/);
  return result;
}
async function must(line: string, stdin = ''): Promise<CliResult> {
  const result = await run(line, stdin);
  expect(result.code, `${line}\n${result.stderr}`).toBe(0);
  return result;
}
const set = async (secret: string, item: string): Promise<CliResult> =>
  must(['set', secret, item, ...newIfNeeded(ws, secret), '--from-file', '-'].join(' '), marker);

/** Runs the command that a message gives, as a person would; FILE words are given. */
async function follow(said: string, command: RegExp, files: Record<string, string> = {}) {
  const found = command.exec(said)?.[0] ?? '';
  expect(found, said).not.toBe('');
  let line = found.replace(/^edgeseal /, '');
  for (const [word, file] of Object.entries(files)) line = line.replace(word, file);
  return must(line);
}
async function keysOf(region: string): Promise<[name: string, state: string][]> {
  const { stdout } = await must('region list -o json');
  const { regions } = JSON.parse(stdout) as {
    regions: { name: string; keys: { name: string; state: string }[] }[];
  };
  const keys = regions.find(({ name }) => name === region)?.keys ?? [];
  return keys.map(({ name, state }) => [name, state]);
}
async function exposed(secret: string): Promise<unknown> {
  const { stdout } = await run(`status ${secret} -o json`);
  return (JSON.parse(stdout) as { secrets: { exposed: unknown }[] }).secrets[0]?.exposed;
}
const wraps = (secret: string, id: string): number =>
  sealedIn(ws, secret).spec.envelopes.filter(
    (one) =>
      'recipients' in one &&
      one.recipients.some(({ key, wrapped }) => key === id && wrapped !== undefined),
  ).length;
const opens = async (secret: string, key: string, item: string): Promise<boolean> => {
  const { code, stdout } = await ws.cli(['unseal', secret, '--key', key, '--item', item]);
  return code === 0 && stdout === marker;
};

describe('rotation', () => {
  it('goes from the old key to the new one, and each step is refused before the one it needs', async () => {
    const old = ws.keys['us-east']!;
    await must('publish');
    const only = await run(`region retire us-east ${old.id}`);
    expect([only.code, only.stderr]).toEqual([3, expect.stringContaining('the only active key')]);
    await follow(only.stderr, /edgeseal region rotate us-east --generate DIRECTORY/, {
      DIRECTORY: folder,
    });
    const fresh = join(folder, 'us-east-2.key');
    expect(existsSync(fresh)).toBe(true);
    expect(await keysOf('us-east')).toEqual([
      ['us-east-key', 'active'],
      ['us-east-key-2', 'active'],
    ]);

    const early = await run(`region retire us-east us-east-key`);
    expect([early.code, early.stderr]).toEqual([
      4,
      expect.stringContaining('prod/a, prod/b would not open for us-east any more'),
    ]);
    await follow(
      early.stderr,
      /edgeseal reseal prod\/a prod\/b --with-recovery RECOVERY-KEY-FILE/,
      {
        'RECOVERY-KEY-FILE': ws.keyFile('recovery'),
      },
    );
    expect(await opens('prod/a', fresh, 'password')).toBe(true);
    const unpublished = await run(`region retire us-east ${old.id}`);
    expect([unpublished.code, unpublished.stderr]).toEqual([
      5,
      expect.stringContaining('(snapshot 1) opens with the old key only: prod/a, prod/b'),
    ]);
    ws.commit('Rotate');
    await follow(unpublished.stderr, /edgeseal publish us-east/);

    const versions = [sealedIn(ws, 'prod/a'), sealedIn(ws, 'prod/b')].map((s) => s.spec.version);
    const retired = await must(`region retire us-east ${old.id}`);
    expect(retired.stdout).toContain(`us-east: key ${old.id} is retired by root 3`);
    expect(retired.stdout).toContain('same version, signatures stay');
    expect(ws.read('policy/distribution-policy.yaml')).toMatch(
      /us-east:\n +# the big one\n +secrets: \[prod\/a\]\n +encryption-key: us-east-key-2\n/,
    );
    expect([wraps('prod/a', old.id), wraps('prod/b', old.id)]).toEqual([0, 0]);
    expect([sealedIn(ws, 'prod/a'), sealedIn(ws, 'prod/b')].map((s) => s.spec.version)).toEqual(
      versions,
    );
    expect(await opens('prod/a', ws.keyFile('us-east'), 'user')).toBe(false);
    expect(await opens('prod/a', fresh, 'user')).toBe(true);
    expect((await must('verify')).stdout).toMatch(/^ok: 2 of 2 sealed secrets in order \(/m);
    ws.commit('Retire');
    await must('publish');
    expect((await must(`region retire us-east ${old.id}`)).stdout).toContain('is retired already');
    await set('prod/b', 'token');
    expect(await opens('prod/b', fresh, 'token')).toBe(true);
  });

  it('by the region’s own old key, by the recovery key at once, or not at all by a wrong file', async () => {
    await must(`region rotate us-west --generate ${folder}`);
    await must(`reseal --all --key ${ws.keyFile('us-west')}`);
    expect(await opens('prod/b', join(folder, 'us-west-2.key'), 'token')).toBe(true);
    const before = ws.git('status', '--porcelain');
    const wrong = await run(
      `region rotate us-east --generate ${folder} --with-recovery ${ws.keyFile('us-west')}`,
    );
    expect([wrong.code, wrong.stderr]).toEqual([3, expect.stringContaining('not of a recovery')]);
    expect(ws.git('status', '--porcelain')).toBe(before);
    expect(existsSync(join(folder, 'us-east-2.key'))).toBe(false);
    const at = `--generate ${folder} --with-recovery ${ws.keyFile('recovery')}`;
    const done = await must(`region rotate us-east ${at}`);
    expect(done.stderr).toContain('take it offline again');
    expect(await opens('prod/a', join(folder, 'us-east-2.key'), 'password')).toBe(true);
    expect((await run(`region rotate us-eats ${at}`)).stderr).toContain('did you mean us-east?');
  });

  it('of the recovery key: the old one opens nothing any more, the new one everything', async () => {
    const old = ws.keys['recovery']!;
    const at = `--generate ${folder} --with-recovery ${ws.keyFile('recovery')}`;
    const said = await must(`region rotate recovery ${at}`);
    expect(said.stderr).toContain('Move it offline now');
    await follow(said.stderr, /edgeseal region retire recovery [0-9a-f]{16}/);
    const fresh = join(folder, 'recovery-2.key');
    expect((await must(`verify --key ${fresh}`)).stdout).toMatch(/opened 3 wraps/);
    expect((await run(`verify --key ${ws.keyFile('recovery')}`)).code).toBe(1);
    expect(await keysOf('recovery')).toEqual([
      ['recovery-key', 'retired'],
      ['recovery-key-2', 'active'],
    ]);
    ws.commit('Rotate the recovery key');
    await must('publish');
    // Found in a drawer later, by somebody else: what it could read is known.
    const late = await must(`region revoke recovery ${old.id}`);
    expect(late.stdout).toContain('  prod/a: password, user\n  prod/b: token');
  });
});

describe('a revoked key', () => {
  it('is listed with what it could read, item by item, until each is replaced', async () => {
    const old = ws.keys['us-east']!;
    const at = `--generate ${folder} --with-recovery ${ws.keyFile('recovery')}`;
    await must(`region rotate us-east ${at}`);
    const { stdout, stderr } = await must(`region revoke us-east ${old.id}`);
    expect(stdout).toContain(
      `key ${old.id} of us-east could read, until replaced:\n  prod/a: password, user\n  prod/b: token\n`,
    );
    expect(stderr).toContain('  edgeseal set prod/a password\n  edgeseal set prod/a user\n');
    expect(stderr).not.toContain('only key');
    expect([wraps('prod/a', old.id), wraps('prod/b', old.id)]).toEqual([0, 0]);
    ws.commit('Revoke');
    const who = { region: 'us-east', key: old.id };
    expect(await exposed('prod/a')).toEqual([{ ...who, items: ['password', 'user'] }]);
    expect((await must('verify')).stdout).toContain(
      `prod/a.yaml: key ${old.id} of us-east could read password, user\n         replace at the source, then: edgeseal set prod/a password; edgeseal set prod/a user`,
    );
    await set('prod/a', 'password');
    expect(await exposed('prod/a')).toEqual([{ ...who, items: ['user'] }]);
    expect((await must('verify')).stdout).toContain(`${old.id} of us-east could read user\n`);
    // A value for one of its regions leaves the old one in the other.
    await must('set prod/a user --regions us-west --from-file -', marker);
    expect(await exposed('prod/a')).toEqual([{ ...who, items: ['user'] }]);
    await set('prod/a', 'user');
    expect(await exposed('prod/a')).toEqual([]);
    expect((await must(`region revoke us-east ${old.id}`)).stdout).toContain(
      'is revoked already\nkey ' +
        old.id +
        ' of us-east could read, until replaced:\n  prod/b: token',
    );
    await set('prod/b', 'token');
    expect((await must('verify')).stdout).not.toContain('could read');
    ws.commit('Replace');
    await must('publish');
  });

  it('that was the only one leaves its region without: said, and mended by the command given', async () => {
    const old = ws.keys['us-east']!;
    const { stderr } = await must(`region revoke us-east us-east-key`);
    expect(stderr).toContain('that was the only key of us-east');
    expect(wraps('prod/a', old.id)).toBe(0);
    expect(await opens('prod/a', ws.keyFile('us-west'), 'password')).toBe(true);
    const keyless = await run('verify');
    expect([keyless.code, keyless.stdout]).toEqual([
      1,
      expect.stringContaining('us-east has no active key: nothing can be sealed for it'),
    ]);
    const refused = await run('set prod/a password --from-file -', marker);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('no active key')]);
    ws.commit('Revoke');
    // Other regions and secrets go on, and what the region has stays.
    expect((await run('publish')).stdout).toContain('us-west');
    await follow(refused.stderr, /edgeseal region rotate us-east --generate DIRECTORY/, {
      DIRECTORY: folder,
    });
    await follow(stderr, /edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE/, {
      'RECOVERY-KEY-FILE': ws.keyFile('recovery'),
    });
    expect(await opens('prod/a', join(folder, 'us-east-2.key'), 'password')).toBe(true);
    // The policy named the key that is gone.
    expect(ws.read('policy/distribution-policy.yaml')).toContain('encryption-key: us-east-key-2');
    expect((await run('verify')).code).toBe(0);
  });

  it('of a recovery recipient is refused while it is the only one', async () => {
    const { code, stderr } = await run('region revoke recovery recovery-key');
    expect([code, stderr]).toEqual([3, expect.stringContaining('eu-central, us-east, us-west')]);
    await follow(stderr, /edgeseal region rotate recovery --generate DIRECTORY/, {
      DIRECTORY: folder,
    });
    const done = await must('region revoke recovery recovery-key');
    expect(done.stdout).toContain('could read, until replaced:\n  prod/a: password, user');
  });

  it('waits for the other signatures, where several people sign roots', async () => {
    const second = join(ws.folder, 'home/.ssh/second');
    await generateSigningKey(second, 'made-up second', ws.env);
    await must(`trust add-root-key --key ${second}.pub`);
    const raised = await must('trust set-threshold roots 2');
    expect(raised.stdout + raised.stderr).toContain('edgeseal trust sign');
    await must(`trust sign --signing-key ${second} --yes`);
    ws.commit('Two sign');
    const key = ws.keys['us-east']!.id;
    const proposed = await must(`region revoke us-east ${key}`);
    expect(proposed.stdout).toContain('is to be revoked by root 4');
    expect(wraps('prod/a', key)).toBe(2);
    await must(`trust sign --signing-key ${second} --yes`);
    expect(await keysOf('us-east')).toEqual([['us-east-key', 'revoked']]);
    expect((await run('verify')).stdout).toContain('edgeseal reseal prod/a');
    // The region has no key left, which is what it ends with.
    expect((await run('reseal --all')).stderr).toContain('us-east has no active key');
    expect(wraps('prod/a', key)).toBe(0);
  });
});

describe('region remove', () => {
  it('takes it out of root, policy, settings and secrets, and lists what it could read', async () => {
    await set('prod/west', 'value');
    await must(
      'seal --regions us-west',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: west, namespace: prod}\nstringData: {value: ${marker}}\n`,
    );
    const alone = await run('region remove us-west');
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringContaining('prod/west is for us-west alone'),
    ]);
    ws.commit('For one region alone');
    await follow(alone.stderr, /edgeseal rm prod\/west/);
    const { stdout, stderr } = await must('region remove us-west');
    expect(stdout).toContain('us-west: removed, its keys are revoked by root 2');
    expect(stdout).toMatch(/secrets\/prod\/a.yaml: version 3, us-west taken out, signed by author/);
    expect(stdout).toContain(
      'us-west could read, until replaced:\n  prod/a: password, user\n  prod/b: token',
    );
    expect(stderr).toContain('edgeseal uninstall us-west --context CONTEXT');
    expect(existsSync(join(ws.repo, 'regions/us-west.yaml'))).toBe(false);
    expect(ws.read('policy/distribution-policy.yaml')).not.toContain('us-west');
    expect(ws.read('edgeseal.yaml')).not.toContain('us-west');
    ws.commit('Remove us-west');
    expect(await opens('prod/a', ws.keyFile('us-west'), 'password')).toBe(false);
    const verified = await must('verify');
    expect(verified.stdout).toContain('prod/b.yaml: us-west could read token');
    expect(verified.stdout).not.toContain('error');
    const published = await must('publish');
    expect(published.stdout).not.toContain('us-west');
    await set('prod/b', 'token');
    expect(await exposed('prod/b')).toEqual([]);
    expect(await exposed('prod/a')).toEqual([
      { region: 'us-west', key: null, items: ['password', 'user'] },
    ]);

    const gone = await run(
      'seal --regions us-west',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: prod}\nstringData: {a: b}\n',
    );
    expect(gone.stderr).toContain('there is no region us-west');
    const rotated = await run(`region rotate us-west --generate ${folder}`);
    expect([rotated.code, rotated.stderr]).toEqual([
      2,
      expect.stringContaining('us-west was removed'),
    ]);
    // It comes back with a new key; what the old one could read stays known.
    await follow(rotated.stderr, /edgeseal region add us-west --generate DIRECTORY/, {
      DIRECTORY: folder,
    });
    expect(await keysOf('us-west')).toEqual([
      ['us-west-key', 'active'],
      ['(not in the file)', 'revoked'],
    ]);
    await must(
      `seal --regions us-east,us-west`,
      `apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: prod}\nstringData: {token: ${marker}}\n`,
    );
    const policy = ws.read('policy/distribution-policy.yaml');
    ws.write(
      'policy/distribution-policy.yaml',
      policy.replace('- prod/b', '- prod/b\n        - prod/a'),
    );
    await must(`reseal prod/a --with-recovery ${ws.keyFile('recovery')}`);
    expect(await exposed('prod/a')).toEqual([
      { region: 'us-west', key: ws.keys['us-west']!.id, items: ['password', 'user'] },
    ]);
  });

  it('refuses a recovery recipient that regions have, and an unknown name', async () => {
    expect((await run('region remove recovery')).stderr).toContain(
      'recovery is the recovery recipient of eu-central, us-east, us-west',
    );
    expect((await run('region remove us-wets')).stderr).toContain('did you mean us-west?');
    expect(ws.git('status', '--porcelain')).toBe('');
  });
});
