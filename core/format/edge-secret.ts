import { z } from 'zod';
import { EdgesealError } from '../errors.ts';
import { emitYaml } from './block-yaml.ts';
import type { Json } from './canonical-json.ts';
import { conflictLine } from './conflict.ts';
import { byName, isItemName } from './names.ts';
import {
  apiVersion,
  base64Of,
  counter,
  isBase64,
  keyId,
  namespaceName,
  regionName,
  secretName,
  sha256Hex,
  stringAnnotations,
  stringMap,
  validate,
  validateJson,
} from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';
import type { ParsedYaml } from './yaml.ts';

/** A sealed file is at most this long; the Secret in it at most 1 MiB a region (Kubernetes' own limit). */
export const maxSealedBytes = 4 * 1024 * 1024;
export const maxSecretBytes = 1024 * 1024;

const recipientSchema = z.strictObject({
  region: regionName,
  key: keyId.optional(),
  wrapped: base64Of(1168).optional(),
});

const fullEnvelopeSchema = z.strictObject({
  suite: z.literal(1),
  version: counter,
  commitment: base64Of(32),
  recipients: z.array(recipientSchema).min(1),
  exposed: z.array(regionName).optional(),
  data: stringMap(
    isItemName,
    'is not a valid key of a Secret',
    isBase64,
    'is not base64 (quote it)',
  ),
});

const elidedEnvelopeSchema = z.strictObject({
  regions: z.array(regionName).min(1),
  digest: sha256Hex,
});

const templateSchema = z.strictObject({
  type: z.string().min(1).max(253).optional(),
  immutable: z.boolean().optional(),
  metadata: z
    .strictObject({
      labels: stringAnnotations.optional(),
      annotations: stringAnnotations.optional(),
    })
    .optional(),
});

/** The one schema of kind EdgeSecret: the file on main, the manifest on a channel, the CRD. */
export const edgeSecretSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('EdgeSecret'),
  metadata: z.strictObject({ name: secretName, namespace: namespaceName }),
  spec: z.strictObject({
    version: counter,
    template: templateSchema.optional(),
    envelopes: z
      .array(z.union([fullEnvelopeSchema, elidedEnvelopeSchema]))
      .min(1)
      .max(256),
    signatures: z
      .array(z.strictObject({ author: z.string().max(320), signature: z.string().max(4096) }))
      .max(64),
  }),
});

export type EdgeSecret = z.infer<typeof edgeSecretSchema>;
export type Recipient = z.infer<typeof recipientSchema>;
export type FullEnvelope = z.infer<typeof fullEnvelopeSchema>;
/** What stands on a channel in place of an envelope that does not name its region. */
export type ElidedEnvelope = z.infer<typeof elidedEnvelopeSchema>;
export type Envelope = EdgeSecret['spec']['envelopes'][number];
export type AuthorSignature = EdgeSecret['spec']['signatures'][number];

/** The template with its defaults filled in, as it is signed. */
export interface Template {
  type: string;
  immutable: boolean;
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
}

export function isElided(envelope: Envelope): envelope is ElidedEnvelope {
  return 'digest' in envelope;
}

/**
 * Reads a sealed secret.
 *
 * @param bytes the file's bytes, UTF-8
 * @throws EdgesealError `input-too-large`, `format-yaml` or `format-schema`, with file, line and field
 */
export function parseEdgeSecret(bytes: Uint8Array, file?: string): EdgeSecret {
  if (bytes.length > maxSealedBytes) {
    throw new EdgesealError(
      'input-too-large',
      `the sealed file has ${bytes.length} bytes, at most ${maxSealedBytes} are allowed`,
      { file },
    );
  }
  const text = decodeUtf8(bytes, 'the sealed file');
  const parsed = parseSealedYaml(text, file);
  return checkEdgeSecret(validate(edgeSecretSchema, parsed, file), file);
}

function parseSealedYaml(text: string, file: string | undefined): ParsedYaml {
  try {
    return parseYaml(text, { file });
  } catch (error) {
    const line = conflictLine(text);
    if (line === undefined) throw error;
    throw new EdgesealError('format-yaml', 'a merge conflict that nobody has resolved', {
      file,
      line,
      hint: 'merge it by item: edgeseal merge; or take one side whole (git checkout --ours or --theirs, and the file), then make the other change again',
    });
  }
}

/**
 * Checks an EdgeSecret as the API server hands it out: of its metadata, only the name counts.
 *
 * @throws EdgesealError `format-schema` with the field
 */
