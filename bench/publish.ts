/**
 * Publishing to many regions: secrets that each of them reads, one of which changes. 1,000 secrets and 20 regions, or
 * with `--full` the size that it is made for: 10,000 and 100.
 * Main and the remote are real repositories; the remote is a folder, so that no network is measured.
 *
 * `node bench/publish.ts [--full] [secrets] [regions]`. The full size takes ten minutes and some 10 GB in TMPDIR.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSigningKey, sign } from '../cli/signer/signer.ts';
import { formatRegionPublicKey, generateRegionKey } from '../core/crypto/region-key.ts';
import { formatEdgeSecret } from '../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../core/format/edge-secret.ts';
import { secretPath } from '../core/format/names.ts';
import { formatRegion } from '../core/format/region.ts';
import { formatRepository, parseRepository } from '../core/format/repository.ts';
import { apiVersion } from '../core/format/schema.ts';
import type { RootRegion } from '../core/format/trust-root.ts';
import { recipientsFor } from '../core/repository/recipients.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { createSecret, fullEnvelopes } from '../core/secret/change.ts';
import { statementBytes } from '../core/secret/statement.ts';
import { signatureNamespaces } from '../core/trust/signed-by.ts';
import { nextRoot } from '../test/support/channel.ts';
import { stateOf } from '../test/support/sealed.ts';
import { makeWorkspace } from '../test/support/workspace.ts';
import type { Workspace } from '../test/support/workspace.ts';

const isFull = process.argv.includes('--full');
const sizes = process.argv.slice(2).filter((arg) => !arg.startsWith('--'));
const [secrets = isFull ? 10_000 : 1000, regions = isFull ? 100 : 20] = sizes.map(Number);
const namespaces = 50;
/** Envelopes that are really sealed, each used for many secrets: publishing opens none, and 1,000,000 wraps take long. */
const distinct = 100;
const author = 'author@example.com';

