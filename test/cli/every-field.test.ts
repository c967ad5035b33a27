import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Report } from '../../cli/publish/report.ts';
import { generateRegionKey, formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import { emitYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { formatEdgeSecret, sortRecipients } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { parseYaml } from '../../core/format/yaml.ts';
import { recipientsFor } from '../../core/repository/recipients.ts';
import { createSecret, removeRegions, setItems } from '../../core/secret/change.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { clusterView, gitIn, nextRoot } from '../support/channel.ts';
import { put, sealedIn, stateOf } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const ws = await makeWorkspace({ defaultRegions: ['eu-central', 'us-east'] });
afterAll(() => {
  ws.remove();
});

type Path = (string | number)[];
/** Every value in a document, and every name that is somebody's to choose. */
let fields: Path[] = [];
const secretOf = (index: number): string => `production/field-${index}`;

/** A secret that has everything: two envelopes, a second key, a revoked one, a region taken out, labels. All made up. */
async function sealWhole(name: string): Promise<EdgeSecret> {
  const [namespace = '', short = ''] = name.split('/');
  const state = await stateOf(ws);
  const items = new Map([['user', SecretBytes.fromText('made-up')]]);
  const more = new Map([['password', SecretBytes.fromText('made-up')]]);
  const template = {
    type: 'Opaque',
    immutable: false,
    metadata: { labels: { app: 'made-up' }, annotations: { note: 'made-up' } },
  };
  const all = await recipientsFor(state, ['eu-central', 'us-east', 'us-west']);
  const east = await recipientsFor(state, ['us-east']);
  const identity = { repository: ws.repositoryId, namespace, name: short, template };
  const first = await createSecret(identity, 1, all, items);
  const second = await setItems(first, ws.repositoryId, 2, east, more);
  const secret = removeRegions(second, 3, new Set(['us-west']));
  const [envelope, ...others] = secret.spec.envelopes as FullEnvelope[];
  const recipients = sortRecipients([
    ...envelope!.recipients,
    { region: 'us-east', key: 'aaaaaaaaaaaaaaaa' },
  ]);
  const envelopes = [{ ...envelope!, recipients }, ...others];
  return { ...secret, spec: { ...secret.spec, envelopes } };
}

function leavesOf(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const isMap = !Array.isArray(value);
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...path, isMap ? key : Number(key)]),
  );
}

/** One character, one digit or one bit. */
function flipped(value: Json): Json {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  const text = value as string;
  const at = Math.floor(text.length / 2);
  const other = text[at] === 'b' ? 'c' : 'b';
  return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
}

function flipAt(value: Json, path: Path): Json {
  const [step, ...rest] = path;
  if (step === undefined) return flipped(value);
  if (Array.isArray(value)) return value.map((one, i) => (i === step ? flipAt(one, rest) : one));
  const entries = Object.entries(value as Record<string, Json>);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, key === step ? flipAt(inner, rest) : inner]),
  );
}

beforeAll(async () => {
  const { key } = await generateRegionKey();
  const east = ws.read('regions/us-east.yaml');
  const line = formatRegionPublicKey(key);
  ws.write('regions/us-east.yaml', `${east}  - name: second\n    publicKey: ${line}\n`);
  await nextRoot(ws, 2, ({ regions }) => ({
    regions: regions.map((region) =>
      region.name === 'us-east'
        ? { ...region, keys: [...region.keys, { sha256: key.sha256, state: 'active' as const }] }
        : region,
    ),
  }));
  await put(ws, await sealWhole(secretOf(0)));
  fields = leavesOf(parseYaml(formatEdgeSecret(sealedIn(ws, secretOf(0)))).value);
  for (let i = 1; i < fields.length; i += 1) await put(ws, await sealWhole(secretOf(i)));
  ws.commit('Seal');
  const { code, stdout } = await ws.cli(['verify']);
  expect(code, stdout).toBe(0);
  const published = await ws.cli(['publish']);
  expect(published.code, published.stdout).toBe(0);
});

it('one changed character in any field is noticed by verify, and held by publish', async () => {
  // Four wraps in the first envelope, three in the second: the recovery key's and the second key's among them.
  expect(fields.filter((path) => path.at(-1) === 'wrapped')).toHaveLength(7);
  const before = await clusterView(ws, 'us-east');
  const tree = gitIn(ws.origin, 'ls-tree', '-r', 'edgeseal/us-east', 'secrets');
  for (const [i, path] of fields.entries()) {
    const file = `secrets/${secretOf(i)}.yaml`;
    ws.write(file, emitYaml(flipAt(parseYaml(ws.read(file)).value, path)));
  }
  const inTree = await ws.cli(['verify', '-o', 'json']);
  const seen = JSON.parse(inTree.stdout) as {
    secrets: { name: string; ok: boolean }[];
    findings: { file?: string; level: string; hint?: string }[];
  };
  const words = (index: number): string => fields[index]!.join('.');
  const unseen = fields.flatMap((_, i) => {
    const { ok } =
      seen.secrets.find(({ name }) => name === `field-${i}` || name.endsWith(`/field-${i}.yaml`)) ??
      {};
    return ok === false ? [] : [words(i)];
  });
  expect(unseen).toEqual([]);
  // And for each there is the way back.
  const without = fields.flatMap((_, i) => {
    const file = `secrets/${secretOf(i)}.yaml`;
    const hints = seen.findings.filter((f) => f.file === file && f.level === 'error');
    return hints.some(({ hint }) => hint?.includes(`git restore -- ${file}`) === true)
      ? []
      : [words(i)];
  });
  expect(without).toEqual([]);

  ws.commit('Change one character in each');
  expect((await ws.cli(['verify', '--commit', 'HEAD'])).code).toBe(1);
  const { code, stdout } = await ws.cli(['publish', '-o', 'json']);
  expect(code).toBe(1);
  const { held } = JSON.parse(stdout) as Report;
  const files = new Set(held.map(({ file }) => file));
  expect(
    fields.flatMap((_, i) => (files.has(`secrets/${secretOf(i)}.yaml`) ? [] : [words(i)])),
  ).toEqual([]);
  expect(gitIn(ws.origin, 'ls-tree', '-r', 'edgeseal/us-east', 'secrets')).toBe(tree);
  expect((await clusterView(ws, 'us-east')).values).toEqual(before.values);
  // It is said each time, though nothing has changed since.
  const again = JSON.parse((await ws.cli(['publish', '-o', 'json'])).stdout) as Report;
  expect(again.held).toHaveLength(held.length);
});
