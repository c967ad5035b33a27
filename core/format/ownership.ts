import { createHash } from 'node:crypto';
import { canonicalBytes } from './canonical-json.ts';

/** Whose Secrets these are. */
export interface Scope {
  repository: string;
  region: string;
}

/** What a Secret of ours carries in the target. A copy under another name, or of another region, has another one. */
export function bindingOf({ repository, region }: Scope, namespace: string, name: string): string {
  const bound = canonicalBytes({ repository, region, namespace, name });
  return createHash('sha256').update(bound).digest('hex').slice(0, 32);
}

/** What all labels and annotations of ours begin with. */
export const prefix = 'edgeseal.dev/';

/** Labels only help to find: anybody can copy them. */
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedByUs = 'edgeseal';
export const regionLabel = `${prefix}region`;

/** Holds {@link bindingOf}: this alone makes a Secret ours. */
export const ownerAnnotation = `${prefix}owner`;
export const versionAnnotation = `${prefix}version`;
export const sealedAnnotation = `${prefix}sealed`;
/** On the Secret with a region's private keys: the region, by {@link bindingOf}, whose controller has accepted a snapshot with it. */
export const usedAnnotation = `${prefix}used`;
/** Set by who owns the cluster: this region may take over the Secret that is there. */
export const adoptAnnotation = `${prefix}adopt`;