/** Adds regions until there are enough, in a root of their own. */
async function addRegions(ws: Workspace): Promise<string[]> {
  const added: RootRegion[] = [];
  for (let i = 3; i < regions; i++) {
    const name = `edge-${String(i).padStart(3, '0')}`;
    const { key } = await generateRegionKey();
    const keys = [{ name: `${name}-key`, publicKey: formatRegionPublicKey(key) }];
    const metadata = { name };
    const spec = { recovery: 'recovery', keys };
    ws.write(`regions/${name}.yaml`, formatRegion({ apiVersion, kind: 'Region', metadata, spec }));
    const states = [{ sha256: key.sha256, state: 'active' as const }];
    added.push({ name, role: 'region', recovery: 'recovery', keys: states });
  }
  await nextRoot(ws, 2, (spec) => ({
    regions: [...spec.regions, ...added].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
  const names = ['eu-central', 'us-east', 'us-west', ...added.map(({ name }) => name)].sort();
  const repository = parseRepository(Buffer.from(ws.read('edgeseal.yaml')), 'edgeseal.yaml');
  const spec = { ...repository.spec, defaultRegions: names };
  ws.write('edgeseal.yaml', formatRepository({ ...repository, spec }));
  return names;
}

async function sealDistinct(ws: Workspace, names: string[]): Promise<FullEnvelope[]> {
  const recipients = await recipientsFor(await stateOf(ws), names);
  const envelopes: FullEnvelope[] = [];
  const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };
  for (let i = 0; i < distinct; i++) {
    const identity = { repository: ws.repositoryId, namespace: 'ns-0', name: `s-${i}`, template };
    const items = new Map(
      ['username', 'password', 'api-key'].map((item) => [
        item,
        SecretBytes.fromText(`made-up-${item}-${i}`),
      ]),
    );
    envelopes.push(...fullEnvelopes(await createSecret(identity, 1, recipients, items)));
  }
  return envelopes;
}

function secretOf(i: number, version: number, envelope: FullEnvelope): EdgeSecret {
  const metadata = { name: `app-${i}`, namespace: `ns-${i % namespaces}` };
  const spec = { version, envelopes: [{ ...envelope, version }], signatures: [] };
  return { apiVersion, kind: 'EdgeSecret', metadata, spec };
}

/** Signs secrets and commits them to main, straight into the object store: a working tree would take longer. */
async function commitSecrets(ws: Workspace, list: EdgeSecret[], message: string): Promise<void> {
  const key = await findSigningKey({ cwd: ws.repo, env: ws.env });
  const messages = list.map((secret) => statementBytes(ws.repositoryId, secret));
  const request = { key, namespace: signatureNamespaces.secret, messages, env: ws.env };
  const signatures = await sign(request);
  const options = ['-c', 'core.compression=1', '-c', 'fastimport.unpackLimit=0'];
  const child = spawn('git', [...options, 'fast-import', '--quiet', '--depth=0'], {
    cwd: ws.repo,
    env: ws.env,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const write = async (text: string): Promise<void> => {
    if (!child.stdin.write(text)) await once(child.stdin, 'drain');
  };
  await write(
    `commit refs/heads/main\ncommitter Made Up <${author}> 1750000000 +0000\ndata ${message.length}\n${message}\nfrom refs/heads/main^0\n`,
  );
  for (const [i, secret] of list.entries()) {
    const { namespace, name } = secret.metadata;
    const signed = [{ author, signature: signatures[i] ?? '' }];
    const text = formatEdgeSecret({ ...secret, spec: { ...secret.spec, signatures: signed } });
    await write(`M 100644 inline ${secretPath(namespace, name)}\ndata ${text.length}\n${text}\n`);
  }
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error('git fast-import failed');
  ws.git('push', '-q', 'origin', 'main');
}

/** Runs `edgeseal publish` in a process of its own. */
async function publish(ws: Workspace, what: string): Promise<void> {
  const start = performance.now();
  const bin = join(import.meta.dirname, '../cli/bin.ts');
  const flags = (process.env['BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
  const child = spawn(process.execPath, [...flags, bin, 'publish', '--output', 'json'], {
    cwd: ws.repo,
    env: ws.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, residentMegabytes(child.pid));
  }, 50);
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`publish ended with ${code}: ${out.slice(-2000)}`);
  const report = JSON.parse(out) as { regions: { changed: boolean }[] };
  const changed = report.regions.filter((region) => region.changed).length;
  process.stdout.write(
    `${what.padEnd(56)} ${seconds.toFixed(1).padStart(7)} s   ${changed} channels, ${memory.toFixed(0)} MB\n`,
  );
}

function residentMegabytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

if (!isFull && sizes.length === 0)
  process.stdout.write(
    'a tenth of the secrets, a fifth of the regions (-- publish --full: all, 10 minutes, 10 GB)\n',
  );
const ws = await makeWorkspace();
try {
  const names = await addRegions(ws);
  const envelopes = await sealDistinct(ws, names);
  ws.commit('Add regions');
  const envelopeOf = (i: number): FullEnvelope => envelopes[i % envelopes.length]!;
  const all = Array.from({ length: secrets }, (_, i) => secretOf(i, 1, envelopeOf(i)));
  await commitSecrets(ws, all, 'Seal');
  const size = spawnSync('du', ['-sm', ws.origin], { encoding: 'utf8' }).stdout.split('\t')[0];
  process.stdout.write(
    `${secrets} secrets for ${regions} regions, main is ${size ?? '?'} MB packed\n`,
  );
  await publish(ws, 'first publish');
  await publish(ws, 'nothing changed, heartbeats only');
  await commitSecrets(ws, [secretOf(secrets >> 1, 2, envelopeOf(7))], 'Change one');
  await publish(ws, 'one secret changed');
  await commitSecrets(ws, [secretOf(secrets >> 2, 2, envelopeOf(8))], 'Change another');
  await publish(ws, 'one secret changed, again');
} finally {
  ws.remove();
}
