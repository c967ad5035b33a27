import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootHash } from '../../core/trust/root-chain.ts';
import { maxReportBytes } from '../../cli/review/markdown/budget.ts';
import type { Workspace } from '../support/workspace.ts';
import { foreignTags } from './rendered.ts';
import { branch, commit, db, published, scenes } from './scenes.ts';

interface Json {
  verdict: string;
  mayMerge: boolean;
  root: { number: number };
  reasons: { level: string; kind: string; message: string; hint?: string; file?: string }[];
  regions: {
    region: string;
    changes: { secret: string; kind: string; replaced: string[]; authors: string[] }[];
    publish: { state: string; before: number; after: number } | null;
    held: { secret: string; version: number | null }[];
  }[];
  secrets: { secret: string; kind: string }[];
  trust: { before: number; after: number; lines: string[]; missing?: string }[];
  findings: { path: string | null; line: number; masked: string; standing: boolean }[];
}

let ws: Workspace;

/** Reviews the branch that is checked out. */
async function review(...args: string[]): Promise<{ code: number; markdown: string; json: Json }> {
  const markdown = await ws.cli(['review', '--base', 'main', ...args]);
  const json = await ws.cli(['review', '--base', 'main', '--output', 'json', ...args]);
  expect(markdown.stderr).toBe('');
  expect(json.code).toBe(markdown.code);
  expect(Buffer.byteLength(markdown.stdout)).toBeLessThanOrEqual(maxReportBytes + 1);
  expect(foreignTags(markdown.stdout)).toEqual([]);
  // No value of a test may show, however it was sealed.
  for (const { stdout } of [markdown, json])
    expect(stdout).not.toMatch(/made-up-(?:1|2|3|4|5|new|but)/);
  return { code: markdown.code, markdown: markdown.stdout, json: JSON.parse(json.stdout) as Json };
}

/** The row of a table that begins with these words. */
function rowOf(markdown: string, begin: string): string {
  return markdown.split('\n').find((line) => line.startsWith(`| ${begin}`)) ?? '';
}

beforeAll(async () => {
  ws = await published();
});
afterAll(() => {
  // A test commits a plaintext Secret on purpose.
  ws.remove({ stagesPlaintext: true });
});

describe('a value that was replaced, by an author', () => {
  it('may be merged, and says what changes where and who says so in its first lines', async () => {
    await scenes['rotation']?.(ws);
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json).toMatchObject({ verdict: 'ok', mayMerge: true, reasons: [] });
    const [first = '', , second = '', ...rest] = markdown.split('\n');
    expect(first).toBe('## ✅ May be merged');
    expect(second).toContain('1 secret changes in 3 of 3 regions; signed by `author@example.com`');
    expect(second).toContain('Publish would bring a new snapshot to all 3 regions.');
    const table = rest.slice(0, 5).join('\n');
    expect(table).toContain('**eu-central**<br>**us-east**<br>**us-west**');
    expect(table).toContain(`\`${db}\`<br>version 1 → 2 | new value of \`password\``);
    expect(table).toContain('✅ `author@example.com`');
    expect(markdown).toContain('unchanged: `username`');
    expect(json.regions).toMatchObject([
      {
        region: 'eu-central',
        changes: [{ secret: db, replaced: ['password'], authors: ['author@example.com'] }],
        publish: { state: 'new-snapshot', before: 1, after: 2 },
        held: [],
      },
      { region: 'us-east' },
      { region: 'us-west' },
    ]);
  });

  it('is told in plain text, too', async () => {
    const { code, stdout } = await ws.cli(['review', '--base', 'main', '-o', 'text']);
    expect(code).toBe(0);
    expect(stdout).toContain('May be merged\n1 secret changes in 3 of 3 regions');
    expect(stdout).toContain(`  ${db} (version 1 → 2): new value of password`);
  });

  it('is told for a base that went on meanwhile, as what main would be with it', async () => {
    ws.git('checkout', '-q', 'main');
    ws.write('NOTES.md', 'Something else.\n');
    const main = commit(ws, 'Go on');
    ws.git('checkout', '-q', 'rotation');
    const { code, json } = await review();
    expect(code).toBe(0);
    expect(json.secrets).toMatchObject([{ secret: db, kind: 'changed' }]);
    ws.git('checkout', '-q', 'main');
    ws.git('reset', '-q', '--hard', `${main}^`);
  });
});

