import { z } from 'zod';
import { EdgesealError } from '../errors.ts';
import { canonicalBytes, parseCanonicalJson } from './canonical-json.ts';
import type { Json } from './canonical-json.ts';
import { maxSealedBytes } from './edge-secret.ts';
import { byName } from './names.ts';
import {
  counter,
  namespaceName,
  regionName,
  repositoryId,
  secretName,
  sha256Hex,
  validateJson,
} from './schema.ts';

/** Limits in bytes, checked before anything is parsed. */
export const maxSnapshotBytes = 4 * 1024 * 1024;
export const maxIndexBytes = 32 * 1024 * 1024;
export const maxHeartbeatBytes = 4096;

/** Where the parts of a channel lie. No file ending under `.edgeseal/`: GitOps tools leave it alone. */
export const channelPaths = {
  snapshot: '.edgeseal/snapshot',
  snapshotSignature: '.edgeseal/snapshot.sig',
  alive: '.edgeseal/alive',
  aliveSignature: '.edgeseal/alive.sig',
  index: (namespace: string) => `.edgeseal/index/${namespace}`,
  root: (n: number) => `.edgeseal/trust/${n}`,
  rootSignature: (n: number) => `.edgeseal/trust/${n}.sig`,
} as const;

const size = z.int().min(0);

const snapshotSchema = z.strictObject({
  repository: repositoryId,
  region: regionName,
  root: z.strictObject({ number: counter, sha256: sha256Hex }),
  sequence: counter,
  /** SHA-256 of the previous snapshot's bytes; null for the first. */
  previous: sha256Hex.nullable(),
  /** The commit of main that was rendered. */
  source: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'is not a commit id'),
  indexes: z.array(z.strictObject({ namespace: namespaceName, sha256: sha256Hex, size })),
});

const indexSchema = z.array(
  z.strictObject({ name: secretName, version: counter, sha256: sha256Hex, size }),
);

const heartbeatSchema = z.strictObject({
  repository: repositoryId,
  region: regionName,
  /** SHA-256 of the snapshot that is the newest. */
  snapshot: sha256Hex,
  issuedAt: z.string().refine(isUtcTime, 'is not a UTC time such as 2026-01-31T12:00:00Z'),
});

/** The signed list of a channel's content. It carries no time, so rendering is deterministic. */
export type Snapshot = z.infer<typeof snapshotSchema>;
/** The secrets of one namespace, sorted by name. */
export type Index = z.infer<typeof indexSchema>;
export type IndexEntry = Index[number];
export type Heartbeat = z.infer<typeof heartbeatSchema>;

/** Parses snapshot bytes whose signatures were verified already. */
export function parseSnapshot(bytes: Uint8Array): Snapshot {
  const json = parseBounded(bytes, maxSnapshotBytes, channelPaths.snapshot);
  const snapshot = validateJson(snapshotSchema, json, channelPaths.snapshot);
  requireSorted(
    snapshot.indexes.map((i) => i.namespace),
    channelPaths.snapshot,
  );
  requireSizes(snapshot.indexes, maxIndexBytes, channelPaths.snapshot);
  return snapshot;
}

/** Parses an index whose SHA-256 was checked already. */
export function parseIndex(bytes: Uint8Array, namespace: string): Index {
  const file = channelPaths.index(namespace);
  const index = validateJson(indexSchema, parseBounded(bytes, maxIndexBytes, file), file);
  requireSorted(
    index.map((entry) => entry.name),
    file,
  );
  requireSizes(index, maxSealedBytes, file);
  return index;
}

/** Parses heartbeat bytes whose signature was verified already. */
export function parseHeartbeat(bytes: Uint8Array): Heartbeat {
  const json = parseBounded(bytes, maxHeartbeatBytes, channelPaths.alive);
  return validateJson(heartbeatSchema, json, channelPaths.alive);
}

/** The bytes that are signed: canonical JSON. */
export function formatSnapshot(snapshot: Snapshot): Uint8Array {
  return canonicalBytes(snapshot);
}
export function formatIndex(index: Index): Uint8Array {
  return canonicalBytes(index);
}
export function formatHeartbeat(heartbeat: Heartbeat): Uint8Array {
  return canonicalBytes(heartbeat);
}

/** To the second, and a day that exists: what `Date` cannot read would never count as old. */
function isUtcTime(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text.replace('Z', '.000Z');
}

/** What is listed as too long does not have to be fetched to be refused. */
function requireSizes(listed: { size: number }[], limit: number, file: string): void {
  if (listed.every((entry) => entry.size <= limit)) return;
  throw new EdgesealError(
    'input-too-large',
    `${file} lists a file of more than the ${limit} bytes that are allowed`,
    { file },
  );
}

function parseBounded(bytes: Uint8Array, limit: number, file: string): Json {
  if (bytes.length > limit) {
    throw new EdgesealError(
      'input-too-large',
      `${file} has ${bytes.length} bytes, at most ${limit} are allowed`,
      { file },
    );
  }
  return parseCanonicalJson(bytes, file);
}

function requireSorted(names: string[], file: string): void {
  names.forEach((name, i) => {
    if (i > 0 && byName(names[i - 1] ?? '', name) >= 0) {
      throw new EdgesealError(
        'format-schema',
        'the entries are not sorted by name, or not unique',
        { file },
      );
    }
  });
}
