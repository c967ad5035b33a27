import type { Json } from '../format/canonical-json.ts';
import { isItemName, isLabel, isSubdomain } from '../format/names.ts';
import { isPlaceholder } from './placeholder.ts';

/** A Secret with real values in it. */
export interface PlainSecretFound {
  /** Path of its first real item in the document. */
  path: (string | number)[];
  message: string;
}

/** Deeper than any manifest; what is deeper was not written for Kubernetes. */
const maxDepth = 64;

/**
 * Finds Kubernetes Secrets with values anywhere in a document: at its top, in a List, or as an object inside of
 * another (a template, Helm values). An EdgeSecret, a SealedSecret and the like are other kinds.
 */
export function findPlainSecrets(document: Json): PlainSecretFound[] {
  const found: PlainSecretFound[] = [];
  const walk = (value: Json, path: (string | number)[]): void => {
    if (typeof value !== 'object' || value === null || path.length > maxDepth) return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        walk(item, [...path, index]);
      });
      return;
    }
    const secret = judge(value, path);
    if (secret !== undefined) found.push(secret);
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
  };
  walk(document, []);
  return found;
}

/** Texts inside of a document that may be manifests themselves: a ConfigMap's data, an annotation of kubectl. */
export function textsWithin(document: Json): { path: (string | number)[]; text: string }[] {
  const texts: { path: (string | number)[]; text: string }[] = [];
  const walk = (value: Json, path: (string | number)[]): void => {
    if (typeof value === 'string') texts.push({ path, text: value });
    if (typeof value !== 'object' || value === null || path.length > maxDepth) return;
    for (const [key, inner] of Object.entries(value)) {
      walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
    }
  };
  walk(document, []);
  return texts;
}

type JsonMap = Record<string, Json>;

function judge(map: JsonMap, path: (string | number)[]): PlainSecretFound | undefined {
  if (map['kind'] !== 'Secret') return undefined;
  const { apiVersion } = map;
  // The API group of a Secret has no name; any other kind Secret is somebody else's.
  if (typeof apiVersion === 'string' && apiVersion.includes('/')) return undefined;
  const sops = isMap(map['sops']) && typeof map['sops']['mac'] === 'string';
  const items = (['data', 'stringData'] as const).flatMap((field) =>
    realItems(map[field], sops).map((item) => ({ field, item })),
  );
  const [first] = items;
  if (first === undefined) return undefined;
  const names = items.map(({ item }) => (isItemName(item) ? item : '?'));
  const listed = names.length > 5 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return {
    path: [...path, first.field, ...(first.item === '' ? [] : [first.item])],
    message: `plaintext Secret${nameOf(map)} (${listed.join(', ')})`,
  };
}

/** Names of the items that hold a value; `['']` where the whole field is one, against the API's schema. */
function realItems(field: Json | undefined, sops: boolean): string[] {
  if (isMap(field)) {
    return Object.entries(field).flatMap(([item, value]) => (isValue(value, sops) ? [item] : []));
  }
  return field !== undefined && isValue(field, sops) ? [''] : [];
}

function isValue(value: Json, sops: boolean): boolean {
  if (value === null) return false;
  if (typeof value !== 'string') return true;
  if (sops && /^ENC\[AES256_GCM,data:[^\]]+\]$/.test(value)) return false;
  return !isPlaceholder(value);
}

function nameOf(map: JsonMap): string {
  const { name, namespace } = isMap(map['metadata']) ? map['metadata'] : {};
  if (typeof name !== 'string' || !isSubdomain(name)) return '';
  return typeof namespace === 'string' && isLabel(namespace) ? ` ${namespace}/${name}` : ` ${name}`;
}

function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
