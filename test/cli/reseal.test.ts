import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { generateRegionKey, parseRegionKeys } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { nextRoot, withKeyState } from '../support/root.ts';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace, newIfNeeded } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-4716';

let ws: Workspace;
const made: Workspace[] = [];
beforeEach(async () => {
  ws = await makeWorkspace({ defaultRegions: ['us-east', 'us-west'] });
  made.push(ws);
  await set('prod/a', 'password', marker);
  await set('prod/b', 'user', marker);
  ws.commit('Seal');
});
afterAll(() => {
  for (const one of made) one.remove();
});

const set = async (secret: string, item: string, value: string, ...more: string[]) =>
  ws.cli(['set', secret, item, ...newIfNeeded(ws, secret), '--from-file', '-', ...more], {
    stdin: value,
  });

async function reseal(...args: string[]): Promise<CliResult> {
  const result = await ws.cli(['reseal', ...args]);
  expect(result.stdout + result.stderr).not.toContain(marker);
  expect(result.stdout + result.stderr).not.toContain('edgeseal-region-key-1-');
  return result;
}

const recovery = (): string[] => ['--key', ws.keyFile('recovery')];
const defaults = (...regions: string[]): void => {
  const text = ws.read('edgeseal.yaml').replace(/( *- [a-z-]+\n)+/, '');
  ws.write(
    'edgeseal.yaml',
    text.replace(
      'defaultRegions:\n',
      `defaultRegions:\n${regions.map((r) => `  - ${r}\n`).join('')}`,
    ),
  );
};

/** One more key of a region; its private half. */
async function addKey(region: string): Promise<RegionKey> {
  const { key, line } = await generateRegionKey();
  const file = join(ws.folder, `${key.id}.key`);
  writeFileSync(file, line.reveal(), { mode: 0o600 });
  const added = await ws.cli(['region', 'add', region, '--key', file]);
  expect(added.code, added.stderr).toBe(0);
  return (
    await parseRegionKeys(SecretBytes.fromText(Buffer.from(line.reveal()).toString()), file)
  )[0]!;
}

const recipients = (secret: string): string[] =>
  sealedIn(ws, secret).spec.envelopes.flatMap((e) =>
    'recipients' in e
      ? e.recipients.map(
          (r) => `${r.region} ${r.key ?? '-'}${r.wrapped === undefined ? ' bare' : ''}`,
        )
      : [],
  );

