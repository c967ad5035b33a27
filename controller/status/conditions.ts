import { quietMirrorStates } from '../../core/format/status.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { holdReasonOf } from './reason.ts';
import type { Condition, FailedSecret, Status } from './status.ts';
import type { HoldReason, MirrorState, Reason } from './reason.ts';

/** Why nothing may be changed at present. */
export interface Hold {
  reason: HoldReason;
  message: string;
}

/** What the conditions are made of. */
export interface Facts {
  hold: Hold | undefined;
  /** Whether another controller writes to all targets. */
  isStandby: boolean;
  alarm: { held: boolean; acknowledged: boolean; message: string; snapshot: string } | undefined;
  mirrors: { name: string; state: MirrorState; message?: string | undefined }[];
  sequence: number | undefined;
  heartbeat: {
    configured: boolean;
    /** Of the newest one that can be held against the clock. */
    issuedAt: string | undefined;
    stale: boolean;
    /** What is said of one that is ahead of the clock, where there is no other. */
    ahead: string | undefined;
  };
  keyFault: string | undefined;
  secrets: { listed: number; applied: number; failing: number };
  /** All that is listed has failed, and not even an older version is there. */
  isNothingApplied: boolean;
  firstFailed: FailedSecret | undefined;
  pending: number;
}

type Verdict = Omit<Condition, 'since'>;

/** Puts facts into conditions; each has one reason, the worst one. */
export function conditionsOf(facts: Facts): Verdict[] {
  return [ready(facts), verified(facts), reachable(facts), fresh(facts), degraded(facts)];
}

const nameOf = (failed: FailedSecret | undefined): string =>
  failed === undefined ? '' : `${failed.name}: ${failed.reason}`;

function ready(facts: Facts): Verdict {
  const { hold, isStandby, sequence, secrets, isNothingApplied, firstFailed } = facts;
  if (hold !== undefined)
    return { type: 'Ready', status: 'False', reason: hold.reason, message: hold.message };
  if (isStandby) {
    const message =
      sequence === undefined
        ? 'another controller leads and opens the objects'
        : `snapshot ${sequence} is verified; another controller leads and applies it`;
    return { type: 'Ready', status: 'True', reason: 'Standby', message };
  }
  const what = sequence === undefined ? 'what objects ask for' : `snapshot ${sequence}`;
  if (isNothingApplied) {
    const message = `nothing of ${what} is applied: ${nameOf(firstFailed)}: ${firstFailed?.message ?? ''}`;
    return { type: 'Ready', status: 'False', reason: 'NothingApplied', message };
  }
  const { listed, applied, failing } = secrets;
  const toCome = Math.max(0, listed - applied - failing);
  const but = failing > 0 ? `, but for ${failing} that failed` : '';
  const rest = toCome > 0 ? `; ${toCome} are still to come` : '';
  const message = `${what} is applied${but}${rest}`;
  return { type: 'Ready', status: 'True', reason: 'Applied', message };
}

function verified({ alarm, mirrors, sequence }: Facts): Verdict {
  const type = 'Verified';
  if (alarm?.held === true)
    return { type, status: 'False', reason: 'Equivocation', message: alarm.message };
  const answering = mirrors.filter(
    ({ state }) => !['Unreachable', 'Unknown', 'Empty'].includes(state),
  );
  const bad = answering.filter(({ state }) =>
    ['Invalid', 'Rollback', 'Equivocation'].includes(state),
  );
  if (bad.length > 0 && bad.length === answering.length) {
    const first = bad[0];
    const message = `no mirror serves a channel that holds: ${first?.name ?? ''}: ${first?.message ?? ''}`;
    return { type, status: 'False', reason: 'NothingValid', message };
  }
  if (sequence === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'NoSnapshot',
      message: 'no snapshot was accepted yet',
    };
  return { type, status: 'True', reason: 'Verified', message: `snapshot ${sequence} is verified` };
}

