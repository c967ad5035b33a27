import { channelSecret } from '../../core/channel/elide.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import { canonicalBytes } from '../../core/format/canonical-json.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName, secretPath } from '../../core/format/names.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import { formatTrustRoot } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { sshLine, sshSign } from './keys.ts';
import { firstVersion, signed, token } from './signed-secret.ts';
import { east, east2, eu, repository, west } from './unseal-case.ts';

/** Builds small channels from parts, each of which a case may have wrong. Nothing here draws randomness. */

export interface MadeRoot {
  number: number;
  bytes: Uint8Array;
  signatures: string;
  sha256: string;
}

/** A root signed by `signers`; `edit` changes the text before it is signed. */
export function makeRoot(
  spec: TrustRootSpec,
  signers: readonly string[] = ['root a'],
  edit: (text: string) => string = (text) => text,
): MadeRoot {
  const bytes = Buffer.from(edit(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec })));
  const signatures = signers.map((name) => sshSign(name, 'root@edgeseal.dev', bytes)).join('');
  return { number: spec.number, bytes, signatures, sha256: sha256Of(bytes) };
}

const active = (sha256: string) => ({ sha256, state: 'active' as const });

export const spec1: TrustRootSpec = {
  repository,
  number: 1,
  previous: null,
  roots: { keys: [sshLine('root a')], threshold: 1 },
  publishers: { keys: [sshLine('publisher a')], threshold: 1 },
  heartbeat: { key: sshLine('heartbeat a') },
  authors: [
    { name: 'a@example.com', keys: [sshLine('author a')], namespaces: ['production', 'team-*'] },
    { name: 'b@example.com', keys: [sshLine('author b')], namespaces: ['prod', 'staging-?'] },
  ],
  regions: [
    { name: 'eu-central', role: 'region', keys: [active(eu.sha256)] },
    {
      name: 'us-east',
      role: 'region',
      keys: [active(east.sha256), { sha256: east2.sha256, state: 'retired' }],
    },
    { name: 'us-west', role: 'region', keys: [active(west.sha256)] },
  ],
};

export const root1 = makeRoot(spec1);

/** The spec of root 2, right but for what is changed. */
export function nextSpec(over: Partial<TrustRootSpec> = {}, after = root1): TrustRootSpec {
  return { ...spec1, number: after.number + 1, previous: after.sha256, ...over };
}

export type Files = Map<string, Uint8Array>;

export interface ChannelParts {
  region?: string;
  secrets?: EdgeSecret[];
  /** Roots that lie on the channel. */
  roots?: MadeRoot[];
  /** The one that the snapshot names; the last one otherwise. */
  root?: MadeRoot;
  sequence?: number;
  previous?: string | null;
  signers?: string[];
  /** Changes what the snapshot says, before it is signed. */
  snapshot?: (json: { [key: string]: Json }) => Json;
  /** Bytes in place of the snapshot's canonical JSON, signed as they are. */
  snapshotBytes?: (bytes: Buffer) => Uint8Array;
  indexBytes?: (bytes: Buffer, namespace: string) => Uint8Array;
  /** Bytes of a secret's file, listed as they are. */
  secretBytes?: (text: string) => Uint8Array | string;
  alive?: { bytes?: (bytes: Buffer) => Uint8Array; signer?: string; over?: object } | null;
}

export const defaultSecrets = [signed(firstVersion), signed(token)];
export const issuedAt = '2026-01-31T12:00:00Z';

/** A channel, right in everything that the parts leave alone. */
export function makeChannel(parts: ChannelParts = {}): { files: Files; sha256: string } {
  const { region = 'us-east', roots = [root1], secrets = defaultSecrets } = parts;
  const files: Files = new Map();
  for (const root of roots) {
    files.set(channelPaths.root(root.number), root.bytes);
    files.set(channelPaths.rootSignature(root.number), Buffer.from(root.signatures));
  }
  const indexes = addSecrets(files, region, secrets, parts);
  const named = parts.root ?? roots.at(-1) ?? root1;
  const json = {
    repository,
    region,
    root: { number: named.number, sha256: named.sha256 },
    sequence: parts.sequence ?? 1,
    previous: parts.previous ?? null,
    source: '1'.repeat(40),
    indexes,
  };
  const canonical = Buffer.from(canonicalBytes(parts.snapshot?.(json) ?? json));
  const bytes = parts.snapshotBytes?.(canonical) ?? canonical;
  const signers = parts.signers ?? ['publisher a'];
  const signatures = signers.map((name) => sshSign(name, 'snapshot@edgeseal.dev', bytes)).join('');
  files.set(channelPaths.snapshot, bytes);
  files.set(channelPaths.snapshotSignature, Buffer.from(signatures));
  const sha256 = sha256Of(bytes);
  if (parts.alive !== null)
    addHeartbeat(files, { repository, region, snapshot: sha256, issuedAt }, parts.alive);
  return { files, sha256 };
}

function addSecrets(
  files: Files,
  region: string,
  secrets: EdgeSecret[],
  parts: ChannelParts,
): Json[] {
  const listing = new Map<string, Json[]>();
  for (const secret of secrets) {
    const { namespace, name } = secret.metadata;
    const text = formatEdgeSecret(channelSecret(secret, region) ?? secret);
    const bytes = Buffer.from(parts.secretBytes?.(text) ?? text);
    files.set(secretPath(namespace, name), bytes);
    const entry = {
      name,
      version: secret.spec.version,
      sha256: sha256Of(bytes),
      size: bytes.length,
    };
    listing.set(namespace, [...(listing.get(namespace) ?? []), entry]);
  }
  return [...listing]
    .sort(([a], [b]) => byName(a, b))
    .map(([namespace, entries]) => {
      const canonical = Buffer.from(canonicalBytes(entries));
      const bytes = parts.indexBytes?.(canonical, namespace) ?? canonical;
      files.set(channelPaths.index(namespace), bytes);
      return { namespace, sha256: sha256Of(bytes), size: bytes.length };
    });
}

function addHeartbeat(
  files: Files,
  json: { [key: string]: Json },
  parts: ChannelParts['alive'],
): void {
  const canonical = Buffer.from(canonicalBytes({ ...json, ...parts?.over }));
  const bytes = parts?.bytes?.(canonical) ?? canonical;
  files.set(channelPaths.alive, bytes);
  const signature = sshSign(parts?.signer ?? 'heartbeat a', 'alive@edgeseal.dev', bytes);
  files.set(channelPaths.aliveSignature, Buffer.from(signature));
}
