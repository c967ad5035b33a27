import { EdgesealError, isEdgesealError } from '../errors.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { Json } from './canonical-json.ts';
import type { Template } from './edge-secret.ts';
import { isItemName, isLabel, isSubdomain } from './names.ts';
import type { Parsed } from './schema.ts';
import { requireTypeItems } from './secret-type.ts';

/** A Kubernetes Secret in plaintext, as a manifest gives it. */
export interface PlainSecret {
  name: string;
  /** As written; absent where the manifest names none. */
  namespace: string | undefined;
  template: Template;
  items: Map<string, SecretBytes>;
}

type JsonMap = Record<string, Json>;

/** Fields of metadata that the API server or a tool writes; a sealed secret has no use for them. */
const dropped = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generateName',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** Holds the whole plaintext Secret, written by `kubectl apply`: it must not travel as an annotation. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Reads Secrets from one parsed document: a Secret, or a List of them.
 *
 * @throws EdgesealError `input-not-a-secret`, or `format-schema` / `format-base64` with field and line; a
 * message never contains a value
 */
export function readKubernetesSecrets(parsed: Parsed, file?: string): PlainSecret[] {
  const document = parsed.value;
  if (
    isMap(document) &&
    document['apiVersion'] === 'v1' &&
    /^(Secret)?List$/.test(text(document['kind']))
  ) {
    const { items } = document;
    if (!Array.isArray(items)) throw fault(parsed, file, ['items'], 'is not a list');
    return items.map((item, index) => readSecret(item, parsed, file, ['items', index]));
  }
  return [readSecret(document, parsed, file, [])];
}

type Path = (string | number)[];

function readSecret(
  value: Json,
  parsed: Parsed,
  file: string | undefined,
  path: Path,
): PlainSecret {
  if (!isMap(value) || value['apiVersion'] !== 'v1' || value['kind'] !== 'Secret') {
    throw notASecret(value, parsed, file, path);
  }
  const at = (...rest: Path): Path => [...path, ...rest];
  for (const key of Object.keys(value)) {
    if (
      !['apiVersion', 'kind', 'metadata', 'type', 'immutable', 'data', 'stringData'].includes(key)
    ) {
      throw fault(parsed, file, at(key), 'is not a field of a Secret');
    }
  }
  const metadata = mapAt(value['metadata'], parsed, file, at('metadata'));
  const name = metadata['name'];
  if (typeof name !== 'string' || !isSubdomain(name)) {
    const what = name === undefined ? 'is missing' : 'is not a valid name of a Secret';
    const hint = 'lower-case letters, digits, - and ., such as: name: database-credentials';
    throw fault(parsed, file, at('metadata', 'name'), what, hint);
  }
  const namespace = metadata['namespace'];
  if (namespace !== undefined && (typeof namespace !== 'string' || !isLabel(namespace))) {
    throw fault(parsed, file, at('metadata', 'namespace'), 'is not a valid namespace');
  }
  for (const key of Object.keys(metadata)) {
    if (!['name', 'namespace', 'labels', 'annotations'].includes(key) && !dropped.has(key)) {
      throw fault(parsed, file, at('metadata', key), 'is not a field of metadata');
    }
  }
  const { type = 'Opaque', immutable = false } = value;
  if (typeof type !== 'string') throw fault(parsed, file, at('type'), 'is not a string');
  if (typeof immutable !== 'boolean')
    throw fault(parsed, file, at('immutable'), 'is not true or false');
  const items = readItems(value, parsed, file, path);
  const template: Template = {
    type: type === '' ? 'Opaque' : type,
    immutable,
    metadata: {
      labels: stringsAt(metadata['labels'], parsed, file, at('metadata', 'labels')),
      annotations: stringsAt(metadata['annotations'], parsed, file, at('metadata', 'annotations')),
    },
  };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a prototype-less map of a person's keys
  delete template.metadata.annotations[lastApplied];
  try {
    requireTypeItems(template.type, items, file);
  } catch (error) {
    const line = parsed.lineOf(at('type'));
    throw isEdgesealError(error) && line !== undefined ? error.at({ line }) : error;
  }
  return { name, namespace, template, items };
}

/** `data` first, then `stringData` over it, as the API server merges them. */
function readItems(
  secret: JsonMap,
  parsed: Parsed,
  file: string | undefined,
  path: Path,
): Map<string, SecretBytes> {
  const items = new Map<string, SecretBytes>();
  for (const field of ['data', 'stringData'] as const) {
    for (const [key, value] of Object.entries(
      mapAt(secret[field] ?? null, parsed, file, [...path, field]),
    )) {
      const place = [...path, field, key];
      if (!isItemName(key)) throw fault(parsed, file, place, 'is not a valid key of a Secret');
      if (typeof value !== 'string') {
        throw fault(parsed, file, place, 'is not a string', `quote the value: ${key}: "..."`);
      }
      items.set(
        key,
        field === 'stringData' ? SecretBytes.fromText(value) : decoded(value, parsed, file, place),
      );
    }
  }
  return items;
}

/** Kubernetes takes base64 with line breaks in it; nothing else is loosened. */
function decoded(
  value: string,
  parsed: Parsed,
  file: string | undefined,
  place: Path,
): SecretBytes {
  const joined = value.replace(/[\r\n]/g, '');
  const bytes = Buffer.from(joined, 'base64');
  if (bytes.toString('base64') === joined) return new SecretBytes(bytes);
  bytes.fill(0);
  throw new EdgesealError('format-base64', `${place.join('.')} is not base64`, {
    file,
    line: parsed.lineOf(place),
    field: place.join('.'),
    hint: 'values under data are base64; write plain text under stringData instead',
  });
}

function notASecret(
  value: Json,
  parsed: Parsed,
  file: string | undefined,
  path: Path,
): EdgesealError {
  const kind = isMap(value) ? text(value['kind']) : '';
  const apiVersion = isMap(value) ? text(value['apiVersion']) : '';
  const what = /^[A-Za-z0-9./-]{1,80} ?$/.test(kind)
    ? `this is a ${kind}${/^[a-z0-9./-]{1,80}$/.test(apiVersion) ? ` (${apiVersion})` : ''}`
    : 'this has no kind';
  return new EdgesealError('input-not-a-secret', `${what}: it is no Kubernetes Secret (v1)`, {
    file,
    line: parsed.lineOf(path),
    hint:
      kind === 'EdgeSecret'
        ? 'it is sealed already: commit it'
        : 'give a manifest with apiVersion: v1 and kind: Secret',
  });
}

function fault(
  parsed: Parsed,
  file: string | undefined,
  path: Path,
  message: string,
  hint?: string,
): EdgesealError {
  const field = path.join('.');
  return new EdgesealError('format-schema', `${field} ${message}`, {
    file,
    line: parsed.lineOf(path),
    field,
    hint,
  });
}

function mapAt(
  value: Json | undefined,
  parsed: Parsed,
  file: string | undefined,
  path: Path,
): JsonMap {
  if (value === undefined || value === null) return Object.create(null) as JsonMap;
  if (!isMap(value)) throw fault(parsed, file, path, 'is not a map');
  return value;
}

function stringsAt(
  value: Json | undefined,
  parsed: Parsed,
  file: string | undefined,
  path: Path,
): Record<string, string> {
  const map = Object.create(null) as Record<string, string>;
  for (const [key, entry] of Object.entries(mapAt(value, parsed, file, path))) {
    if (typeof entry !== 'string')
      throw fault(parsed, file, [...path, key], 'is not a string (quote it)');
    map[key] = entry;
  }
  return map;
}

function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