describe('an added key', () => {
  it('gets wraps without a new version; signatures and ciphertext stay', async () => {
    const key = await addKey('us-east');
    const before = sealedIn(ws, 'prod/a');
    const result = await reseal('--all', ...recovery());
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain(
      `secrets/prod/a.yaml: version 1, wrapped for key ${key.id} of us-east, same version, signatures stay`,
    );
    const after = sealedIn(ws, 'prod/a');
    expect(after.spec.signatures).toEqual(before.spec.signatures);
    expect(after.spec.version).toBe(1);
    const opened = await unsealSecret(after, ws.repositoryId, 'us-east', [key]);
    expect(Buffer.from(opened!.items.get('password')!.reveal()).toString()).toBe(marker);
    expect(await valuesIn(ws, 'prod/a')).toEqual({ password: marker });
    expect((await ws.cli(['verify'])).code).toBe(0);
    const text = ws.read('secrets/prod/a.yaml');
    const again = await reseal('--all', ...recovery());
    expect(again.stdout).toBe('nothing to do: 2 secrets in line with policy and keys\n');
    expect(ws.read('secrets/prod/a.yaml')).toBe(text);
  });

  it('is told without a private key: which command it takes, exit code 4, nothing changed', async () => {
    const key = await addKey('us-east');
    const before = ws.read('secrets/prod/a.yaml');
    const result = await reseal('--all');
    expect(result.code).toBe(4);
    expect(result.stderr).toContain(
      `prod/a, prod/b: not sealed for key ${key.id} of us-east yet; that takes a private key that opens it`,
    );
    expect(result.stderr).toContain(
      'edgeseal reseal prod/a prod/b --with-recovery RECOVERY-KEY-FILE',
    );
    expect(ws.read('secrets/prod/a.yaml')).toBe(before);
  });

  it('is wrapped for by the key of another region, as well', async () => {
    const key = await addKey('us-east');
    expect((await reseal('prod/a', '--key', ws.keyFile('us-west'))).code).toBe(0);
    expect(recipients('prod/a')).toContain(`us-east ${key.id}`);
    expect(recipients('prod/b')).not.toContain(`us-east ${key.id}`);
  });

  it('is refused with a key that opens nothing, or only some: the others go on', async () => {
    await set('prod/west', 'a', marker);
    await ws.cli(['seal', '--regions', 'us-west'], {
      stdin: `apiVersion: v1\nkind: Secret\nmetadata: {name: west, namespace: prod}\nstringData: {a: ${marker}}\n`,
    });
    const key = await addKey('recovery');
    const before = ws.read('secrets/prod/west.yaml');
    const some = await reseal('--all', '--key', ws.keyFile('us-east'), '-o', 'json');
    expect(some.code).toBe(4);
    const json = JSON.parse(some.stdout) as {
      secrets: { name: string; newVersion: boolean }[];
      failed: { name: string; error: { code: string; hint: string } }[];
    };
    expect(json.secrets.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(json.failed).toMatchObject([{ name: 'west', error: { code: 'seal-no-key' } }]);
    expect(json.failed[0]?.error.hint).toContain('edgeseal reseal prod/west --key FILE');
    expect(ws.read('secrets/prod/west.yaml')).toBe(before);
    expect(recipients('prod/a')).toContain(`recovery ${key.id}`);
    const stranger = join(ws.folder, 'stranger.key');
    writeFileSync(stranger, (await generateRegionKey()).line.reveal(), { mode: 0o600 });
    const none = await reseal('prod/west', '--key', stranger);
    expect(none.code).toBe(4);
    expect(none.stderr).toContain("no region's file lists the key");
    expect(none.stderr).toContain('it opens for recovery, us-west');
    expect((await reseal('prod/west', '--key', join(ws.folder, 'none.key'))).code).toBe(2);
  });
});

describe('a region', () => {
  it('that the policy takes out goes without a key, is listed as exposed, and the change is signed', async () => {
    defaults('us-east');
    const result = await reseal('--all');
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain(
      'secrets/prod/a.yaml: version 2, us-west taken out, signed by author@example.com',
    );
    expect(result.stderr).toContain('edgeseal set prod/a ITEM');
    expect(sealedIn(ws, 'prod/a').spec.envelopes[0]).toMatchObject({ exposed: ['us-west'] });
    expect(await valuesIn(ws, 'prod/a')).toEqual({ password: marker });
    expect(await valuesIn(ws, 'prod/a', 'us-west')).toEqual({});
    expect((await ws.cli(['verify'])).code).toBe(0);
  });

  it('that the policy adds gets all that the others share, as a new signed version', async () => {
    await set('prod/a', 'extra', marker, '--regions', 'us-west');
    defaults('us-east', 'us-west', 'eu-central');
    const result = await reseal('prod/a', ...recovery());
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain('version 3, for eu-central too, signed by author@example.com');
    expect(result.stderr).toContain(
      'extra is not the same in all of its regions, so eu-central did not get it',
    );
    expect(result.stderr).toContain('edgeseal set prod/a extra --regions eu-central');
    expect(await valuesIn(ws, 'prod/a', 'eu-central')).toEqual({ password: marker });
    expect(await valuesIn(ws, 'prod/a', 'us-west')).toEqual({ extra: marker, password: marker });
    expect((await ws.cli(['verify', 'prod/a'])).code).toBe(0);
    const text = ws.read('secrets/prod/a.yaml');
    expect((await reseal('prod/a')).code).toBe(0);
    expect(ws.read('secrets/prod/a.yaml')).toBe(text);
  });

  it('that comes back is exposed no more; a move takes the old one out and the new one in', async () => {
    defaults('us-east');
    await reseal('--all');
    defaults('us-east', 'us-west');
    await reseal('--all', ...recovery());
    const [envelope] = sealedIn(ws, 'prod/a').spec.envelopes;
    expect(envelope).not.toHaveProperty('exposed');
    expect(await valuesIn(ws, 'prod/a', 'us-west')).toEqual({ password: marker });
    defaults('eu-central');
    const moved = await reseal('prod/a', ...recovery());
    expect(moved.code, moved.stderr).toBe(0);
    expect(sealedIn(ws, 'prod/a').spec.envelopes[0]).toMatchObject({
      exposed: ['us-east', 'us-west'],
    });
    expect(await valuesIn(ws, 'prod/a', 'eu-central')).toEqual({ password: marker });
    const alone = await reseal('prod/b');
    expect([alone.code, alone.stderr]).toEqual([
      4,
      'warning: prod/b: not sealed for eu-central yet; that takes a private key that opens it\n  hint: edgeseal reseal prod/b --with-recovery RECOVERY-KEY-FILE\n',
    ]);
    expect(sealedIn(ws, 'prod/b').spec.version).toBe(3);
  });

  it('with values of its own goes with them', async () => {
    await set('prod/a', 'password', `${marker}-west`, '--regions', 'us-west');
    defaults('us-east');
    expect((await reseal('prod/a')).code).toBe(0);
    expect(sealedIn(ws, 'prod/a').spec.envelopes).toHaveLength(1);
    expect(await valuesIn(ws, 'prod/a')).toEqual({ password: marker });
  });

  it('that is not clear about which value it gets is told so', async () => {
    await set('prod/a', 'password', 'one', '--regions', 'us-west');
    await set('prod/a', 'password', 'two', '--regions', 'us-east');
    defaults('us-east', 'us-west', 'eu-central');
    const before = ws.read('secrets/prod/a.yaml');
    const result = await reseal('prod/a', ...recovery());
    expect([result.code, result.stderr]).toEqual([
      2,
      expect.stringContaining('edgeseal set prod/a password --regions eu-central'),
    ]);
    expect(ws.read('secrets/prod/a.yaml')).toBe(before);
  });

  it('does not make anybody vouch for what nobody signed', async () => {
    await set('prod/a', 'password', marker, '--no-sign');
    defaults('us-east');
    const result = await reseal('--all');
    expect(result.stdout).toContain(
      'secrets/prod/a.yaml: version 3, us-west taken out, not signed',
    );
    expect(result.stdout).toContain('secrets/prod/b.yaml: version 2, us-west taken out, signed by');
    expect(result.stderr).toContain('edgeseal sign prod/a');
    defaults('us-west');
    expect((await reseal('prod/b', '--no-sign', ...recovery())).stdout).toContain('not signed');
  });
});

describe('what no author stands for', () => {
  it('is not wrapped for anybody: a committer could have named a region that may not read it', async () => {
    await set('prod/a', 'password', `${marker}-west`, '--regions', 'us-west');
    const file = 'secrets/prod/a.yaml';
    const id = ws.keys['us-east']!.id;
    const lines = ws.read(file).split('\n');
    const at = lines.lastIndexOf('    - region: us-west');
    lines.splice(at, 0, '    - region: us-east', `      key: "${id}"`);
    ws.write(file, lines.join('\n'));
    expect(recipients('prod/a')).toContain(`us-east ${id} bare`);
    const before = ws.read(file);
    const result = await reseal('--all', ...recovery());
    expect([result.code, result.stderr]).toEqual([
      3,
      expect.stringContaining('edgeseal sign prod/a'),
    ]);
    expect(result.stderr).toContain('nothing is wrapped of what no author stands for');
    expect(ws.read(file)).toBe(before);
  });
});

describe('a key', () => {
  it('that is retired loses its wraps, once the others have theirs', async () => {
    const old = ws.keys['us-east']!;
    const key = await addKey('us-east');
    await nextRoot(ws, withKeyState('us-east', old.id, 'retired'));
    await reseal('prod/a');
    expect(recipients('prod/a')).toContain(`us-east ${old.id}`);
    const result = await reseal('prod/a', ...recovery());
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toContain(`no more for retired key ${old.id} of us-east`);
    expect(result.stdout).toContain('same version, signatures stay');
    expect(recipients('prod/a').filter((r) => r.startsWith('us-east'))).toEqual([
      ...[`us-east ${key.id}`, `us-east ${old.id} bare`].sort(),
    ]);
    expect((await ws.cli(['verify', 'prod/a'])).stdout).not.toContain('could read');
    // It turns out later that somebody had it.
    await nextRoot(ws, withKeyState('us-east', old.id, 'revoked'));
    const verified = await ws.cli(['verify', 'prod/a']);
    expect(verified.stdout).toContain(
      `prod/a.yaml: key ${old.id} of us-east could read password\n         replace at the source, then: edgeseal set prod/a password`,
    );
    expect(verified.code).toBe(0);
  });

  it('of a region that was taken out and comes back is not forgotten: no longer in use, but it could read', async () => {
    const old = ws.keys['us-west']!;
    defaults('us-east');
    await reseal('--all');
    ws.commit('Take us-west out');
    const key = await addKey('us-west');
    await nextRoot(ws, withKeyState('us-west', old.id, 'revoked'));
    defaults('us-east', 'us-west');
    const result = await reseal('prod/a', ...recovery());
    expect(result.code, result.stderr).toBe(0);
    expect(sealedIn(ws, 'prod/a').spec.envelopes[0]).not.toHaveProperty('exposed');
    expect(recipients('prod/a').filter((r) => r.startsWith('us-west'))).toEqual(
      [`us-west ${key.id}`, `us-west ${old.id} bare`].sort(),
    );
    ws.commit('Let us-west in');
    const status = await ws.cli(['status', 'prod/a', '-o', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      secrets: [{ exposed: [{ region: 'us-west', key: old.id, items: ['password'] }] }],
    });
    expect((await ws.cli(['verify', 'prod/a'])).code).toBe(0);
    // Without the history that shows what was wrapped, too.
    const shallow = join(ws.folder, 'shallow');
    execFileSync('git', ['clone', '-q', '--depth', '2', `file://${ws.origin}`, shallow]);
    const pin = 'edgeseal/00000000-0000-4000-8000-00000000c0de.json';
    mkdirSync(join(shallow, '.git/edgeseal'));
    copyFileSync(join(ws.repo, '.git', pin), join(shallow, '.git', pin));
    expect((await ws.cli(['verify', 'prod/a'], { cwd: shallow })).code).toBe(0);
  });

  it('that is revoked loses its wraps at once, and is not forgotten', async () => {
    const old = ws.keys['us-east']!;
    await addKey('us-east');
    await nextRoot(ws, withKeyState('us-east', old.id, 'revoked'));
    const before = await ws.cli(['verify', 'prod/a']);
    expect([before.code, before.stdout]).toEqual([
      1,
      expect.stringContaining('us-east, which was revoked\n         edgeseal reseal prod/a\n'),
    ]);
    const bare = await reseal('prod/a');
    expect(bare.code).toBe(4);
    expect(bare.stdout).toContain(`no more for revoked key ${old.id} of us-east`);
    expect(bare.stderr).toContain(`key ${old.id} of us-east could read its values`);
    expect(recipients('prod/a')).toContain(`us-east ${old.id} bare`);
    const status = await ws.cli(['status', 'prod/a', '-o', 'json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      secrets: [{ exposed: [{ region: 'us-east', key: old.id, items: ['password'] }] }],
    });
    expect((await reseal('prod/a', ...recovery())).code).toBe(0);
    expect(sealedIn(ws, 'prod/a').spec.version).toBe(1);
    expect((await ws.cli(['verify', 'prod/a'])).code).toBe(0);
  });

  it('that the root does not list, or a region without one, stops it: told once, nothing changed', async () => {
    const before = ws.read('secrets/prod/a.yaml');
    const region = ws.read('regions/us-east.yaml');
    const stranger = Buffer.from((await generateRegionKey()).key.raw).toString('base64');
    ws.write('regions/us-east.yaml', `${region}  - name: stranger\n    publicKey: ${stranger}\n`);
    const strange = await reseal('--all', ...recovery());
    expect(strange.code).toBe(3);
    expect(strange.stderr.match(/stranger's/g)).toHaveLength(1);
    expect(strange.stderr).toContain('(concerns prod/a, prod/b)');
    ws.write('regions/us-east.yaml', region);
    await nextRoot(ws, withKeyState('us-east', ws.keys['us-east']!.id, 'retired'));
    const none = await reseal('--all', ...recovery());
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining('edgeseal region rotate us-east --generate DIRECTORY'),
    ]);
    expect(ws.read('secrets/prod/a.yaml')).toBe(before);
  });
});

it('writes nothing where signing fails: wraps that need no signature neither', async () => {
  const locked = join(ws.folder, 'locked');
  copyFileSync(join(ws.folder, 'home/.ssh/id_ed25519'), locked);
  execFileSync('ssh-keygen', ['-p', '-q', '-P', '', '-N', 'made-up-pass', '-f', locked]);
  await addKey('us-east');
  await ws.cli(['seal', '--regions', 'us-east,us-west'], {
    stdin: `apiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: prod}\nstringData: {a: ${marker}}\n`,
  });
  defaults('us-east');
  const before = ws.git('status', '--porcelain');
  const texts = [ws.read('secrets/prod/a.yaml'), ws.read('secrets/prod/b.yaml')];
  const env = { SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' };
  const args = ['reseal', '--all', ...recovery(), '--signing-key', locked];
  const result = await ws.cli(args, { env });
  expect([result.code, result.stderr]).toEqual([3, expect.stringContaining('ssh-add')]);
  expect([ws.read('secrets/prod/a.yaml'), ws.read('secrets/prod/b.yaml')]).toEqual(texts);
  expect(ws.git('status', '--porcelain')).toBe(before);
});

it('leaves alone what it cannot read, names it, and leaves no file behind', async () => {
  ws.write('secrets/prod/b.yaml', ws.read('secrets/prod/b.yaml').replace('suite: 1', 'suite: 7'));
  defaults('us-east');
  const result = await reseal('--all');
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('not resealed: secrets/prod/b.yaml');
  expect(result.stderr).toContain('git restore secrets/prod/b.yaml');
  expect(sealedIn(ws, 'prod/a').spec.version).toBe(2);
  expect(readdirSync(join(ws.repo, 'secrets/prod')).sort()).toEqual(['a.yaml', 'b.yaml']);
  expect((await reseal()).code).toBe(2);
  expect((await reseal('prod/none')).code).toBe(2);
});
