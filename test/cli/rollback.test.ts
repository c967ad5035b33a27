import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedIn, valuesIn } from '../support/sealed-values.ts';
import { makeWorkspace, newIfNeeded } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});

/** Sets made-up values one after the other, a commit each. */
async function history(name: string, ...values: string[]): Promise<void> {
  for (const value of values) {
    await ws.cli(['set', name, 'a', ...newIfNeeded(ws, name), '--from-file', '-'], {
      stdin: value,
    });
    ws.commit(`Set ${name}`);
  }
}

describe('rollback', () => {
  it('makes a new version with the content of the one before, or of the one named', async () => {
    await history('prod/a', 'one', 'two', 'three');
    const back = await ws.cli(['rollback', 'prod/a']);
    expect(back.code, back.stderr).toBe(0);
    expect(back.stdout).toContain('version 4 with the content of version 2');
    expect(back.stdout).toContain('signed by author@example.com');
    expect(await valuesIn(ws, 'prod/a')).toEqual({ a: 'two' });
    ws.commit('Roll back');
    await ws.cli(['rollback', 'prod/a', '--to', '1']);
    expect(sealedIn(ws, 'prod/a').spec.version).toBe(5);
    expect(sealedIn(ws, 'prod/a').spec.envelopes[0]).toMatchObject({ version: 1 });
    expect(await valuesIn(ws, 'prod/a', 'eu-central')).toEqual({ a: 'one' });
    expect((await ws.cli(['verify'])).code).toBe(0);
  });

  it('goes above what git revert left behind, and brings back what was deleted', async () => {
    await history('prod/b', 'one', 'two');
    ws.git('revert', '--no-edit', 'HEAD');
    expect((await ws.cli(['rollback', 'prod/b', '--to', '2'])).stdout).toContain('version 3');
    ws.commit('Roll back');
    await ws.cli(['rm', 'prod/b']);
    ws.commit('Remove');
    expect((await ws.cli(['rollback', 'prod/b'])).stdout).toContain(
      'version 4 with the content of version 3',
    );
    expect(await valuesIn(ws, 'prod/b')).toEqual({ a: 'two' });
  });

  it('says what there is where the version is not', async () => {
    await history('prod/c', 'one', 'two');
    for (const [to, words] of [
      ['7', 'versions in Git history: 1'],
      ['2', 'is the current one'],
      ['x', '--to takes a version number'],
    ]) {
      const result = await ws.cli(['rollback', 'prod/c', '--to', to!]);
      expect([result.code, result.stderr]).toEqual([2, expect.stringContaining(words!)]);
    }
    const none = await ws.cli(['rollback', 'prod/none']);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('what was committed')]);
  });

  it('takes out regions that may not read it any more', async () => {
    const stdin =
      'apiVersion: v1\nkind: Secret\nmetadata: {name: d, namespace: prod}\nstringData: {a: one}\n';
    await ws.cli(['seal', '--regions', 'us-east,us-west'], { stdin });
    ws.commit('Seal');
    await ws.cli(['seal', '--regions', 'us-east,eu-central'], { stdin });
    ws.commit('Move');
    const result = await ws.cli(['rollback', 'prod/d']);
    expect(result.stderr).toContain('us-west too, which may not read it any more');
    expect(result.stderr).toContain('eu-central');
    expect(result.stderr).toContain('edgeseal reseal prod/d');
    expect(sealedIn(ws, 'prod/d').spec.envelopes[0]).toMatchObject({ exposed: ['us-west'] });
    expect(await valuesIn(ws, 'prod/d')).toEqual({ a: 'one' });
    await ws.cli(['seal', '--regions', 'us-west'], { stdin });
    ws.commit('Move again');
    const nobody = await ws.cli(['rollback', 'prod/d', '--to', '2']);
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('none of which')]);
  });

  it('does not vouch for a version that nobody signed', async () => {
    await ws.cli(['set', 'prod/e', 'a', '--new', '--from-file', '-', '--no-sign'], {
      stdin: 'one',
    });
    ws.commit('Unsigned');
    await ws.cli(['seal'], {
      stdin:
        'apiVersion: v1\nkind: Secret\nmetadata: {name: e, namespace: prod}\nstringData: {a: two}\n',
    });
    const result = await ws.cli(['rollback', 'prod/e']);
    expect(result.stdout).toContain('not signed');
    expect(result.stderr).toContain('edgeseal sign prod/e');
  });
});
