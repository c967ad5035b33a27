import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { maxReportBytes } from '../../cli/review/markdown/budget.ts';
import { colleague } from '../support/colleague.ts';
import { nextRoot, withoutAuthor } from '../support/root.ts';
import { sealInto, sealedIn } from '../support/sealed.ts';
import type { Workspace } from '../support/workspace.ts';
import { foreignTags, outsideCode } from './rendered.ts';
import { branch, commit, db, published } from './scenes.ts';

// What somebody can do who may open a pull request, and is nobody in the trust root.

let ws: Workspace;

interface Json {
  verdict: string;
  root: { number: number };
  reasons: { level: string; kind: string; message: string; file?: string }[];
  trust: { lines: string[]; missing?: string }[];
  findings: { path: string; masked: string }[];
}

async function review(
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number; markdown: string; json: Json }> {
  const { code, stdout, stderr } = await ws.cli(['review', '--base', 'main'], { env });
  const json = await ws.cli(['review', '--base', 'main', '--output', 'json'], { env });
  expect(stderr).toBe('');
  expect(Buffer.byteLength(stdout)).toBeLessThanOrEqual(maxReportBytes + 1);
  expect(foreignTags(stdout)).toEqual([]);
  return { code, markdown: stdout, json: JSON.parse(json.stdout) as Json };
}

beforeAll(async () => {
  ws = await published();
});
afterAll(() => {
  ws.remove({ stagesPlaintext: true });
});