export function checkEdgeSecretObject(object: {
  metadata: { name: string; namespace?: string };
  spec?: unknown;
}): EdgeSecret {
  const { name, namespace = '' } = object.metadata;
  const spec = (object.spec ?? null) as Json;
  const value = { apiVersion, kind: 'EdgeSecret', metadata: { name, namespace }, spec };
  return checkEdgeSecret(validateJson(edgeSecretSchema, value));
}

/** What a schema cannot say: order, uniqueness, and that every recipient is whole or reduced. */
export function checkEdgeSecret(secret: EdgeSecret, file?: string): EdgeSecret {
  for (const [index, envelope] of secret.spec.envelopes.entries()) {
    const field = `spec.envelopes[${index}]`;
    const fail = (what: string): never => {
      throw new EdgesealError('format-schema', `${field}.${what}`, { file, field });
    };
    if (isElided(envelope)) {
      if (!isSortedUnique(envelope.regions)) fail('regions: not sorted, or not unique');
      continue;
    }
    if (!isSortedUnique(envelope.exposed ?? [])) fail('exposed: not sorted, or not unique');
    if (Object.keys(envelope.data).length === 0) fail('data: an envelope without items');
    if (envelope.version > secret.spec.version) fail('version: above the version of the secret');
    const order = envelope.recipients.map((r) => `${r.region}\n${r.key ?? ''}\n${r.wrapped ?? ''}`);
    if (!isSortedUnique(order)) fail('recipients: not sorted by region and key, or not unique');
    for (const recipient of envelope.recipients) {
      if (recipient.wrapped !== undefined && recipient.key === undefined)
        fail('recipients: wrapped without a key');
      if ((envelope.exposed ?? []).includes(recipient.region))
        fail(`exposed: ${recipient.region} is also a recipient`);
    }
  }
  return secret;
}

/** The regions an envelope names, sorted and unique, in either of its forms. */
export function regionsOf(envelope: Envelope): string[] {
  if (isElided(envelope)) return envelope.regions;
  return [...new Set(envelope.recipients.map((r) => r.region))].sort(byName);
}

/** The template with defaults filled in. */
export function templateOf(secret: EdgeSecret): Template {
  const template = secret.spec.template;
  return {
    type: template?.type ?? 'Opaque',
    immutable: template?.immutable ?? false,
    metadata: {
      labels: template?.metadata?.labels ?? {},
      annotations: template?.metadata?.annotations ?? {},
    },
  };
}

/** Sorts recipients as the format wants them. */
export function sortRecipients(recipients: Recipient[]): Recipient[] {
  return [...recipients].sort(
    (a, b) =>
      byName(a.region, b.region) ||
      byName(a.key ?? '', b.key ?? '') ||
      byName(a.wrapped ?? '', b.wrapped ?? ''),
  );
}

/** A map with sorted keys and no prototype, so that output is deterministic and `__proto__` is a key. */
export function sortedMap(entries: Iterable<[string, string]>): Record<string, string> {
  const map = Object.create(null) as Record<string, string>;
  for (const [key, value] of [...entries].sort(([a], [b]) => byName(a, b))) map[key] = value;
  return map;
}

/** Writes a sealed secret in the one layout that edgeseal writes: same content, same bytes. */
export function formatEdgeSecret(secret: EdgeSecret): string {
  const { metadata, spec } = secret;
  const template =
    spec.template === undefined ? {} : { template: templateJson(templateOf(secret)) };
  return emitYaml({
    apiVersion,
    kind: 'EdgeSecret',
    metadata: { name: metadata.name, namespace: metadata.namespace },
    spec: {
      version: spec.version,
      ...template,
      envelopes: spec.envelopes.map(envelopeJson),
      signatures: spec.signatures.map(({ author, signature }) => ({ author, signature })),
    },
  });
}

/** A template as JSON, its maps sorted. */
export function templateJson(template: Template): Json {
  const { type, immutable, metadata } = template;
  return {
    type,
    immutable,
    metadata: {
      labels: sortedMap(Object.entries(metadata.labels)),
      annotations: sortedMap(Object.entries(metadata.annotations)),
    },
  };
}

function envelopeJson(envelope: Envelope): Json {
  if (isElided(envelope)) return { regions: envelope.regions, digest: envelope.digest };
  const { version, commitment, recipients, exposed = [], data } = envelope;
  return {
    suite: envelope.suite,
    version,
    commitment,
    recipients: recipients.map(({ region, key, wrapped }) => ({
      region,
      ...(key === undefined ? {} : { key }),
      ...(wrapped === undefined ? {} : { wrapped }),
    })),
    ...(exposed.length === 0 ? {} : { exposed }),
    data: sortedMap(Object.entries(data)),
  };
}

function isSortedUnique(names: string[]): boolean {
  return names.every((name, i) => i === 0 || byName(names[i - 1] ?? '', name) < 0);
}