function reachable({ mirrors }: Facts): Verdict {
  const type = 'Reachable';
  if (mirrors.some(({ state }) => state !== 'Unreachable' && state !== 'Unknown'))
    return { type, status: 'True', reason: 'Answered', message: 'a mirror answers' };
  if (mirrors.every(({ state }) => state === 'Unknown'))
    return { type, status: 'Unknown', reason: 'NotAsked', message: 'no mirror was asked yet' };
  const first = mirrors.find(({ state }) => state === 'Unreachable');
  const message = `no mirror answers; what is applied stays: ${first?.message ?? ''}`;
  return { type, status: 'False', reason: 'Unreachable', message };
}

function fresh({ heartbeat, sequence }: Facts): Verdict {
  const type = 'Fresh';
  if (sequence === undefined)
    return {
      type,
      status: 'Unknown',
      reason: 'NoSnapshot',
      message: 'no snapshot was accepted yet',
    };
  if (!heartbeat.configured) {
    const message = 'the trust root names no heartbeat key: a mirror that freezes is not noticed';
    return { type, status: 'Unknown', reason: 'NotConfigured', message };
  }
  if (heartbeat.issuedAt === undefined) {
    const { ahead } = heartbeat;
    if (ahead !== undefined)
      return { type, status: 'False', reason: 'HeartbeatAhead', message: ahead };
    const message = 'no heartbeat has come for this snapshot yet';
    return { type, status: 'Unknown', reason: 'NoHeartbeat', message };
  }
  const message = `the last heartbeat is of ${heartbeat.issuedAt}`;
  if (!heartbeat.stale) return { type, status: 'True', reason: 'Heartbeat', message };
  return { type, status: 'False', reason: 'Stale', message: `${message}; what is applied stays` };
}

function degraded(facts: Facts): Verdict {
  const { alarm, keyFault, firstFailed, pending, mirrors } = facts;
  const { failing } = facts.secrets;
  const is = (reason: Reason, message: string): Verdict => {
    return { type: 'Degraded', status: 'True', reason, message };
  };
  if (alarm?.acknowledged === false) {
    const way = `look into it, then set spec.alarm.acknowledged: ${alarm.snapshot}`;
    return is('Alarm', `${alarm.message}; ${way}`);
  }
  if (keyFault !== undefined) return is('KeysUnreadable', keyFault);
  if (failing > 0)
    return is(
      'SecretsFailed',
      `${failing} are not applied as listed, such as ${nameOf(firstFailed)}`,
    );
  if (pending > 0)
    return is('PruningHeld', `${pending} deletions are more than a day's share: see pruning`);
  const { issuedAt, stale } = facts.heartbeat;
  // Where no mirror has a newer heartbeat, it is the publisher that is late: Fresh says so.
  const isAlone = issuedAt !== undefined && !stale;
  const fine = [...quietMirrorStates, ...(isAlone ? [] : ['Stale'])];
  const odd = mirrors.filter(({ state }) => !fine.includes(state));
  if (odd.length > 0)
    return is('MirrorFault', odd.map(({ name, state }) => `${name} is ${state}`).join(', '));
  return { type: 'Degraded', status: 'False', reason: 'AsExpected', message: 'nothing is wrong' };
}

/** Fills in since when each condition is what it is. */
export function withSince(
  verdicts: Verdict[],
  before: Status['conditions'],
  now: number,
): Status['conditions'] {
  return verdicts.map((verdict) => {
    const last = before.find(({ type }) => type === verdict.type);
    const same = last?.status === verdict.status && last.reason === verdict.reason;
    return { ...verdict, since: same ? last.since : new Date(now).toISOString() };
  });
}

/** How a fault of our own disk or target keeps everything as it is. @throws what is not an EdgesealError */
export function holdOf(error: unknown): Hold {
  // A fault in edgeseal itself: better to end, and be started again, than to go on with half a state.
  if (!isEdgesealError(error)) throw error;
  const { file, message, hint } = error;
  const place = file === undefined ? '' : `${file}: `;
  const way = hint === undefined ? '' : ` (${hint})`;
  return { reason: holdReasonOf(error.code), message: `${place}${message}${way}` };
}