describe('what a newcomer has sealed', () => {
  it('waits for an author, is held back by publish, and says who may sign it', async () => {
    await scenes['newcomer']?.(ws);
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(json.verdict).toBe('refused');
    expect(json.reasons.map(({ kind }) => kind)).toEqual(['signature', 'signature']);
    expect(markdown).toContain('## ✍️ Not yet: an author has to sign');
    expect(markdown).toContain('nobody has signed it; `author@example.com` may');
    expect(markdown).toContain('`edgeseal sign production/new-service`');
    expect(rowOf(markdown, '**eu-central**<br>**us-east**')).toContain(
      'held back: version 1 stays | ✍️ nobody yet',
    );
    expect(json.regions[2]).toMatchObject({
      region: 'us-west',
      publish: { state: 'unchanged' },
      held: [{ secret: 'production/new-service', version: null }],
    });
  });
});

describe('a region that is taken out', () => {
  it('may be merged, and says what it knows and how that is replaced', async () => {
    await scenes['region-removed']?.(ws);
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json.verdict).toBe('attention');
    expect(json.reasons).toMatchObject([
      {
        level: 'attention',
        kind: 'exposed',
        hint: expect.stringContaining('edgeseal set') as string,
      },
    ]);
    expect(rowOf(markdown, '**us-west**')).toContain(
      'taken out of this region, which could read `password`, `username`',
    );
    expect(rowOf(markdown, '**eu-central**')).toContain('same values; only the version is new');
    expect(markdown).toContain('- us-west gets production/database-credentials');
  });
});

describe('plaintext', () => {
  it('is refused by file and line, also where a later commit took it away again', async () => {
    await scenes['leaked']?.(ws);
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons.map(({ kind }) => kind)).toEqual(['leak', 'leak']);
    expect(json.findings).toMatchObject([
      { path: 'deploy/app.yaml', standing: true },
      { path: 'deploy/old.yaml', standing: false },
    ]);
    expect(markdown).toContain('## ⛔ Do not merge: it holds plaintext');
    expect(markdown).toContain('it was taken away again, but commit');
  });

  it('that only the change itself wants left alone may be merged after a look, that which main does is left', async () => {
    branch(ws, 'allowed');
    ws.write('deploy/example.yaml', 'password: made-up-but-Kx81jQz0\n');
    const reason = ['--reason', 'an example that nothing uses'];
    const allowed = await ws.cli(['scan', '--allow', 'deploy/example.yaml:1', ...reason]);
    expect(allowed.stderr + allowed.stdout).toContain('.edgeseal-allow.yaml');
    commit(ws, 'An example');
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json.reasons.map(({ level, kind }) => `${level} ${kind}`).sort()).toEqual([
      'attention leak',
      'attention tool',
    ]);
    expect(markdown).toContain(
      'the change itself says that this may stay: `deploy/example.yaml:1`',
    );
    ws.git('checkout', '-q', '-B', 'later', 'allowed');
    ws.write('deploy/second.yaml', ws.read('deploy/example.yaml'));
    commit(ws, 'Once more');
    const later = await ws.cli(['review', '--base', 'allowed']);
    expect([later.code, later.stdout.split('\n')[0]]).toEqual([0, '## ✅ May be merged']);
  });
});

describe('a next trust root', () => {
  it('says who gains and who loses what, and who signed it', async () => {
    await scenes['trust-root']?.(ws);
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json.verdict).toBe('attention');
    expect(json.root.number).toBe(1);
    expect(json.trust).toMatchObject([{ before: 1, after: 2 }]);
    expect(markdown).toContain('### Who may do what: trust root 1 → 2');
    expect(markdown).toContain('Signed by `author@example.com (SHA256:');
    expect(markdown).toContain('+ author colleague@example.com: may write to staging');
    expect(markdown).toContain('- author author@example.com: namespaces *');
  });
});

describe('a secret that is deleted', () => {
  it('may be merged after a look: clusters delete it', async () => {
    branch(ws, 'deleted');
    ws.git('rm', '-q', 'secrets/production/api-keys.yaml');
    commit(ws, 'Delete it');
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json.reasons.map(({ kind }) => kind)).toContain('deleted');
    expect(rowOf(markdown, '**eu-central**<br>**us-east**')).toContain(
      'deleted | · whoever merges',
    );
    expect(markdown).toContain('No secret changes for **us-west**.');
  });
});

