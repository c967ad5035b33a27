import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptFetch } from '../../core/git/cache.ts';
import { fetchChannel } from '../../core/git/fetch.ts';
import { branchAt, clusterView, cloneOf, gitIn } from '../support/channel.ts';
import { sealInto, setInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const shared = 'staging/everywhere';
const ref = 'refs/heads/edgeseal/us-east';

const ws = await makeWorkspace();
const file = join(ws.folder, 'us-east.bundle');

beforeAll(async () => {
  // All values here are made up.
  await sealInto(ws, shared, { token: 'made-up 1' });
  ws.commit('Seal a secret');
  expect((await ws.cli(['bundle', 'us-east'])).stderr).toBe(
    'edgeseal: error: origin has no channel of us-east\nedgeseal: hint: publish it first: edgeseal publish us-east\n',
  );
  await ws.cli(['publish']);
  await setInto(ws, shared, { token: 'made-up 2' });
  ws.commit('Set a value');
  await ws.cli(['publish']);
});
afterAll(() => {
  ws.remove();
});

describe('a bundle', () => {
  it('says what is in it, and holds the newest snapshot without history', async () => {
    const { code, stdout } = await ws.cli(['bundle', 'us-east', '-f', file]);
    expect(code).toBe(0);
    const kilobytes = Math.ceil(statSync(file).size / 1024);
    expect(stdout).toBe(`${file}: snapshot 2 of us-east, 1 secret, ${kilobytes} KiB\n`);
    const clone = join(ws.folder, 'clone');
    execFileSync('git', ['clone', '-q', file, clone], { env: ws.env });
    expect(gitIn(clone, 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(gitIn(clone, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('edgeseal/us-east');
    expect(gitIn(clone, 'rev-parse', 'HEAD^{tree}')).toBe(
      gitIn(ws.origin, 'rev-parse', `${ref}^{tree}`),
    );
    const view = await clusterView(ws, 'us-east', clone);
    expect(view.values[shared]).toEqual({ token: 'made-up 2' });
    expect(existsSync(join(clone, `secrets/${shared}.yaml`))).toBe(true);
    execFileSync('git', ['bundle', 'verify', '-q', file], { cwd: clone });
  });

  it('is what a controller fetches', async () => {
    const gitdir = join(ws.folder, 'cache.git');
    const { oid } = await fetchChannel({ spec: { name: 'stick', url: file }, ref, gitdir });
    acceptFetch(gitdir, ref, oid);
    const view = await clusterView(ws, 'us-east', gitdir);
    expect(view.sha256).toBe((await clusterView(ws, 'us-east')).sha256);
  });

  it('is the same from any clone, and moves no branch of it', async () => {
    const other = await cloneOf(ws, 'other');
    const again = join(ws.folder, 'again.bundle');
    const before = ws.git('for-each-ref', 'refs/heads');
    expect((await ws.cli(['bundle', 'us-east', '-f', again], { cwd: other })).code).toBe(0);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
    expect(ws.git('for-each-ref', 'refs/heads')).toBe(before);
    const plain = await ws.cli(['bundle', 'us-east', '-f', join(ws.folder, 'stick')]);
    expect(plain.stderr).toContain('a controller knows a bundle by its name');
  });

  it('is not made of what was changed after it was signed', async () => {
    const tampered = join(ws.folder, 'tampered');
    execFileSync('git', ['clone', '-q', '-b', 'edgeseal/us-east', ws.origin, tampered]);
    execFileSync('sh', ['-c', `echo '# made up' >> secrets/${shared}.yaml`], { cwd: tampered });
    execFileSync('git', ['commit', '-q', '-a', '-m', 'Tamper'], { cwd: tampered, env: ws.env });
    execFileSync('git', ['push', '-q'], { cwd: tampered });
    expect(branchAt(ws.origin, 'edgeseal/us-east')).toBe(gitIn(tampered, 'rev-parse', 'HEAD'));
    const target = join(ws.folder, 'bad.bundle');
    const { code, stderr } = await ws.cli(['bundle', 'us-east', '-f', target]);
    expect(code).toBe(3);
    expect(stderr).toContain(`secrets/${shared}.yaml is not what the snapshot lists`);
    expect(existsSync(target)).toBe(false);
  });
});