describe('words that a stranger chose', () => {
  const bad =
    '`|</td></table></details><h2>✅ May be merged</h2>@acme/security ![x](https://evil.example/p)';

  it('mislead nobody: names of authors, labels, types, files, messages', async () => {
    branch(ws, 'words');
    await sealInto(ws, 'production/new-service', { token: 'made-up-4' }, { sign: false });
    const secret = sealedIn(ws, 'production/new-service');
    const label = bad.replaceAll(/\s/g, '_');
    const hostile: EdgeSecret = {
      ...secret,
      spec: {
        ...secret.spec,
        template: {
          type: bad,
          metadata: { labels: { [label]: bad }, annotations: { [label]: bad } },
        },
        signatures: [{ author: `${bad}\n\n## ✅ ok`, signature: 'none' }],
      },
    };
    ws.write('secrets/production/new-service.yaml', formatEdgeSecret(hostile));
    const old = sealedIn(ws, db);
    const changed = { ...old.spec, version: 2, template: hostile.spec.template };
    ws.write(`secrets/${db}.yaml`, formatEdgeSecret({ ...old, spec: changed }));
    ws.write('secrets/production/`@acme|x`.yaml', 'kind: EdgeSecret\n');
    ws.write(
      'deploy/<img src=x>`|\u202e@acme\n## ok.yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: "${bad}"}\nstringData: {"@acme": made-up-but-plain}\n`,
    );
    ws.git('add', '-A');
    ws.git('commit', '-q', '--no-verify', '-m', `${bad}\n\n@acme/security approve, fixes #1`);
    const { code, markdown } = await review();
    expect(code).toBe(1);
    expect(markdown.split('\n')[0]).toMatch(/^## ⛔ /);
    expect(markdown.match(/^##? /gm)).toHaveLength(1);
    expect(outsideCode(markdown)).not.toMatch(/[@#][\w-]|https?:\/\//);
    expect(markdown).not.toMatch(/made-up|\u202e/);
    // The terminal of whoever runs it here is theirs.
    const text = await ws.cli(['review', '--base', 'main', '--output', 'text']);
    expect(text.stdout.replaceAll('\n', '')).not.toMatch(/[\p{C}]/u);
  });

  it('are bounded, however many and however long', async () => {
    branch(ws, 'many');
    const manifest = (i: number): string =>
      `apiVersion: v1\nkind: Secret\nmetadata: {name: s${i}}\nstringData: {password: made-up-but-plain-${i}}\n`;
    for (let i = 0; i < 150; i++)
      ws.write(`deploy/${'long-name-'.repeat(20)}/${i}.yaml`, manifest(i));
    for (let i = 0; i < 150; i++)
      ws.write(`secrets/production/s${i}.yaml`, `${'x'.repeat(500)}: [\n`);
    commit(ws, 'Many');
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(json.findings).toHaveLength(150);
    expect(markdown).toContain('and 146 more like it');
    expect(markdown.split('\n').filter((line) => line.startsWith('- ⛔')).length).toBeLessThan(15);
  });
});

describe('a trust root that a stranger brings', () => {
  it('is no root: one that nobody in force has signed', async () => {
    branch(ws, 'forged');
    const one = ws.read('trust/1.yaml');
    const two = one
      .replace('number: 1', 'number: 2')
      .replace('previous: null', `previous: ${rootHash(Buffer.from(one))}`);
    ws.write('trust/2.yaml', two);
    ws.write('trust/2.sig', ws.read('trust/1.sig'));
    commit(ws, 'Take over');
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons[0]).toMatchObject({ level: 'refused', kind: 'trust' });
    expect(json.trust).toEqual([]);
    expect(markdown).toContain('## ⛔ Do not merge: its trust root does not hold');
  });

  it('is no root: one in the place of that in force', async () => {
    branch(ws, 'swapped');
    ws.write('trust/1.yaml', ws.read('trust/1.yaml').replaceAll('author@', 'stranger@'));
    commit(ws, 'Swap');
    const { code, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons[0]?.message).toContain('trust root 1, which is in force, is changed');
  });
});

describe('a trust root that holds', () => {
  it('is still refused where it leaves a secret without an author', async () => {
    branch(ws, 'without-author');
    await nextRoot(ws, withoutAuthor('author@example.com'));
    commit(ws, 'Take the author out');
    const { code, markdown, json } = await review();
    expect(code).toBe(1);
    expect(new Set(json.reasons.filter((r) => r.level === 'refused').map((r) => r.kind))).toEqual(
      new Set(['signature']),
    );
    expect(markdown).toContain('who signed it may not any more');
    expect(markdown).toContain('- author author@example.com: could write to *');
  });
});

describe('a public key that a stranger brings', () => {
  it('is named, though nothing is sealed for it yet', async () => {
    branch(ws, 'key');
    const file = 'regions/us-east.yaml';
    ws.write(
      file,
      ws
        .read(file)
        .replace(
          /publicKey: .*/,
          ws.read('regions/us-west.yaml').match(/publicKey: .*/)?.[0] ?? '',
        ),
    );
    commit(ws, 'Another key');
    const { code, json } = await review();
    expect(code).toBe(1);
    expect(json.reasons[0]).toMatchObject({ level: 'refused', kind: 'trust', file });
    expect(json.reasons[0]?.message).toContain('it may be a stranger');
  });
});

// Last, as this clone then knows of root 3.
describe('a chain of trust roots that a former holder of a root key made', () => {
  it('is refused, though it goes on from a root that was accepted', async () => {
    const mallory = await colleague(ws, 'mallory');
    const fingerprint = rootHash(Buffer.from(ws.read('trust/1.yaml')));
    const own = readFileSync(mallory.pub, 'utf8').split(' ').slice(0, 2).join(' ');
    // Mallory was a holder of a root key once: root 2 brings her, root 3 takes her out again.
    branch(ws, 'history');
    await nextRoot(ws, (spec) => ({
      ...spec,
      roots: { keys: [...spec.roots.keys, own], threshold: 1 },
    }));
    commit(ws, 'Root 2');
    const two = ws.git('rev-parse', 'HEAD');
    await nextRoot(ws, (spec) => ({
      ...spec,
      roots: { keys: spec.roots.keys.filter((key) => key !== own), threshold: 1 },
    }));
    commit(ws, 'Root 3');
    ws.git('checkout', '-q', 'main');
    const before = ws.git('rev-parse', 'HEAD');
    ws.git('merge', '-q', 'history');
    // She goes on from root 2 by herself, to a root above main's.
    ws.git('checkout', '-q', '-B', 'fork', two);
    const her = { ...ws, env: { ...ws.env, HOME: mallory.env['HOME'] } };
    for (const name of ['first', 'second'])
      await nextRoot(her, (spec) => ({
        ...spec,
        authors: [...spec.authors, { name: `mallory-${name}`, keys: [own], namespaces: ['*'] }],
      }));
    const files = ['3.yaml', '3.sig', '4.yaml', '4.sig'].map((name) => `trust/${name}`);
    const forged = files.map((file) => ws.read(file));
    ws.git('checkout', '-q', '-f', 'main');
    ws.git('checkout', '-q', '-B', 'fork');
    for (const [i, file] of files.entries()) ws.write(file, forged[i] ?? '');
    commit(ws, 'Go on from root 2');
    // What CI has accepted is root 1: from there her chain holds as well as main's.
    const { code, json } = await review({ EDGESEAL_ROOT: fingerprint });
    ws.git('checkout', '-q', '-f', 'main');
    ws.git('reset', '-q', '--hard', before);
    expect(code).toBe(1);
    expect(json.root.number).toBe(3);
    expect(json.reasons[0]?.message).toContain('trust root 3, which is in force, is changed');
    expect(json.trust).toEqual([]);
  });
});
