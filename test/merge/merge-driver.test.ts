import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { gitIn, listAuthor, sealedAt, unmerged, valuesAt } from '../support/branches.ts';
import type { GitResult } from '../support/branches.ts';
import { colleague } from '../support/colleague.ts';
import type { Colleague } from '../support/colleague.ts';
import { sealInto } from '../support/sealed.ts';
import { nextRoot, withoutAuthor } from '../support/root.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

let ws: Workspace;
let bob: Colleague;
let number = 0;
/** The secret of a test. */
let db = '';

beforeAll(async () => {
  ws = await makeWorkspace();
  ws.write('.gitattributes', 'secrets/** diff=edgeseal merge=edgeseal\n');
  ws.commit('Attributes');
  expect((await ws.cli(['drivers'])).code).toBe(0);
  bob = await colleague(ws, 'bob');
  expect((await bob.cli('drivers')).code).toBe(0);
  await listAuthor(ws, bob, 'bob@example.com', ['prod']);
});
afterAll(() => {
  ws.remove();
});
beforeEach(async () => {
  number += 1;
  db = `prod/db${number}`;
  await sealInto(ws, db, { user: 'made-up-user', password: 'made-up-old' });
  ws.commit('Seal');
  bob.take('main');
  bob.git('checkout', '-q', '-b', `bob${number}`);
});

const file = (): string => `secrets/${db}.yaml`;
const set = (item: string, value: string, ...more: string[]): Promise<CliResult> =>
  ws.cli(['set', db, item, '--from-file', '-', ...more], { stdin: value });
async function bobSets(item: string, value: string, ...more: string[]): Promise<void> {
  const from = join(bob.repo, '../value');
  writeFileSync(from, value);
  const { code, stderr } = await bob.cli('set', db, item, '--from-file', from, ...more);
  expect(code, stderr).toBe(0);
}
const git = (...args: string[]): GitResult => gitIn(ws.repo, ws.env, ...args);
/** Takes Bob's branch, as whoever merges a pull request at home does. */
function mergeBob(...how: string[]): GitResult {
  bob.push('Bob');
  git('fetch', '-q', 'origin');
  return git(...(how.length > 0 ? how : ['merge', '--no-edit']), `origin/bob${number}`);
}
const version = (): number => sealedAt(ws.repo, db).spec.version;

it('two people change different items of one secret: one merge, one version, signed by who merges, and both changes open everywhere', async () => {
  await bobSets('password', 'made-up-new');
  await bobSets('url', 'made-up-url', '--regions', 'us-west');
  await ws.cli(['unset', db, 'user']);
  await set('api-key', 'made-up-key');
  ws.commit('Mine');
  const merged = mergeBob();
  expect(merged.code, merged.said).toBe(0);
  expect(merged.said).toContain(
    `edgeseal: ${file()}: merged from both sides: version 4, signed by author@example.com`,
  );
  expect(version()).toBe(4);
  for (const region of ['us-east', 'eu-central'])
    expect(await valuesAt(ws, ws.repo, db, region)).toEqual({
      password: 'made-up-new',
      'api-key': 'made-up-key',
    });
  expect(await valuesAt(ws, ws.repo, db, 'us-west')).toEqual({
    password: 'made-up-new',
    url: 'made-up-url',
    'api-key': 'made-up-key',
  });
  const verified = await ws.cli(['verify', db]);
  expect(verified.code, verified.stdout).toBe(0);
  ws.git('push', '-q', 'origin', 'main');
  expect((await ws.cli(['publish', '--dry-run'])).stdout).not.toContain('held');
});

