import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { colleague } from '../support/colleague.ts';
import { nextRoot, withoutAuthor } from '../support/root.ts';
import { setInto, sealInto, sealedIn, put } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

/** Made up. */
const marker = 'made-up-DIFF-2205';

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
});
afterAll(() => {
  ws.remove();
});

interface Json {
  secrets: {
    kind: string;
    name: string;
    movedFrom: string | null;
    before: { version: number } | null;
    after: { version: number; authors: string[]; signatures: { state: string }[] } | null;
    items: Record<string, { item: string; regions: string[] }[]>;
    template: unknown[];
    regionsAdded: string[];
    regionsRemoved: string[];
    regionsTouched: string[];
    newlyExposed: { region: string; items: string[] }[];
    mayWrite: string[];
    findings: { code: string; level: string }[];
  }[];
  settings: { area: string; file: string; kind: string; lines: string[] }[];
  findings: { code: string }[];
  faults: { message: string }[];
}
const diffJson = async (...args: string[]): Promise<Json> => {
  const { code, stdout, stderr } = await ws.cli(['diff', '-o', 'json', ...args]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Json;
};
const all = ['eu-central', 'us-east', 'us-west'];

it('tells items by name and region, and what did not change, before and after they are committed', async () => {
  await sealInto(ws, 'prod/a', { user: marker, password: marker, old: marker });
  expect((await ws.cli(['diff'])).stdout).toContain('prod/a  new, version 1');
  ws.commit('Seal');
  expect((await ws.cli(['diff'])).stdout).toBe('nothing differs (HEAD to the working tree)\n');
  await ws.cli(['set', 'prod/a', 'password', '--regions', 'us-west', '--from-file', '-'], {
    stdin: marker,
  });
  await ws.cli(['set', 'prod/a', 'url', '--from-file', '-'], { stdin: marker });
  await ws.cli(['unset', 'prod/a', 'old']);
  const [change, ...others] = (await diffJson()).secrets;
  expect(others).toEqual([]);
  expect(change).toMatchObject({
    kind: 'changed',
    before: { version: 1 },
    after: { version: 4, authors: ['author@example.com'] },
    items: {
      added: [{ item: 'url', regions: all }],
      removed: [{ item: 'old', regions: all }],
      rotated: [{ item: 'password', regions: ['us-west'] }],
      unchanged: [
        { item: 'password', regions: ['eu-central', 'us-east'] },
        { item: 'user', regions: all },
      ],
    },
    regionsTouched: all,
    findings: [],
  });
  const text = (await ws.cli(['diff'])).stdout;
  expect(text).toBe(
    `prod/a  changed, version 1 to 4
  + item      url
  ~ rotated   password for us-west
  - item      old
  = unchanged password for eu-central, us-east
  = unchanged user
    signed    author@example.com, valid

1 changed; reaches eu-central, us-east, us-west (HEAD to the working tree, trust root 1)
`,
  );
  expect(text).not.toContain(marker);
  const staged = await ws.cli(['diff', '--staged', '--exit-code']);
  expect([staged.code, staged.stdout]).toEqual([0, 'nothing differs (HEAD to what is staged)\n']);
  ws.git('add', '-A');
  expect((await ws.cli(['diff', '--staged', '--exit-code'])).code).toBe(1);
  ws.commit('Change');
  expect((await diffJson('HEAD~1', 'HEAD')).secrets).toEqual([change]);
  expect((await diffJson('HEAD~1..HEAD')).secrets).toEqual([change]);
  expect((await diffJson('HEAD~1', 'HEAD', 'prod/a')).secrets).toEqual([change]);
  expect((await diffJson('HEAD~1', 'HEAD', 'secrets/other')).secrets).toEqual([]);
});

it('compares as git does: A...B from where they parted, and refuses what is neither', async () => {
  ws.git('checkout', '-q', '-b', 'feature');
  await setInto(ws, 'prod/a', { feature: marker });
  ws.git('commit', '-qam', 'Feature', '--no-verify');
  ws.git('checkout', '-q', 'main');
  await setInto(ws, 'prod/a', { mainly: marker });
  ws.git('commit', '-qam', 'Main', '--no-verify');
  const names = (json: Json): string[] => json.secrets[0]!.items['added']!.map(({ item }) => item);
  expect(names(await diffJson('main...feature'))).toEqual(['feature']);
  expect(names(await diffJson('main..feature'))).toEqual(['feature']);
  expect((await diffJson('main..feature')).secrets[0]!.items['removed']).toMatchObject([
    { item: 'mainly' },
  ]);
  ws.git('branch', 'prod/a');
  const both = await ws.cli(['diff', 'prod/a']);
  expect([both.code, both.stderr]).toEqual([
    2,
    'edgeseal: error: prod/a is both a commit and a secret\nedgeseal: hint: name the branch refs/heads/prod/a, or the file secrets/prod/a.yaml\n',
  ]);
  expect((await ws.cli(['diff', 'refs/heads/prod/a', 'secrets/prod/a.yaml'])).code).toBe(0);
  ws.git('branch', '-q', '-D', 'prod/a');
  const nothing = await ws.cli(['diff', 'nowhere']);
  expect(nothing.code).toBe(2);
  expect(nothing.stderr).toContain('there is no commit nowhere here');
  expect((await ws.cli(['diff', '--staged', 'main..feature'])).code).toBe(2);
});

it('says who signed and may not, what nobody signed, and what was signed and then changed', async () => {
  const bob = await colleague(ws, 'bob');
  await sealInto(
    ws,
    'prod/stranger',
    { x: marker },
    {
      signingKey: bob.pub.replace('.pub', ''),
    },
  );
  await sealInto(ws, 'prod/unsigned', { x: marker }, { sign: false });
  await sealInto(ws, 'prod/stale', { x: marker });
  ws.write(
    'secrets/prod/stale.yaml',
    ws.read('secrets/prod/stale.yaml').replace('version: 1', 'version: 2'),
  );
  const { stdout } = await ws.cli(['diff']);
  expect(stdout).toContain(
    '! signed    by nobody (may sign: author@example.com): edgeseal sign prod/unsigned',
  );
  expect(stdout).toMatch(/author@example.com does not fit: it was changed after/);
  expect(stdout).toContain('3 to be signed: edgeseal sign --all');
  for (const name of ['stranger', 'unsigned', 'stale'])
    rmSync(join(ws.repo, `secrets/prod/${name}.yaml`));
});

it('names regions taken out, and what is exposed to them', async () => {
  await sealInto(ws, 'prod/wide', { x: marker, y: marker });
  ws.commit('Wide');
  ws.write(
    'policy/distribution-policy.yaml',
    `apiVersion: v1
kind: ConfigMap
metadata: {name: p}
data:
  distribution-policy.yaml: |
    regions:
      eu-central: {secrets: [prod/wide]}
      us-east: {secrets: [prod/wide]}
      us-west: {secrets: []}
`,
  );
  const early = await diffJson();
  expect(early.settings).toMatchObject([
    {
      area: 'policy',
      kind: 'added',
      lines: ['+ eu-central gets prod/wide', '+ us-east gets prod/wide'],
    },
  ]);
  // The file is the same, and not in order any more.
  expect(early.secrets).toMatchObject([
    { kind: 'affected', name: 'wide', findings: [{ code: 'policy-mismatch', level: 'error' }] },
  ]);
  expect((await ws.cli(['reseal', 'prod/wide'])).code).toBe(0);
  const { secrets } = await diffJson();
  expect(secrets).toMatchObject([
    {
      kind: 'changed',
      regionsRemoved: ['us-west'],
      regionsTouched: ['us-west'],
      newlyExposed: [{ region: 'us-west', items: ['x', 'y'] }],
      findings: [],
    },
  ]);
  const { stdout } = await ws.cli(['diff']);
  expect(stdout).toContain('! exposed   us-west could read x, y');
  expect(stdout).toContain('edgeseal set prod/wide x; edgeseal set prod/wide y');
  ws.commit('Without us-west');
});

it('tells template changes: labels and type by value, annotations by name', async () => {
  const secret = sealedIn(ws, 'prod/wide');
  const template = {
    metadata: { labels: { app: 'web' }, annotations: { note: 'not-to-be-shown' } },
    immutable: true,
  };
  await put(ws, { ...secret, spec: { ...secret.spec, version: 9, template, signatures: [] } });
  const { stdout } = await ws.cli(['diff']);
  expect(stdout).toContain('~ template  immutable: false to true');
  expect(stdout).toContain('~ template  label app: none to web');
  expect(stdout).toContain('~ template  annotation note\n');
  expect(stdout).not.toContain('not-to-be-shown');
  ws.commit('Template');
});

it('knows a moved file by its envelopes, a removed one, and one that nobody can read', async () => {
  mkdirSync(join(ws.repo, 'secrets/staging'), { recursive: true });
  renameSync(join(ws.repo, 'secrets/prod/wide.yaml'), join(ws.repo, 'secrets/staging/wide.yaml'));
  ws.write('secrets/prod/a.yaml', `${ws.read('secrets/prod/a.yaml')}\nnot: this\n`);
  const text = ws.read('secrets/staging/wide.yaml');
  ws.write('secrets/staging/wide.yaml', text.replace('namespace: prod', 'namespace: staging'));
  const { secrets } = await diffJson();
  expect(secrets.map(({ name, kind, movedFrom }) => [name, kind, movedFrom])).toEqual([
    ['a', 'unreadable', null],
    ['wide', 'removed', null],
    ['wide', 'added', 'secrets/prod/wide.yaml'],
  ]);
  const { stdout } = await ws.cli(['diff']);
  expect(stdout).toContain('! moved     from secrets/prod/wide.yaml');
  expect(stdout).toContain('staging/wide');
  expect(stdout).toContain('! error');
  ws.git('checkout', '-q', '--', '.');
  rmSync(join(ws.repo, 'secrets/staging'), { recursive: true });
});

it('tells a re-wrap as one, and a wrap that was tampered with as damage', async () => {
  const generated = join(ws.folder, 'new-keys');
  const rotated = await ws.cli(['region', 'rotate', 'us-east', '--generate', generated]);
  expect(rotated.code, rotated.stderr).toBe(0);
  const before = await diffJson();
  expect(before.settings.map(({ area }) => area).sort()).toEqual(['region', 'trust', 'trust']);
  expect(before.settings.find(({ file }) => file === 'trust/2.yaml')?.lines.join()).toContain(
    'region us-east',
  );
  const resealed = await ws.cli(['reseal', '--all', '--key', ws.keyFile('recovery')]);
  expect(resealed.code, resealed.stderr).toBe(0);
  const { secrets } = await diffJson();
  expect(secrets.map(({ kind }) => kind)).toEqual(['rewrapped', 'rewrapped']);
  expect((await ws.cli(['diff'])).stdout).toMatch(
    /wrapped for other keys; no value is another one, still version 9\n {2}\+ key {7}us-east \(/,
  );
  ws.commit('Rewrap');
  const text = ws.read('secrets/prod/wide.yaml');
  const [wrap = ''] = /(?<=wrapped: ")[^"]{40}/.exec(text) ?? [
    /(?<=wrapped: )\S{40}/.exec(text)?.[0] ?? '',
  ];
  ws.write(
    'secrets/prod/wide.yaml',
    text.replace(wrap, `${wrap.slice(0, 10)}${wrap[10] === 'A' ? 'B' : 'A'}${wrap.slice(11)}`),
  );
  const [damaged] = (await diffJson()).secrets;
  expect(damaged).toMatchObject({
    kind: 'rewrapped',
    findings: [{ code: 'seal-open', level: 'error' }],
  });
  ws.git('checkout', '-q', '--', '.');
});

it('reads settings that are broken as a finding, and goes on', async () => {
  await setInto(ws, 'prod/a', { late: marker });
  ws.write('policy/distribution-policy.yaml', 'nonsense');
  const json = await diffJson();
  expect(json.faults).toHaveLength(1);
  expect(json.secrets.find(({ name }) => name === 'a')?.items['added']).toMatchObject([
    { item: 'late' },
  ]);
  ws.git('checkout', '-q', '--', '.');
});

it('an old branch does not bring back what a newer root has taken', async () => {
  const bob = await colleague(ws, 'robert');
  const keys = [readFileSync(bob.pub, 'utf8').trim().split(' ').slice(0, 2).join(' ')];
  await nextRoot(ws, (spec) => ({
    ...spec,
    authors: [...spec.authors, { name: 'robert', keys, namespaces: ['prod'] }],
  }));
  ws.commit('Robert writes');
  ws.git('checkout', '-q', '-b', 'roberts');
  await setInto(ws, 'prod/a', { his: marker }, { signingKey: bob.pub.replace('.pub', '') });
  ws.git('commit', '-qam', 'His', '--no-verify');
  const states = async (): Promise<unknown> =>
    (await diffJson('main', 'roberts')).secrets.map(({ after }) => after?.signatures);
  expect(await states()).toMatchObject([[{ author: 'robert', state: 'valid' }]]);
  ws.git('checkout', '-q', 'main');
  await nextRoot(ws, withoutAuthor('robert'));
  ws.commit('Robert does not');
  expect(await states()).toMatchObject([[{ author: 'robert', state: 'unlisted' }]]);
});
