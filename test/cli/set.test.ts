import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../cli/bin.ts';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace, newIfNeeded } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-MARKER-4712';

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});

const set = (name: string, item: string, value: string, ...more: string[]) =>
  ws.cli(['set', name, item, ...newIfNeeded(ws, name), '--from-file', '-', ...more], {
    stdin: value,
  });

/** Types at a terminal's hidden prompts. */
async function typed(args: string[], ...lines: string[]): Promise<{ code: number; shown: string }> {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  let shown = '';
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      shown += chunk.toString();
      if (/: $/.test(shown)) stdin.write(`${lines.shift() ?? '\u0003'}\r`);
      done();
    },
  });
  const io = { cwd: ws.repo, env: ws.env, stdin, stdout: screen, stderr: screen };
  return { code: await main(args, io), shown };
}

describe('set', () => {
  it('makes a new secret of its first item, and adds one without touching the other', async () => {
    expect((await set('prod/one', 'a', marker)).stdout).toBe(
      'secrets/prod/one.yaml: version 1, a set in a new secret for eu-central, us-east, us-west, signed by author@example.com\n',
    );
    const before = sealedIn(ws, 'prod/one').spec.envelopes;
    const result = await set('prod/one', 'b', `${marker}\n`);
    expect(result.stderr).toContain('ends with a line break, which is kept');
    expect(await valuesIn(ws, 'prod/one')).toEqual({ a: marker, b: `${marker}\n` });
    expect(sealedIn(ws, 'prod/one').spec.envelopes[0]).toEqual(before[0]);
    expect((await ws.cli(['verify'])).code).toBe(0);
  });

  it('gives a value to some of its regions', async () => {
    await set('prod/some', 'a', 'all');
    await set('prod/some', 'a', 'west', '--regions', 'us-west');
    expect(await valuesIn(ws, 'prod/some', 'us-west')).toEqual({ a: 'west' });
    expect(await valuesIn(ws, 'prod/some', 'us-east')).toEqual({ a: 'all' });
    const unknown = await set('prod/some', 'a', marker, '--regions', 'mars');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no region mars')]);
  });

  it('asks for a value, hidden', async () => {
    const { code, shown } = await typed(['set', 'prod/asked', 'pw', '--new'], marker, marker);
    expect(code, shown).toBe(0);
    expect(shown).not.toContain(marker);
    expect(await valuesIn(ws, 'prod/asked')).toEqual({ pw: marker });
    const nothing = await typed(['set', 'prod/asked', 'pw'], '', '');
    expect([nothing.code, nothing.shown]).toEqual([
      2,
      expect.stringContaining('nothing was typed: nothing was changed'),
    ]);
    const other = await typed(['set', 'prod/asked', 'pw'], marker, 'something else');
    expect(other.code).toBe(2);
    expect(other.shown).toContain('differ: nothing was changed');
    expect(sealedIn(ws, 'prod/asked').spec.version).toBe(1);
  });

  it('refuses what it cannot do, and shows no value', async () => {
    const cases: [string[], string][] = [
      [['set', 'prod/x', 'pw', '--new'], '--from-file -'],
      [['set', 'prod/x', 'pw', '--from-file', '-'], 'edgeseal set prod/x pw --from-file - --new'],
      [['set', 'prod/x', 'bad key', '--new', '--from-file', '-'], 'not a valid key'],
      [['set', 'nonsense', 'pw', '--from-file', '-'], 'namespace/name'],
      [['set', 'prod/x', 'pw', '--new', '--from-file', 'nowhere'], 'no such file'],
      [
        ['set', 'prod/x', 'pw', '--new', '--from-file', '-', '--regions', 'recovery'],
        'recovery recipient',
      ],
    ];
    for (const [args, words] of cases) {
      const result = await ws.cli(args, { stdin: marker });
      expect(result.code, words).toBe(2);
      expect(result.stderr).toContain(words);
      expect(result.stdout + result.stderr).not.toContain(marker);
    }
    const big = join(ws.folder, 'big');
    writeFileSync(big, Buffer.alloc(600_000, marker));
    expect((await ws.cli(['set', 'prod/big', 'a', '--new', '--from-file', big])).code).toBe(0);
    const more = await ws.cli(['set', 'prod/big', 'b', '--from-file', big]);
    expect([more.code, more.stderr]).toEqual([2, expect.stringContaining('more than 1048576')]);
    expect(sealedIn(ws, 'prod/big').spec.version).toBe(1);
    expect(existsSync(join(ws.repo, 'secrets/prod/x.yaml'))).toBe(false);
  });

  it('does not vouch for what somebody else changed', async () => {
    await set('prod/stale', 'a', 'one');
    const file = 'secrets/prod/stale.yaml';
    ws.write(file, ws.read(file).replace('immutable: false', 'immutable: true'));
    const result = await set('prod/stale', 'b', 'two');
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('not signed');
    expect(result.stderr).toContain('edgeseal sign prod/stale');
    expect(sealedIn(ws, 'prod/stale').spec.signatures).toEqual([]);
  });
});

describe('unset', () => {
  it('removes an item for all regions, but not the last one nor one that the type needs', async () => {
    await set('prod/u', 'a', marker);
    await set('prod/u', 'b', 'b');
    const result = await ws.cli(['unset', 'prod/u', 'a']);
    expect(result.stdout).toContain(
      'version 3, a removed for eu-central, us-east, us-west, signed',
    );
    expect(await valuesIn(ws, 'prod/u')).toEqual({ b: 'b' });
    expect((await ws.cli(['unset', 'prod/u', 'a'])).stderr).toContain('its items are: b');
    expect((await ws.cli(['unset', 'prod/u', 'b'])).stderr).toContain('edgeseal rm prod/u');
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: t, namespace: prod}\ntype: kubernetes.io/ssh-auth\nstringData: {ssh-privatekey: x, other: y}\n';
    await ws.cli(['seal'], { stdin });
    expect((await ws.cli(['unset', 'prod/t', 'ssh-privatekey'])).stderr).toContain(
      'needs the item',
    );
    expect(sealedIn(ws, 'prod/t').spec.version).toBe(1);
    expect((await ws.cli(['unset', 'prod/none', 'a'])).code).toBe(2);
  });
});

describe('rm', () => {
  it('removes the file and its policy entries, once a commit has it', async () => {
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: gone, namespace: away}\nstringData: {a: x}\n';
    await ws.cli(['seal', '--regions', 'us-east'], { stdin });
    expect(ws.read('policy/distribution-policy.yaml')).toMatch(/^ *- away\/gone$/m);
    const early = await ws.cli(['rm', 'away/gone']);
    expect([early.code, early.stderr]).toEqual([5, expect.stringContaining('--force')]);
    ws.commit('Seal');
    const result = await ws.cli(['rm', 'away/gone']);
    expect(result.code, result.stderr).toBe(0);
    expect(result.stdout).toBe(
      'secrets/away/gone.yaml: removed\npolicy/distribution-policy.yaml: changed\n',
    );
    expect(result.stderr).toContain('clusters of us-east delete the Secret away/gone');
    expect(existsSync(join(ws.repo, 'secrets/away'))).toBe(false);
    expect(ws.read('policy/distribution-policy.yaml')).not.toContain('away/gone');
    expect((await ws.cli(['rm', 'away/gone'])).code).toBe(2);
    expect((await set('away/gone', 'a', 'x')).stdout).toContain('version 2');
    expect((await ws.cli(['rm', 'away/gone', '--force'])).code).toBe(0);
  });
});