it('the same item is a conflict that a person can read, and that nothing takes for a sealed file', async () => {
  await bobSets('password', 'made-up-his');
  await bobSets('his', 'made-up-more');
  await set('password', 'made-up-mine');
  ws.commit('Mine');
  const merged = mergeBob();
  expect(merged.code).toBe(1);
  expect(merged.said).toContain('a person has to choose');
  expect(unmerged(ws.repo, ws.env)).toBe(file());
  const text = readFileSync(join(ws.repo, file()), 'utf8');
  expect(text).toBe(`<<<<<<< ours: version 2, signed by author@example.com
# Two branches changed the same things of ${db}: only a person can say which count.
#
#   password: ours replaced it in version 2, signed by author@example.com; theirs replaced it in version 2, for eu-central, us-east, us-west
#
# What only one side changed is merged whichever you choose. Choose for each, or for all:
#   edgeseal merge ${db} --rest ours
#   edgeseal merge ${db} --rest theirs
# An item gets a value of its own afterwards: edgeseal set ${db} ITEM
=======
>>>>>>> theirs: version 3, signed by bob@example.com
`);
  const verified = await ws.cli(['verify', db]);
  expect(verified.code).toBe(1);
  expect(verified.stdout).toContain('a merge conflict that nobody has resolved');
  git('add', '-A');
  const hook = await ws.cli(['hook', 'pre-commit']);
  expect([hook.code, hook.stderr]).toEqual([1, expect.stringContaining('conflict')]);
  const late = await ws.cli(['merge', db, '--rest', 'theirs']);
  expect(late.code).toBe(2);
  expect(late.stderr).toContain(`git checkout --merge -- ':(top)${file()}'`);
  git('checkout', '--merge', '--', file());
  const typo = await ws.cli(['merge', db, '--ours', 'pasword', '--rest', 'theirs']);
  expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining('in conflict: password')]);
  const none = await ws.cli(['merge']);
  expect(none.code).toBe(1);
  expect(none.stderr).toContain('--rest ours|theirs');
  const chosen = await ws.cli(['merge', db, '--ours', 'password']);
  expect(chosen.code, chosen.stderr).toBe(0);
  expect(chosen.stdout).toBe(
    `${file()}: merged from both sides: version 4, signed by author@example.com\n`,
  );
  expect(await valuesAt(ws, ws.repo, db)).toEqual({
    user: 'made-up-user',
    password: 'made-up-mine',
    his: 'made-up-more',
  });
  ws.commit('Merge');
  expect((await ws.cli(['verify', db])).code).toBe(0);
  expect((await ws.cli(['merge'])).stdout).toBe('no sealed file is in conflict\n');
});

it('works in a rebase and in a cherry-pick', async () => {
  await bobSets('his', 'made-up-his');
  bob.git('commit', '-qam', 'His', '--no-verify');
  await bobSets('his', 'made-up-his-2');
  bob.git('commit', '-qam', 'His again', '--no-verify');
  await set('mine', 'made-up-mine');
  ws.commit('Mine');
  bob.git('fetch', '-q');
  const rebased = gitIn(bob.repo, bob.env, 'rebase', 'origin/main');
  expect(rebased.code, rebased.said).toBe(0);
  const all = {
    user: 'made-up-user',
    password: 'made-up-old',
    his: 'made-up-his-2',
    mine: 'made-up-mine',
  };
  expect(await valuesAt(ws, bob.repo, db)).toEqual(all);
  expect(sealedAt(bob.repo, db).spec.version).toBe(4);
  expect((await bob.cli('verify', db)).code).toBe(0);
  await set('more', 'made-up-more');
  ws.commit('More');
  bob.git('push', '-q', 'origin', `bob${number}`);
  git('fetch', '-q');
  const picked = git('cherry-pick', `origin/bob${number}~1`, `origin/bob${number}`);
  expect(picked.code, picked.said).toBe(0);
  expect(await valuesAt(ws, ws.repo, db)).toEqual({ ...all, more: 'made-up-more' });
  expect((await ws.cli(['verify', db])).code).toBe(0);
  ws.git('push', '-q', 'origin', 'main');
});

