import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findSigningKey, generateSigningKey, sign } from '../../cli/signer/signer.ts';
import { acceptSecret } from '../../core/channel/secret-check.ts';
import {
  readHeartbeat,
  readIndexes,
  requireListed,
  verifySnapshot,
} from '../../core/channel/snapshot-check.ts';
import type { ChannelReader } from '../../core/channel/snapshot-check.ts';
import { secretPath } from '../../core/format/names.ts';
import type { Heartbeat, Snapshot } from '../../core/format/snapshot.ts';
import { formatTrustRoot, parseTrustRoot } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { acceptPinnedRoot, rootHash } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { formatSshPublicKey } from '../../core/trust/ssh-key.ts';
import type { Workspace } from './workspace.ts';

/** A channel as a cluster of its region takes it, every signature and byte checked. */
export interface ClusterView {
  snapshot: Snapshot;
  sha256: string;
  heartbeat: Heartbeat | undefined;
  /** Versions by `namespace/name`. */
  versions: Record<string, number>;
  /** Opened values by `namespace/name`. */
  values: Record<string, Record<string, string>>;
}

/** Commit of a branch in a bare repository; undefined where there is none. */
export function branchAt(gitdir: string, branch: string): string | undefined {
  try {
    return gitIn(gitdir, 'rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
  } catch {
    return undefined;
  }
}

export function gitIn(gitdir: string, ...args: string[]): string {
  return execFileSync('git', ['-C', gitdir, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** Reads a channel from a bare repository, from root 1, as the region's cluster would. */
export async function clusterView(
  ws: Workspace,
  region: string,
  gitdir = ws.origin,
  rev = `refs/heads/edgeseal/${region}`,
): Promise<ClusterView> {
  const read: ChannelReader = (path) => {
    try {
      return execFileSync('git', ['-C', gitdir, 'cat-file', 'blob', `${rev}:${path}`], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch {
      return undefined;
    }
  };
  const bytes = execFileSync('git', ['-C', ws.repo, 'show', 'main:trust/1.yaml']);
  const signatures = gitIn(ws.repo, 'show', 'main:trust/1.sig');
  const held = acceptPinnedRoot({ bytes, signatures, file: 'trust/1.yaml' }, rootHash(bytes));
  const expected = { repository: ws.repositoryId, region };
  const { snapshot, sha256, root } = await verifySnapshot(read, held, expected);
  const view: ClusterView = {
    snapshot,
    sha256,
    heartbeat: await readHeartbeat(read, root, expected),
    versions: {},
    values: {},
  };
  for (const [namespace, index] of await readIndexes(read, snapshot)) {
    for (const entry of index) {
      const path = secretPath(namespace, entry.name);
      const file = await read(path);
      requireListed(file, entry, path);
      const { secret } = acceptSecret(file, namespace, entry, root, undefined);
      view.versions[`${namespace}/${entry.name}`] = entry.version;
      const opened = await unsealSecret(secret, ws.repositoryId, region, [ws.keys[region]!]);
      view.values[`${namespace}/${entry.name}`] = Object.fromEntries(
        [...(opened?.items ?? [])].map(([k, v]) => [k, Buffer.from(v.reveal()).toString()]),
      );
    }
  }
  return view;
}

/** Writes the next trust root into the workspace, signed by the workspace's key. */
export async function nextRoot(
  ws: Workspace,
  n: number,
  change: (spec: TrustRootSpec) => Partial<TrustRootSpec>,
): Promise<void> {
  const before = Buffer.from(ws.read(`trust/${n - 1}.yaml`));
  const root = parseTrustRoot(before, '');
  const spec = { ...root.spec, number: n, previous: rootHash(before) };
  const bytes = Buffer.from(formatTrustRoot({ ...root, spec: { ...spec, ...change(spec) } }));
  const key = await findSigningKey({ cwd: ws.repo, env: ws.env });
  const request = { key, namespace: signatureNamespaces.root, messages: [bytes], env: ws.env };
  const [signature = ''] = await sign(request);
  ws.write(`trust/${n}.yaml`, bytes.toString());
  ws.write(`trust/${n}.sig`, signature);
}

/** Makes another person's SSH key; returns its path and public line. */
export async function otherKey(
  ws: Workspace,
  name: string,
): Promise<{ path: string; line: string }> {
  const path = join(ws.folder, 'other', name);
  const { publicKey } = await generateSigningKey(path, 'made-up test key', ws.env);
  return { path, line: formatSshPublicKey(publicKey) };
}

/** Another clone of origin that has accepted root 1. */
export async function cloneOf(ws: Workspace, name: string): Promise<string> {
  const path = join(ws.folder, name);
  execFileSync('git', ['clone', '-q', ws.origin, path], { env: ws.env });
  const sha256 = rootHash(Buffer.from(ws.read('trust/1.yaml')));
  const { code, stderr } = await ws.cli(['trust', 'accept', sha256], { cwd: path });
  if (code !== 0) throw new Error(stderr);
  return path;
}

/** Installs a hook in a bare repository. */
export function installHook(gitdir: string, name: string, script: string): void {
  writeFileSync(join(gitdir, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
