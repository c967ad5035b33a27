import type { ErrorCode } from '../../core/errors.ts';

/**
 * The words that status, logs and metrics use, as closed sets: docs/guides/controller.md lists each with
 * what to do. What is not here is not said.
 */
export type ConditionType = 'Ready' | 'Verified' | 'Reachable' | 'Fresh' | 'Degraded';

/** Why nothing may be changed at present. */
export type HoldReason =
  | 'Starting'
  | 'NoSnapshot'
  | 'NoTrustRoot'
  | 'KeyLost'
  | 'KeyMissing'
  | 'StoreBehind'
  | 'FloorNeeded'
  | 'StoreCorrupt'
  | 'StoreNotOurs'
  | 'StoreFull'
  | 'StoreFailed'
  | 'TargetFailed'
  | 'TargetUnreachable';

export type Reason =
  // Ready
  | 'Applied'
  | 'NothingApplied'
  | 'Standby'
  | 'Suspended'
  | 'InvalidSpec'
  | HoldReason
  // Verified
  | 'Verified'
  | 'Equivocation'
  | 'NothingValid'
  // Reachable
  | 'Answered'
  | 'NotAsked'
  | 'Unreachable'
  // Fresh
  | 'Heartbeat'
  | 'NoHeartbeat'
  | 'NotConfigured'
  | 'Stale'
  | 'HeartbeatAhead'
  // Degraded
  | 'AsExpected'
  | 'Alarm'
  | 'KeysUnreadable'
  | 'SecretsFailed'
  | 'PruningHeld'
  | 'MirrorFault';

export type MirrorState =
  | 'Unknown'
  | 'Ok'
  | 'Behind'
  | 'Stale'
  | 'Ahead'
  | 'Rollback'
  | 'Invalid'
  | 'Equivocation'
  | 'Unreachable'
  | 'Empty';

export type SecretReason =
  | 'Malformed'
  | 'Misplaced'
  | 'NotEntitled'
  | 'BelowFloor'
  | 'NoKey'
  | 'WrapSpoiled'
  | 'Withheld'
  | 'NotOpened'
  | 'StoreDamaged'
  | 'TargetRefused'
  | 'TargetFailed'
  | 'NamespaceMissing'
  | 'Forbidden'
  | 'Refused'
  | 'Conflict'
  | 'TooLarge'
  | 'Internal';

/** Why one secret is not applied in its listed version. */
export function secretReasonOf(code: ErrorCode): SecretReason {
  switch (code) {
    case 'seal-no-key':
      return 'NoKey';
    case 'seal-wrap':
      return 'WrapSpoiled';
    case 'seal-elided':
      return 'Withheld';
    case 'seal-open':
      return 'NotOpened';
    case 'trust-snapshot':
      return 'Misplaced';
    case 'trust-author':
      return 'NotEntitled';
    case 'trust-floor':
      return 'BelowFloor';
    case 'store-corrupt':
      return 'StoreDamaged';
    case 'target-refused':
      return 'TargetRefused';
    case 'store-full':
    case 'store-io':
    case 'kube-unreachable':
      return 'TargetFailed';
    case 'kube-not-found':
      return 'NamespaceMissing';
    case 'kube-forbidden':
      return 'Forbidden';
    case 'kube-refused':
      return 'Refused';
    case 'kube-conflict':
      return 'Conflict';
    case 'input-too-large':
      return 'TooLarge';
    case 'internal':
      return 'Internal';
    default:
      return 'Malformed';
  }
}

/** Why nothing can be changed at all, by what our own disk or target says. */
export function holdReasonOf(
  code: ErrorCode,
): Extract<HoldReason, `Store${string}` | `Target${string}`> {
  if (code === 'kube-unreachable') return 'TargetUnreachable';
  if (code === 'store-full') return 'StoreFull';
  if (code === 'store-corrupt') return 'StoreCorrupt';
  if (code === 'store-key') return 'StoreNotOurs';
  return /^(target|kube)-/.test(code) ? 'TargetFailed' : 'StoreFailed';
}
