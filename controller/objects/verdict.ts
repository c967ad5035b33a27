import { isDeepStrictEqual } from 'node:util';
import type { EdgeSecretStatus, KubeCondition } from '../../core/format/status.ts';
import { printable } from '../../core/git/mirror.ts';
import type { SecretFault } from '../apply/faults.ts';
import type { SecretReason } from '../status/reason.ts';
import type { Entry } from './catalog.ts';

/** Why an object is ready, or not; docs/guides/objects.md lists each with what to do. */
export type ObjectReason =
  'Applied' | 'NotForThisRegion' | 'NotFedByObjects' | 'NoTrustRoot' | SecretReason;

/** What is to be said of one object. */
export interface Verdict {
  isReady: boolean;
  reason: ObjectReason;
  message: string;
  /** The version that the Secret holds. */
  version: number | undefined;
}

/** These come by themselves, once something else has changed; anything else waits for a person. */
const passing = new Set<ObjectReason>([
  'NoTrustRoot',
  'StoreDamaged',
  'TargetFailed',
  'NamespaceMissing',
  'Forbidden',
  'Refused',
  'Conflict',
  'Internal',
]);

export const verdictOf = {
  applied: (version: number): Verdict => ({
    isReady: true,
    reason: 'Applied',
    message: `the Secret holds version ${version}`,
    version,
  }),
  /** Ready: there is nothing to do here, and whoever applies one folder to all regions must not wait for ever. */
  notForUs: (region: string): Verdict => ({
    isReady: true,
    reason: 'NotForThisRegion',
    message: `it is not sealed for ${region}: no Secret is made of it here`,
    version: undefined,
  }),
  notFed: (region: string): Verdict => ({
    isReady: false,
    reason: 'NotFedByObjects',
    message: `no object of this namespace is opened: add it to spec.objects.namespaces of the RegionSync ${region}`,
    version: undefined,
  }),
  noRoot: (why: string, version: number | undefined): Verdict => ({
    isReady: false,
    reason: 'NoTrustRoot',
    message: why,
    version,
  }),
  fault: ({ reason, message }: SecretFault, version: number | undefined): Verdict => ({
    isReady: false,
    reason,
    message: version === undefined ? message : `${message}; the Secret keeps version ${version}`,
    version,
  }),
};

/**
 * Puts a verdict into the object's status, as kstatus wants it: Flux and Argo CD then know when it is done.
 *
 * @returns undefined where the object says so already, or where another region's controller has spoken for this spec
 */
export function statusFor(
  verdict: Verdict,
  { said, generation }: Entry,
  region: string,
): EdgeSecretStatus | undefined {
  const isOthers = said?.region !== undefined && said.region !== region;
  // Two regions in one cluster: neither takes back what the other says.
  if (isOthers && said.observedGeneration === generation) return undefined;
  const { isReady, reason, version } = verdict;
  const message = printable(verdict.message, 1000);
  const conditions: Omit<KubeCondition, 'lastTransitionTime'>[] = [
    { type: 'Ready', status: isReady ? 'True' : 'False', reason, message },
  ];
  if (!isReady) {
    const type = passing.has(reason) ? 'Reconciling' : 'Stalled';
    conditions.push({ type, status: 'True', reason, message });
  }
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
  const status: EdgeSecretStatus = {
    observedGeneration: generation,
    region,
    ...(version === undefined ? {} : { version }),
    conditions: conditions.map((condition) => {
      const last = said?.conditions?.find(({ type }) => type === condition.type);
      const lastTransitionTime = last?.status === condition.status ? last.lastTransitionTime : now;
      return { ...condition, lastTransitionTime, observedGeneration: generation };
    }),
  };
  return isDeepStrictEqual(status, said) ? undefined : status;
}