describe('what is not sealed, or not as it was', () => {
  it('is refused with its file, where somebody wrote into it', async () => {
    branch(ws, 'broken');
    const file = `secrets/${db}.yaml`;
    ws.write(file, ws.read(file).replace('version: 1\n', 'version: one\n'));
    commit(ws, 'Break it');
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons[0]).toMatchObject({ level: 'refused', kind: 'sealed', file });
    expect(rowOf(markdown, '**eu-central**')).toContain('is no sealed secret any more');
    expect(json.regions[0]?.held).toEqual([{ secret: db, version: 1 }]);
  });

  it('is refused where settings cannot be read, and the secrets are judged by those of main', async () => {
    branch(ws, 'settings');
    ws.write('policy/distribution-policy.yaml', 'kind: ConfigMap\n');
    commit(ws, 'Break the policy');
    const { code, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons[0]).toMatchObject({
      level: 'refused',
      file: 'policy/distribution-policy.yaml',
    });
    expect(json.regions[0]?.publish).toBeNull();
  });

  it('is refused where main has changed the same, and the branch is still told', async () => {
    await scenes['rotation']?.(ws);
    ws.git('checkout', '-q', 'main');
    const old = ws.git('rev-parse', 'HEAD');
    const file = `secrets/${db}.yaml`;
    ws.write(file, ws.read(file).replace('version: 1\n', 'version: 5\n'));
    commit(ws, 'Change it on main');
    ws.git('checkout', '-q', 'rotation');
    const { code, markdown, json } = await review();
    ws.git('checkout', '-q', 'main');
    ws.git('reset', '-q', '--hard', old);
    expect(code).toBe(1);
    expect(json.reasons[0]).toMatchObject({ kind: 'conflict', file });
    expect(markdown).toContain('## ⛔ Cannot be merged: main went on');
    expect(rowOf(markdown, '**eu-central**')).toContain('new value of `password`');
  });
});

describe('what judges the changes after it', () => {
  it('is named where a change touches it', async () => {
    branch(ws, 'tool');
    ws.write('.github/workflows/review.yaml', 'on: push\n');
    ws.write('package.json', '{}\n');
    commit(ws, 'Change the checks');
    const { code, json } = await review();
    expect(code).toBe(0);
    expect(json.reasons).toMatchObject([{ level: 'attention', kind: 'tool' }]);
    expect(json.reasons[0]?.message).toContain('.github/workflows/review.yaml, package.json');
  });
});

describe('a change of a sealed file that main has changed elsewhere', () => {
  it('is merged as a Git host would, by no driver of this clone', async () => {
    ws.git('config', 'merge.edgeseal.driver', 'false');
    branch(ws, 'ours');
    ws.write('.gitattributes', 'secrets/** merge=edgeseal\n');
    ws.write('secrets/production/notes.yaml', `one: 1\n${'\n'.repeat(20)}two: 2\n`);
    commit(ws, 'Two lines');
    const file = 'secrets/production/notes.yaml';
    ws.git('checkout', '-q', '-b', 'theirs');
    ws.write(file, ws.read(file).replace('one: 1', 'one: 3'));
    commit(ws, 'Theirs');
    ws.git('checkout', '-q', '-f', 'ours');
    ws.write(file, ws.read(file).replace('two: 2', 'two: 4'));
    commit(ws, 'Ours');
    const { stdout } = await ws.cli(['review', '--base', 'theirs', '--output', 'json']);
    const { reasons } = JSON.parse(stdout) as Json;
    expect(reasons.map(({ kind }) => kind)).toEqual(['sealed']);
  });
});

describe('what is not committed', () => {
  it('is not looked at, and that is said', async () => {
    ws.git('checkout', '-q', 'main');
    ws.write('NOTES.md', 'Not committed.\n');
    const { stderr } = await ws.cli(['review', '--base', 'main']);
    ws.git('clean', '-q', '-f', 'NOTES.md');
    expect(stderr).toContain('what is not committed is not looked at: edgeseal diff shows it');
  });
});

describe('a clone without its history', () => {
  it('is said to be one', async () => {
    const clone = join(ws.folder, 'shallow');
    ws.git('clone', '-q', '--depth=1', `file://${ws.origin}`, clone);
    const env = { EDGESEAL_ROOT: rootHash(Buffer.from(ws.read('trust/1.yaml'))) };
    const { code, stderr } = await ws.cli(['review', '--base', 'main'], { cwd: clone, env });
    expect(code).toBe(0);
    expect(stderr).toContain('history is cut off in this clone');
    expect(stderr).toContain('git fetch --unshallow');
  });
});

describe('nothing', () => {
  it('is said so', async () => {
    ws.git('checkout', '-q', 'main');
    const { code, markdown, json } = await review();
    expect(code).toBe(0);
    expect(json.verdict).toBe('ok');
    expect(markdown).toContain('Nothing here that main does not have.');
  });

  it('is no commit, and no option of git', async () => {
    for (const base of ['no-such-branch', '--help']) {
      const { code, stderr } = await ws.cli(['review', `--base=${base}`]);
      expect(code).toBe(2);
      expect(stderr).toContain(`there is no commit ${base} here`);
    }
  });
});
