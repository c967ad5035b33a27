import type { Json } from '../../core/format/canonical-json.ts';
import type { InstallValues } from '../../core/format/install-values.ts';

/** One object of an installation. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [part: string]: unknown;
}

/** What everything is rendered from. */
export interface Parts {
  /** Name of all objects: `edgeseal-<region>`. */
  name: string;
  /** The controller's. */
  namespace: string;
  values: InstallValues;
}

/** Port of health, status and metrics. */
export const port = 9797;

/** Names an installation's objects. */
export function partsOf(values: InstallValues, namespace: string): Parts {
  return { name: `edgeseal-${values.region}`, namespace, values };
}

/** Labels of every object; those of a pod, by which the others select it, are the same. */
export function labelsOf({ name }: Parts): Record<string, string> {
  return { 'app.kubernetes.io/name': 'edgeseal', 'app.kubernetes.io/instance': name };
}

/** Metadata of an object in the controller's namespace. */
export function metadataOf(parts: Parts): Manifest['metadata'] {
  return { name: parts.name, namespace: parts.namespace, labels: labelsOf(parts) };
}

/** Name of the Secret with the region's private keys. */
export function keySecretOf({ region, keys }: InstallValues): string {
  return keys.secret.name === '' ? `edgeseal-region-key-${region}` : keys.secret.name;
}

/** An object as text is written from it and as it is sent: parts without a value are left out. */
export function withoutUndefined(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
