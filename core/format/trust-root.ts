import { z } from 'zod';
import { EdgesealError } from '../errors.ts';
import { emitYaml } from './block-yaml.ts';
import { apiVersion, counter, regionName, repositoryId, sha256Hex, validate } from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

/** A root is at most this long. */
export const maxRootBytes = 512 * 1024;

const sshKey = z.string().min(1).max(1024);
const signers = z.strictObject({ keys: z.array(sshKey).min(1).max(64), threshold: counter });

const regionKeySchema = z.strictObject({
  /** Full SHA-256 of the raw public key. */
  sha256: sha256Hex,
  /** active: sealed for. retired: no longer sealed for. revoked: what it could read must be replaced. */
  state: z.enum(['active', 'retired', 'revoked']),
});

/** kind TrustRoot: who may do what. Signed as raw bytes, and verified before it is parsed. */
export const trustRootSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('TrustRoot'),
  spec: z.strictObject({
    repository: repositoryId,
    number: counter,
    /** SHA-256 of the bytes of root number - 1; null for the first. */
    previous: sha256Hex.nullable(),
    roots: signers,
    publishers: signers,
    /** Signs `alive`; absent where no heartbeat is configured. */
    heartbeat: z.strictObject({ key: sshKey }).optional(),
    authors: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(320),
          keys: z.array(sshKey).min(1).max(16),
          /** Globs over namespace names. Only `*` and `?` are special, so a right reads as what it is. */
          namespaces: z
            .array(z.string().regex(/^[-a-z0-9*?]{1,253}$/, 'is not a namespace, with * or ?'))
            .min(1)
            .max(256),
        }),
      )
      .max(4096),
    regions: z
      .array(
        z.strictObject({
          name: regionName,
          role: z.enum(['region', 'recovery']),
          /** The recovery recipient of a region. Here too, so that no merged line can change it. */
          recovery: regionName.optional(),
          keys: z.array(regionKeySchema).max(64),
        }),
      )
      .max(4096),
  }),
});

export type TrustRoot = z.infer<typeof trustRootSchema>;
export type TrustRootSpec = TrustRoot['spec'];
export type RootRegion = TrustRootSpec['regions'][number];
export type KeyState = z.infer<typeof regionKeySchema>['state'];

/**
 * Parses a root whose signatures were verified already.
 *
 * @throws EdgesealError `format-yaml`, `format-schema` or `trust-root` (a threshold that its keys cannot
 * reach, a name or a region's key twice)
 */
export function parseTrustRoot(bytes: Uint8Array, file: string): TrustRoot {
  requireRootSize(bytes, file);
  const root = validate(
    trustRootSchema,
    parseYaml(decodeUtf8(bytes, 'the trust root'), { file, showKeys: true }),
    file,
  );
  const { authors, regions, number, previous } = root.spec;
  const fail = (field: string, message: string): never => {
    throw new EdgesealError('trust-root', `spec.${field}: ${message}`, {
      file,
      field: `spec.${field}`,
    });
  };
  for (const role of ['roots', 'publishers'] as const) {
    const { keys, threshold } = root.spec[role];
    if (threshold > keys.length)
      fail(`${role}.threshold`, `${threshold} of ${keys.length} keys can never be reached`);
  }
  if ((number === 1) !== (previous === null))
    fail('previous', 'is null for root 1, and for no other');
  requireUnique(
    authors.map((a) => a.name),
    (name) => fail('authors', `${name} is listed twice`),
  );
  requireUnique(
    regions.map((r) => r.name),
    (name) => fail('regions', `${name} is listed twice`),
  );
  // One key in two states, or of two regions: whoever revokes it would revoke half of it.
  requireUnique(
    regions.flatMap((r) => r.keys.map((key) => key.sha256)),
    (sha256) => fail('regions', `the key ${sha256} is listed twice`),
  );
  for (const { name, role, recovery } of regions) {
    if (recovery === undefined) continue;
    if (role !== 'region') fail('regions', `${name} is a recovery recipient and has one itself`);
    const found = regions.find((r) => r.name === recovery);
    if (found?.role !== 'recovery')
      fail('regions', `the recovery of ${name} is not a recovery recipient`);
  }
  return root;
}

/** @throws EdgesealError `input-too-large`; to be asked before a signature is verified */
export function requireRootSize(bytes: Uint8Array, file: string): void {
  if (bytes.length > maxRootBytes) {
    throw new EdgesealError('input-too-large', 'the trust root is too long', { file });
  }
}

/** Writes a root: the bytes that are then signed and hashed. */
export function formatTrustRoot(root: TrustRoot): string {
  const { repository, number, previous, roots, publishers, heartbeat, authors, regions } =
    root.spec;
  return emitYaml({
    apiVersion,
    kind: 'TrustRoot',
    spec: {
      repository,
      number,
      previous,
      roots: { keys: roots.keys, threshold: roots.threshold },
      publishers: { keys: publishers.keys, threshold: publishers.threshold },
      ...(heartbeat === undefined ? {} : { heartbeat: { key: heartbeat.key } }),
      authors: authors.map(({ name, keys, namespaces }) => ({ name, keys, namespaces })),
      regions: regions.map(({ name, role, recovery, keys }) => ({
        name,
        role,
        ...(recovery === undefined ? {} : { recovery }),
        keys: keys.map(({ sha256, state }) => ({ sha256, state })),
      })),
    },
  });
}

/** Paths of root `n` and its signatures on main; on a channel they lie under `.edgeseal/`. */
export function rootPath(n: number): string {
  return `trust/${n}.yaml`;
}
export function rootSignaturePath(n: number): string {
  return `trust/${n}.sig`;
}

function requireUnique(names: string[], fail: (name: string) => never): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) fail(name);
    seen.add(name);
  }
}