it('both made the secret, and a region that one took out stays out, though the other sealed for it', async () => {
  db = 'prod/both';
  await set('mine', 'made-up-mine', '--new', '--regions', 'us-east');
  git('checkout', '-q', '--', 'policy');
  git('clean', '-qfd', 'policy');
  ws.commit('Mine');
  await bobSets('his', 'made-up-his', '--new');
  const merged = mergeBob();
  expect(merged.code, merged.said).toBe(0);
  expect(await valuesAt(ws, ws.repo, db)).toEqual({ mine: 'made-up-mine', his: 'made-up-his' });
  expect(await valuesAt(ws, ws.repo, db, 'us-west')).toEqual({ his: 'made-up-his' });
  ws.git('push', '-q', 'origin', 'main');
  // Now it is Bob who seals, while us-west is taken out.
  number += 1;
  bob.take('main');
  bob.git('checkout', '-q', '-b', `bob${number}`);
  await bobSets('late', 'made-up-late');
  ws.write(
    'policy/distribution-policy.yaml',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p}\ndata:\n  distribution-policy.yaml: |\n    regions:\n      eu-central: {secrets: [both]}\n      us-east: {secrets: [both]}\n`,
  );
  expect((await ws.cli(['reseal', db])).code).toBe(0);
  ws.commit('Without us-west');
  const second = mergeBob();
  expect(second.code, second.said).toBe(0);
  expect(second.said).toContain(
    'us-west was taken out by one side: what the other sealed for it meanwhile (late) is exposed to it',
  );
  expect(await valuesAt(ws, ws.repo, db, 'us-west')).toEqual({});
  expect(await valuesAt(ws, ws.repo, db)).toEqual({
    mine: 'made-up-mine',
    his: 'made-up-his',
    late: 'made-up-late',
  });
  const { stdout } = await ws.cli(['verify', db]);
  expect(stdout).toContain('us-west could read');
  expect(stdout).toMatch(/^ok:/m);
  ws.git('rm', '-q', '-r', 'policy');
  ws.git('rm', '-q', file());
  ws.commit('Away');
});

it('what one side removed stays removed; removed and changed is a conflict; modified and deleted is left to git', async () => {
  await bobSets('password', 'made-up-his');
  await ws.cli(['unset', db, 'password']);
  ws.commit('Mine');
  expect(mergeBob().code).toBe(1);
  expect(readFileSync(join(ws.repo, file()), 'utf8')).toContain(
    'password: ours removed it; theirs replaced it in version 2, signed by bob@example.com',
  );
  const kept = await ws.cli(['merge', db, '--rest', 'ours']);
  expect(kept.code, kept.stderr).toBe(0);
  expect(await valuesAt(ws, ws.repo, db)).toEqual({ user: 'made-up-user' });
  ws.commit('Merge');
  number += 1;
  bob.take('main');
  bob.git('checkout', '-q', '-b', `bob${number}`);
  await bobSets('user', 'made-up-his');
  await ws.cli(['rm', db, '--force']);
  ws.commit('Away');
  const merged = mergeBob();
  expect(merged.said).toContain('CONFLICT (modify/delete)');
  const left = await ws.cli(['merge']);
  expect([left.code, left.stderr]).toEqual([
    1,
    expect.stringContaining('to remove it: git rm -- '),
  ]);
  git('rm', '-q', file());
  ws.commit('Merge');
});

it('a signature of whoever merges vouches for nothing that nobody entitled has signed', async () => {
  await bobSets('his', 'made-up-his', '--no-sign');
  await set('mine', 'made-up-mine');
  ws.commit('Mine');
  const merged = mergeBob();
  expect(merged.code, merged.said).toBe(0);
  expect(merged.said).toContain('theirs (version 2): it is not signed');
  expect(sealedAt(ws.repo, db).spec.signatures).toEqual([]);
  expect((await ws.cli(['verify', db])).stdout).toContain('it is not signed');
  // Looked at, it may be signed as ever.
  expect((await ws.cli(['sign', db, '--yes'])).code).toBe(0);
  expect((await ws.cli(['verify', db])).code).toBe(0);
  ws.commit('Sign');
});

it('a side whose wraps were changed by hand, which no signature covers, is merged into nothing', async () => {
  await bobSets('his', 'made-up-his');
  const path = join(bob.repo, file());
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace(/(?<=wrapped: "?)[^"\n]{20}/, 'A'.repeat(20)));
  await set('mine', 'made-up-mine');
  ws.commit('Mine');
  const merged = mergeBob();
  expect(merged.code).toBe(1);
  expect(merged.said).toMatch(/theirs was changed by hand or damaged: the wrap for/);
  expect(readFileSync(join(ws.repo, file()), 'utf8')).toMatch(/^<{7} ours[^]*git checkout --ours/);
  expect((await ws.cli(['merge', db, '--rest', 'theirs'])).code).toBe(1);
  git('merge', '--abort');
});

it('an old state, validly signed in its time, is not brought back by a branch that pretends to begin before it', async () => {
  const start = ws.git('rev-parse', 'HEAD');
  await set('leaked', 'made-up-leaked');
  ws.commit('Leak');
  const leaked = readFileSync(join(ws.repo, file()));
  await ws.cli(['unset', db, 'leaked']);
  await set('mine', 'made-up-mine');
  ws.commit('Mend');
  bob.git('checkout', '-q', '-B', `bob${number}`, start);
  writeFileSync(join(bob.repo, file()), leaked);
  const merged = mergeBob();
  expect(merged.code, merged.said).toBe(0);
  // All that it has was there before: nothing of it is new.
  expect(merged.said).toContain('as ours has it');
  expect(await valuesAt(ws, ws.repo, db)).toEqual({
    user: 'made-up-user',
    password: 'made-up-old',
    mine: 'made-up-mine',
  });
  expect((await ws.cli(['verify', db])).code).toBe(0);
  // The other way round: whoever merges stands on the branch that pretends.
  ws.git('push', '-q', 'origin', 'main');
  await set('more', 'made-up-more');
  ws.commit('More');
  git('checkout', '-q', '-b', `trap${number}`, `origin/bob${number}`);
  const picked = git('cherry-pick', 'main');
  expect([picked.code, picked.said]).toEqual([
    1,
    expect.stringContaining('ours sets version 4 back to version 2'),
  ]);
  git('cherry-pick', '--abort');
  git('checkout', '-qf', 'main');
});

it('a revert is no merge: an older version comes back by rollback alone', async () => {
  await set('password', 'made-up-mistake');
  ws.commit('Mistake');
  const mistake = ws.git('rev-parse', 'HEAD');
  await set('mine', 'made-up-mine');
  ws.commit('Mine');
  const reverted = git('revert', '--no-edit', mistake);
  expect(reverted.code).toBe(1);
  expect(reverted.said).toContain(`an older state comes back only by: edgeseal rollback ${db}`);
  git('revert', '--abort');
});

it('who was taken out by a root that only one side knows is not vouched for', async () => {
  await bobSets('his', 'made-up-his');
  bob.push('His');
  ws.git('checkout', '-q', '-b', `side${number}`);
  await set('mine', 'made-up-mine');
  ws.git('commit', '-qam', 'Mine', '--no-verify');
  ws.git('checkout', '-q', 'main');
  await nextRoot(ws, withoutAuthor('bob@example.com'));
  ws.commit('Without Bob');
  // He merges it himself, from where nobody knows yet; or somebody does from where everybody does.
  git('fetch', '-q', 'origin');
  const merged = git('merge', '--no-edit', `origin/bob${number}`);
  expect(merged.code, merged.said).toBe(0);
  // Only theirs changed it: git takes it as it is, and verify says whose it is.
  expect((await ws.cli(['verify', db])).stdout).toContain('does not list');
  const second = git('merge', '--no-edit', `side${number}`);
  expect(second.code, second.said).toBe(0);
  expect(second.said).toContain('left unsigned');
  expect(sealedAt(ws.repo, db).spec.signatures).toEqual([]);
  await listAuthor(ws, bob, 'bob@example.com', ['prod']);
});

it('in a folder of a bigger repository, and with an odd name of its file in the way', async () => {
  const mono = join(ws.folder, `mono${number}`);
  gitIn(ws.folder, ws.env, 'init', '-q', mono);
  const folder = join(mono, "in fra'structure");
  gitIn(ws.folder, ws.env, 'clone', '-q', ws.origin, folder);
  gitIn(mono, ws.env, 'config', 'x.y', 'z');
  const { rmSync } = await import('node:fs');
  rmSync(join(folder, '.git'), { recursive: true });
  const at = (...args: string[]): GitResult => gitIn(mono, ws.env, ...args);
  const cli = (args: string[], stdin = ''): Promise<CliResult> =>
    ws.cli(args, { cwd: folder, stdin });
  const { rootHash } = await import('../../core/trust/root-chain.ts');
  await cli(['trust', 'accept', rootHash(readFileSync(join(ws.repo, 'trust/1.yaml')))]);
  await cli(['drivers']);
  writeFileSync(join(folder, 'secrets/README.md'), 'one\n\n\n\ntwo\n');
  at('add', '-A');
  at('commit', '-qm', 'All', '--no-verify');
  at('checkout', '-q', '-b', 'feature');
  await cli(['set', db, 'a', '--from-file', '-'], 'made-up-a');
  writeFileSync(join(folder, 'secrets/README.md'), 'ONE\n\n\n\ntwo\n');
  at('commit', '-qam', 'A', '--no-verify');
  at('checkout', '-q', 'main');
  await cli(['set', db, 'b', '--from-file', '-'], 'made-up-b');
  appendFileSync(join(folder, 'secrets/README.md'), 'three\n');
  at('commit', '-qam', 'B', '--no-verify');
  const merged = at('merge', '--no-edit', 'feature');
  expect(merged.code, merged.said).toBe(0);
  expect(await valuesAt(ws, folder, db)).toMatchObject({ a: 'made-up-a', b: 'made-up-b' });
  expect(readFileSync(join(folder, 'secrets/README.md'), 'utf8')).toBe('ONE\n\n\n\ntwo\nthree\n');
  expect((await cli(['verify', db])).code).toBe(0);
});

it('without a signing key the result waits for one, and without edgeseal it is a merge of text', async () => {
  await bobSets('his', 'made-up-his');
  await set('mine', 'made-up-mine');
  ws.commit('Mine');
  bob.push('His');
  git('fetch', '-q', 'origin');
  const nobody = { ...ws.env, HOME: join(ws.folder, 'nobody'), SSH_AUTH_SOCK: '' };
  const merged = gitIn(
    ws.repo,
    {
      ...nobody,
      GIT_AUTHOR_NAME: 'n',
      GIT_AUTHOR_EMAIL: 'n@example.com',
      GIT_COMMITTER_NAME: 'n',
      GIT_COMMITTER_EMAIL: 'n@example.com',
    },
    'merge',
    '--no-edit',
    `origin/bob${number}`,
  );
  expect(merged.code, merged.said).toBe(0);
  expect(merged.said).toContain('not signed');
  expect(sealedAt(ws.repo, db).spec.signatures).toEqual([]);
  ws.git('reset', '-q', '--hard', 'HEAD~1');
  const driver = ws.git('config', 'merge.edgeseal.driver');
  ws.git('config', 'merge.edgeseal.driver', driver.replaceAll(/'[^']*bin\.ts'/g, "'/nowhere'"));
  const plain = git('merge', '--no-edit', `origin/bob${number}`);
  expect(plain.code).toBe(1);
  expect(plain.said).toContain('edgeseal is not installed here');
  expect(readFileSync(join(ws.repo, file()), 'utf8')).toContain('<<<<<<< ours');
  ws.git('config', 'merge.edgeseal.driver', driver);
  // The same merge, now that it is there.
  const after = await ws.cli(['merge']);
  expect(after.code, after.stderr).toBe(0);
  expect(await valuesAt(ws, ws.repo, db)).toMatchObject({
    his: 'made-up-his',
    mine: 'made-up-mine',
  });
  expect(existsSync(join(ws.repo, file()))).toBe(true);
  git('merge', '--abort');
});
