import {
  adoptAnnotation,
  bindingOf,
  managedByLabel,
  managedByUs,
  ownerAnnotation,
  prefix,
  regionLabel,
  sealedAnnotation,
  versionAnnotation,
} from '../../../core/format/ownership.ts';
import type { Scope } from '../../../core/format/ownership.ts';
import { apiVersion } from '../../../core/format/schema.ts';
import type { KubeMeta, KubeObject, OwnerReference } from '../../../core/kube/watch.ts';
import type { UnsealedSecret } from '../../../core/secret/unseal.ts';
import type { Owned, Owner } from '../target.ts';

/** Who we are in a Secret's managed fields. */
export const fieldManager = 'edgeseal';

/** A Secret as the API server has it. */
export interface LiveSecret extends KubeObject {
  type?: string;
  immutable?: boolean;
  /** Base64. */
  data?: Record<string, string>;
}

/** A Secret as it is to be. */
export interface Manifest {
  apiVersion: 'v1';
  kind: 'Secret';
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    ownerReferences?: OwnerReference[];
  };
  type: string;
  immutable?: true;
  data: Record<string, string>;
}

/** Makes the manifest of one Secret; what an author's template says of us does not count. */
export function manifestOf(
  scope: Scope,
  secret: UnsealedSecret,
  sha256: string,
  owner?: Owner,
): Manifest {
  const { namespace, name, template } = secret;
  const data = bareMap();
  for (const [item, value] of secret.items) {
    const bytes = value.reveal();
    data[item] = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
  }
  const labels = withoutOurs(template.metadata.labels);
  labels[managedByLabel] = managedByUs;
  labels[regionLabel] = scope.region;
  const annotations = withoutOurs(template.metadata.annotations);
  annotations[ownerAnnotation] = bindingOf(scope, namespace, name);
  annotations[versionAnnotation] = String(secret.version);
  annotations[sealedAnnotation] = sha256;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels,
      annotations,
      ...(owner === undefined ? {} : { ownerReferences: [referenceTo(name, owner)] }),
    },
    type: template.type,
    ...(template.immutable ? { immutable: true } : {}),
    data,
  };
}

/** Reads whose a Secret is; undefined where it is not this region's: a copy carries another name's binding. */
export function ownedFrom(scope: Scope, metadata: KubeMeta): Owned | undefined {
  const { name, namespace = '', annotations = {} } = metadata;
  if (annotations[ownerAnnotation] !== bindingOf(scope, namespace, name)) return undefined;
  const version = Number(annotations[versionAnnotation]);
  return {
    namespace,
    name,
    // What somebody has garbled holds no one back, and is mended.
    version: Number.isSafeInteger(version) && version > 0 ? version : 0,
    sha256: annotations[sealedAnnotation] ?? '',
  };
}

/**
 * As {@link ownedFrom}, for a Secret with its managed fields: a version that somebody else has put there says nothing
 * about what was written.
 */
export function ownedBy(scope: Scope, live: LiveSecret): Owned | undefined {
  const owned = ownedFrom(scope, live.metadata);
  if (owned === undefined) return undefined;
  const isOurWord = fieldsSetByUs(live.metadata).has(`annotations ${versionAnnotation}`);
  return isOurWord ? owned : { ...owned, version: 0 };
}

/** Whether type, immutability and every byte are what they are to be. */
export function isSameContent(live: LiveSecret, wanted: Manifest): boolean {
  return isSameData(live, wanted) && (live.immutable === true) === (wanted.immutable === true);
}

/** Whether the data are those that were sent, and no others. */
export function isSameData(live: LiveSecret, wanted: Manifest): boolean {
  const entries = Object.entries(live.data ?? {});
  return (
    live.type === wanted.type &&
    entries.length === Object.keys(wanted.data).length &&
    entries.every(([item, value]) => wanted.data[item] === value)
  );
}

/** Whether the API server will not change this Secret into that one: only another object can be that. */
export function needsAnother(live: LiveSecret, wanted: Manifest): boolean {
  return live.type !== wanted.type || (live.immutable === true && !isSameContent(live, wanted));
}

/**
 * The merge patch that makes one into the other; undefined where nothing is missing. Data keys that are not
 * wanted go, whoever put them there; labels and annotations go where we set them once, others are other people's.
 */
export function patchOf(live: LiveSecret, wanted: Manifest): object | undefined {
  const { uid, resourceVersion } = live.metadata;
  const data = changes(live.data, wanted.data, () => true);
  const set = fieldsSetByUs(live.metadata);
  const labels = changes(live.metadata.labels, wanted.metadata.labels, (name) =>
    set.has(`labels ${name}`),
  );
  const annotations = changes(
    live.metadata.annotations,
    wanted.metadata.annotations,
    (name) => name === adoptAnnotation || set.has(`annotations ${name}`),
  );
  const owners = ownersFor(live, wanted);
  const flips = (live.immutable === true) !== (wanted.immutable === true);
  const parts = [data, labels, annotations, owners];
  if (!flips && parts.every((part) => part === undefined)) return undefined;
  return {
    // The API server refuses the patch where the Secret is no longer the one that was looked at.
    metadata: {
      uid,
      resourceVersion,
      labels,
      annotations,
      ...(owners === undefined ? {} : { ownerReferences: owners }),
    },
    data,
    ...(flips ? { immutable: wanted.immutable ?? null } : {}),
  };
}

function referenceTo(name: string, { uid }: Owner): OwnerReference {
  return { apiVersion, kind: 'EdgeSecret', name, uid, controller: true };
}

/** The whole list as it is to be, with other people's in it; undefined where it is so. */
function ownersFor(live: LiveSecret, wanted: Manifest): OwnerReference[] | undefined {
  const all = live.metadata.ownerReferences ?? [];
  const isOurs = (one: OwnerReference): boolean =>
    one.kind === 'EdgeSecret' && one.apiVersion.startsWith(prefix);
  const ours = all.filter(isOurs);
  const next = wanted.metadata.ownerReferences ?? [];
  if (ours.length === next.length && ours.every(({ uid }, i) => uid === next[i]?.uid))
    return undefined;
  return [...all.filter((one) => !isOurs(one)), ...next];
}

function changes(
  live: Record<string, string> | undefined,
  wanted: Record<string, string>,
  mayRemove: (name: string) => boolean,
): Record<string, string | null> | undefined {
  const held = new Map(Object.entries(live ?? {}));
  const patch = Object.create(null) as Record<string, string | null>;
  for (const [name, value] of Object.entries(wanted))
    if (held.get(name) !== value) patch[name] = value;
  for (const name of held.keys()) if (!(name in wanted) && mayRemove(name)) patch[name] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

interface ManagedFields {
  manager?: string;
  fieldsV1?: { 'f:metadata'?: Record<string, Record<string, unknown>> };
}

function fieldsSetByUs({ managedFields = [] }: KubeMeta): Set<string> {
  const set = new Set<string>();
  for (const { manager, fieldsV1 } of managedFields as ManagedFields[]) {
    if (manager !== fieldManager) continue;
    for (const part of ['labels', 'annotations'])
      for (const field of Object.keys(fieldsV1?.['f:metadata']?.[`f:${part}`] ?? {}))
        set.add(`${part} ${field.slice('f:'.length)}`);
  }
  return set;
}

function withoutOurs(map: Record<string, string>): Record<string, string> {
  const copy = bareMap();
  for (const [name, value] of Object.entries(map)) if (!name.startsWith(prefix)) copy[name] = value;
  return copy;
}

/** `__proto__` is a valid key of a Secret. */
function bareMap(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}
