import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { nextRoot } from '../support/channel.ts';
import { sealInto, sealedIn, setInto } from '../support/sealed.ts';
import { valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

// What verify says is typed here as it was printed, from where the person stands.

const db = 'production/db';
const file = `secrets/${db}.yaml`;
/** Made up. */
const marker = 'made-up-MARKER-4719';
let ws: Workspace;

beforeEach(async () => {
  ws = await makeWorkspace();
  await sealInto(ws, db, { username: marker, password: marker });
  ws.commit('Seal');
  await setInto(ws, db, { password: `${marker}-2` });
  ws.commit('Set');
});
afterEach(() => {
  ws.remove();
});

interface Finding {
  level: string;
  code: string;
  message: string;
  hint?: string;
}

async function verify(...args: string[]): Promise<{ code: number; errors: Finding[] }> {
  const { code, stdout } = await ws.cli(['verify', '-o', 'json', ...args]);
  expect(stdout).not.toContain(marker);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { code, errors: findings.filter(({ level }) => level === 'error') };
}

/** The commands that a hint names. */
function commandsIn(hint: string | undefined): string[] {
  const found = (hint ?? '').matchAll(/(?:^|: )((?:edgeseal|git) .*?)(?=; |$)/g);
  return [...found].map((match) => match[1]!);
}

/** Types a command into a shell, where `edgeseal` is the one of this checkout. */
function type(command: string, cwd = ws.repo, input = ''): string {
  const bin = join(import.meta.dirname, '../../cli/bin.ts');
  const shell = `edgeseal() { '${process.execPath}' '${bin}' "$@"; }\n${command}`;
  const stdio = 'pipe' as const;
  return execFileSync('sh', ['-c', shell], { cwd, env: ws.env, input, encoding: 'utf8', stdio });
}

/** Changes one character of the first such field. */
function damage(field: string, path = file): void {
  const pattern = new RegExp(`^( +${field}: "?.{30})(.)`, 'm');
  const change = (_: string, kept: string, one: string): string => kept + (one === 'A' ? 'B' : 'A');
  ws.write(path, ws.read(path).replace(pattern, change));
}
const raise = (to: number): void => {
  ws.write(file, ws.read(file).replace(/^ {2}version: \d+$/m, `  version: ${to}`));
};

describe('a file that was edited by hand', () => {
  it.each([
    [
      'a wrap',
      () => {
        damage('wrapped');
      },
    ],
    [
      'ciphertext',
      () => {
        damage('password');
      },
    ],
    [
      'the type',
      () => {
        ws.write(file, ws.read(file).replace('Opaque', 'example.com/other'));
      },
    ],
    [
      'the version',
      () => {
        raise(7);
      },
    ],
    [
      'a word that it is not made of',
      () => {
        ws.write(file, `${ws.read(file)}more: 1\n`);
      },
    ],
    [
      'all of it',
      () => {
        ws.write(file, '');
      },
    ],
  ])('%s: comes back by git restore', async (_, change) => {
    const good = ws.read(file);
    change();
    const { code, errors } = await verify();
    expect(code).toBe(1);
    expect(errors).toHaveLength(1);
    const back = commandsIn(errors[0]?.hint).filter((one) => one.startsWith('git restore'));
    expect(back).toEqual([`git restore -- ${file}`]);
    type(back[0]!);
    expect(ws.read(file)).toBe(good);
    expect((await verify()).code).toBe(0);
  });

  it('and added: comes back from there, too, and from a folder below', async () => {
    const good = ws.read(file);
    damage('wrapped');
    ws.git('add', '-A');
    const cwd = join(ws.repo, 'secrets/production');
    const { stdout } = await ws.cli(['verify', '-o', 'json'], { cwd });
    const [found] = (JSON.parse(stdout) as { findings: Finding[] }).findings;
    const [back = ''] = commandsIn(found?.hint);
    expect(back).toBe('git restore --staged --worktree -- db.yaml');
    type(back, cwd);
    expect(ws.read(file)).toBe(good);
    expect(ws.git('status', '--porcelain')).toBe('');
  });

  it('is shown and can be signed where it was meant: what differs is said first', async () => {
    ws.write(file, ws.read(file).replace('immutable: false', 'immutable: true'));
    raise(3);
    const { errors } = await verify();
    const commands = commandsIn(errors[0]?.hint);
    expect(commands).toEqual([
      `git diff HEAD -- ${file}`,
      `git restore -- ${file}`,
      `edgeseal sign ${db}`,
    ]);
    expect(type(commands[0]!)).toContain('+    immutable: true');
    const shown = type(`${commands[2]!} --yes`);
    expect(shown).toContain(`not meant?  see what differs: git diff HEAD -- ${file}; take`);
    expect(shown).toContain('signed version 3');
    expect((await verify()).code).toBe(0);
  });

  it('is told by unseal, with the way back, whether the value opens or not', async () => {
    damage('wrapped');
    for (const region of ['eu-central', 'us-east']) {
      const { stderr } = await ws.cli(['unseal', db, '--key', ws.keyFile(region)]);
      expect(stderr).toContain('the wrap for eu-central');
      expect(stderr).toContain(`git restore -- ${file}`);
    }
    ws.write(file, 'kind: EdgeSecret\n');
    const unreadable = await ws.cli(['unseal', db, '--key', ws.keyFile('us-east')]);
    expect([unreadable.code, unreadable.stderr]).toEqual([
      2,
      expect.stringContaining(`git restore -- ${file}`),
    ]);
    ws.git('restore', '--', file);
    ws.write(file, ws.read(file).replace('immutable: false', 'immutable: true'));
    const changed = await ws.cli(['unseal', db, '--key', ws.keyFile('us-east')]);
    expect([changed.code, changed.stderr]).toEqual([
      0,
      expect.stringMatching(/was changed after it was signed[^]*git restore -- /),
    ]);
  });

  it('is not signed where ciphertext is another, whatever its version', async () => {
    damage('username');
    raise(3);
    const signed = await ws.cli(['sign', db, '--yes']);
    expect(signed.code).toBe(1);
    expect(signed.stderr).toContain('the ciphertext of username');
    const [, back = ''] = /hint: .*?: (git restore .*)$/m.exec(signed.stderr) ?? [];
    type(back);
    expect((await verify()).code).toBe(0);
  });
});

describe('damage that was committed', () => {
  it('is mended by the last good version, and published then', async () => {
    expect((await ws.cli(['publish'])).code).toBe(0);
    const good = ws.read(file);
    damage('wrapped');
    ws.commit('Damage');
    const { errors } = await verify();
    const [command = ''] = commandsIn(errors[0]?.hint);
    expect(command).toMatch(/^git checkout [0-9a-f]{10} -- /);
    const held = await ws.cli(['publish']);
    expect([held.code, held.stdout]).toEqual([1, expect.stringContaining(command)]);
    type(command);
    expect(ws.read(file)).toBe(good);
    ws.commit('Mend');
    expect((await verify()).code).toBe(0);
    expect((await ws.cli(['publish'])).code).toBe(0);
  });

  it('is mended by a new version where it has a higher one', async () => {
    damage('username');
    raise(3);
    ws.commit('Damage');
    const { errors } = await verify();
    const [command = ''] = commandsIn(errors[0]?.hint);
    expect(command).toBe(`edgeseal rollback ${db} --to 2`);
    expect(type(command)).toContain('version 4');
    expect((await verify()).code).toBe(0);
    expect(await valuesIn(ws, db)).toEqual({ username: marker, password: `${marker}-2` });
  });
});

describe('an older version that came back', () => {
  it.each([
    ['in the working tree', () => ws.git('checkout', '-q', 'HEAD~1', '--', file)],
    ['by a revert', () => ws.git('revert', '--no-edit', 'HEAD')],
  ])('%s: is made a new one by the command that is said', async (where, change) => {
    change();
    const { code, errors } = await verify();
    expect([code, errors[0]?.code]).toEqual([1, 'trust-floor']);
    expect(errors[0]?.message).toContain('version 1 is below 2');
    const commands = commandsIn(errors[0]?.hint);
    expect(commands[0]).toMatch(
      where === 'by a revert' ? /^git checkout [0-9a-f]{10} -- / : /^git restore --staged /,
    );
    expect(commands[1]).toBe(`edgeseal rollback ${db} --to 1`);
    expect(type(commands[1]!)).toContain('version 3');
    expect((await verify()).code).toBe(0);
    expect(await valuesIn(ws, db)).toEqual({ username: marker, password: marker });
  });

  it('after it was removed: likewise', async () => {
    ws.git('rm', '-q', file);
    ws.commit('Remove');
    ws.git('checkout', '-q', 'HEAD~1', '--', file);
    const { errors } = await verify();
    const [command = ''] = commandsIn(errors[0]?.hint);
    expect(command).toBe(`edgeseal rollback ${db} --to 2`);
    expect(type(command)).toContain('version 3');
    expect((await verify()).code).toBe(0);
  });
});

describe('a merge', () => {
  async function conflict(): Promise<void> {
    ws.git('checkout', '-q', '-b', 'theirs');
    await setInto(ws, db, { password: `${marker}-theirs` });
    ws.git('commit', '-q', '-am', 'Theirs', '--no-verify');
    ws.git('checkout', '-q', 'main');
    await setInto(ws, db, { password: `${marker}-ours` });
    ws.git('commit', '-q', '-am', 'Ours', '--no-verify');
  }

  it('with a conflict is named, and ends with both changes by what is said', async () => {
    await conflict();
    expect(() => ws.git('merge', '-q', 'theirs')).toThrow();
    const { errors } = await verify();
    expect(errors[0]?.message).toBe('a merge conflict that nobody has resolved');
    const [merge = '', take = '', set = ''] = commandsIn(errors[0]?.hint);
    expect(merge).toBe(`edgeseal merge ${db}`);
    expect(take).toBe(`git checkout MERGE_HEAD -- ${file}`);
    const status = await ws.cli(['status']);
    expect(status.stdout).toContain('unreadable');
    expect(status.stdout + status.stderr).not.toMatch(/removal|git add/);
    type(take);
    expect((await verify()).code).toBe(0);
    type(set.replace('ITEM', 'password --from-file -'), ws.repo, `${marker}-ours`);
    ws.git('add', '-A');
    ws.git('commit', '-q', '-m', 'Merge', '--no-verify');
    expect((await verify()).code).toBe(0);
    expect(sealedIn(ws, db).spec.version).toBe(4);
    expect(await valuesIn(ws, db)).toMatchObject({ password: `${marker}-ours` });
  });

  it('in a rebase takes what others have merged', async () => {
    await conflict();
    expect(() => ws.git('rebase', '-q', 'theirs')).toThrow();
    const { errors } = await verify();
    const [, take = ''] = commandsIn(errors[0]?.hint);
    type(take);
    expect(ws.read(file)).toBe(`${ws.git('show', `theirs:${file}`)}\n`);
    ws.git('rebase', '--skip');
  });

  it('of two that wrapped for the same new key is in order with either', async () => {
    const { key } = await generateRegionKey();
    const line = formatRegionPublicKey(key);
    const east = ws.read('regions/us-east.yaml');
    ws.write('regions/us-east.yaml', `${east}  - name: second\n    publicKey: ${line}\n`);
    await nextRoot(ws, 2, ({ regions }) => ({
      regions: regions.map((region) =>
        region.name === 'us-east'
          ? { ...region, keys: [...region.keys, { sha256: key.sha256, state: 'active' as const }] }
          : region,
      ),
    }));
    ws.commit('Add a key');
    const reseal = (): Promise<CliResult> =>
      ws.cli(['reseal', '--all', '--key', ws.keyFile('recovery')]);
    ws.git('checkout', '-q', '-b', 'theirs');
    await reseal();
    ws.git('commit', '-q', '-am', 'Theirs', '--no-verify');
    ws.git('checkout', '-q', 'main');
    await reseal();
    ws.git('commit', '-q', '-am', 'Ours', '--no-verify');
    expect(() => ws.git('merge', '-q', 'theirs')).toThrow();
    for (const side of ['HEAD', 'MERGE_HEAD']) {
      ws.git('checkout', '-q', side, '--', file);
      expect((await verify()).code).toBe(0);
    }
    ws.git('commit', '-q', '-am', 'Merge', '--no-verify');
    expect((await verify()).code).toBe(0);
    expect((await verify('--commit', 'HEAD')).code).toBe(0);
  });

  it('that changes a wrap on its way is noticed', async () => {
    ws.git('checkout', '-q', '-b', 'theirs');
    await sealInto(ws, 'production/other', { password: marker });
    ws.git('add', '-A');
    ws.git('commit', '-q', '-m', 'Theirs', '--no-verify');
    ws.git('checkout', '-q', 'main');
    ws.git('merge', '-q', '--no-ff', '--no-commit', 'theirs');
    damage('wrapped', 'secrets/production/other.yaml');
    ws.git('add', '-A');
    expect((await verify()).code).toBe(1);
    ws.git('commit', '-q', '-m', 'Merge', '--no-verify');
    expect((await verify()).code).toBe(1);
  });
});

describe('a pull request', () => {
  it('is held against the branch that it goes to, as the review job checks it out', async () => {
    ws.git('checkout', '-q', '-b', 'change');
    damage('wrapped');
    ws.git('commit', '-q', '-am', 'Change', '--no-verify');
    // What the host makes of it: a merge commit that no branch has.
    ws.git('checkout', '-q', '--detach', 'main');
    ws.git('merge', '-q', '--no-ff', '-m', 'Merge', 'change');
    ws.git('push', '-q', 'origin', 'HEAD:refs/pull/1/merge');
    const fetched = async (...depth: string[]): Promise<CliResult> => {
      const clone = join(ws.folder, `clone${depth.length}`);
      const git = (...args: string[]): unknown => execFileSync('git', args, { env: ws.env });
      git('init', '-q', clone);
      git('-C', clone, 'fetch', '-q', ...depth, `file://${ws.origin}`, 'refs/pull/1/merge');
      git('-C', clone, 'checkout', '-q', '--detach', 'FETCH_HEAD');
      const sha256 = rootHash(Buffer.from(ws.read('trust/1.yaml')));
      return ws.cli(['verify'], { cwd: clone, env: { EDGESEAL_ROOT: sha256 } });
    };
    const whole = await fetched();
    expect([whole.code, whole.stdout]).toEqual([1, expect.stringContaining('the wrap for eu-')]);
    const shallow = await fetched('--depth', '1');
    expect(shallow.stdout).toContain('history is cut off in this clone');
    expect(shallow.stdout).toContain('git fetch --unshallow');
  });
});

describe('verify --key', () => {
  it('opens all that is wrapped for a key, and prints nothing of it', async () => {
    const { code, stdout } = await ws.cli(['verify', '--key', ws.keyFile('recovery')]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('opened 2 wraps with ')]);
    const all = ['recovery', 'us-east', 'us-west'].flatMap((r) => ['--key', ws.keyFile(r)]);
    const json = await ws.cli(['verify', '-o', 'json', ...all]);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: true, opened: 6 });
    expect(stdout + json.stdout).not.toContain(marker);
  });

  it('finds what was wrong when it was made, which history cannot tell', async () => {
    const name = 'production/new';
    await sealInto(ws, name, { password: marker });
    const path = `secrets/${name}.yaml`;
    const text = ws.read(path);
    const pattern = /(region: recovery\n.*\n.*wrapped: "?.{1520})(.)/;
    ws.write(
      path,
      text.replace(pattern, (_, kept: string, one: string) => kept + (one === 'A' ? 'B' : 'A')),
    );
    ws.commit('Seal');
    expect((await verify()).code).toBe(0);
    const { code, errors } = await verify('--key', ws.keyFile('recovery'));
    expect(code).toBe(1);
    expect(errors).toMatchObject([
      {
        code: 'seal-open',
        hint: expect.stringContaining(`edgeseal set ${name} password`) as string,
      },
    ]);
    expect(errors[0]?.message).toMatch(/^the wrap for recovery \(key [0-9a-f]{16}\) does not open/);
    expect((await verify('--key', ws.keyFile('us-east'))).code).toBe(0);
    expect((await verify(db, '--key', ws.keyFile('recovery'))).code).toBe(0);
  });

  it("says so of a key that is nobody's here, and of values that are not wrapped for it", async () => {
    const { line, key } = await generateRegionKey();
    const path = join(ws.folder, 'keys/other.key');
    mkdirSync(join(ws.folder, 'keys'), { recursive: true });
    writeFileSync(path, line.reveal(), { mode: 0o600 });
    const stranger = await verify('--key', path);
    expect([stranger.code, stranger.errors[0]?.code]).toEqual([1, 'seal-no-key']);
    expect(stranger.errors[0]?.message).toContain(key.id);
  });
});
