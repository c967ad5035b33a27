import { isAhead, maxAheadMinutes } from '../../core/channel/heartbeat-age.ts';
import { compareMarks } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import { displayUrl, printable } from '../../core/git/mirror.ts';
import type { SecretFault } from '../apply/faults.ts';
import type { Settings } from '../config.ts';
import { emptyMirror } from '../mirrors/mirror.ts';
import type { Mirror } from '../mirrors/mirror.ts';
import { formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { State } from '../store/state.ts';
import { conditionsOf, withSince } from './conditions.ts';
import type { Facts, Hold } from './conditions.ts';
import type { MirrorStatus, Status } from './status.ts';

const NAMED = 100;

/** What a round has left behind, from which the status is made. */
export interface Situation {
  settings: Settings;
  state: Readonly<State> | undefined;
  root: AcceptedRoot | undefined;
  /** The higher one of the store's mark and the target's. */
  mark: Mark | undefined;
  mirrors: readonly Mirror[];
  hold: Hold | undefined;
  isStandby: boolean;
  keyFault: string | undefined;
  keys: readonly RegionKey[];
  faults: ReadonlyMap<string, SecretFault>;
  /** Whether a target has a secret, in whatever version. */
  holds: (key: string) => boolean;
  pending: string[];
  /** What the EdgeSecret objects add, where they feed namespaces. */
  objects: { listed: number; applied: number; acknowledge: string | undefined } | undefined;
  issuedAt: string | undefined;
  now: number;
}

/** Makes the status. `before` gives the times since when conditions hold. */
export function statusOf(situation: Situation, before: Status | undefined): Status {
  const { settings, state, mark, pending, faults, now } = situation;
  const { region, repository } = settings;
  const mirrors = situation.mirrors.map((mirror) => mirrorStatus(mirror, mark, situation));
  const secrets = secretsOf(state, faults, situation.objects);
  const alarm = state?.alarm;
  const accepted = state?.mark;
  const first = secrets.failed[0];
  const verdicts = conditionsOf({
    hold: situation.hold,
    isStandby: situation.isStandby,
    alarm,
    mirrors,
    sequence: accepted?.sequence,
    heartbeat: heartbeatOf(situation),
    keyFault: situation.keyFault,
    secrets,
    isNothingApplied: secrets.applied === 0 && isNothingHeld(situation),
    firstFailed: first,
    pending: pending.length,
  });
  return {
    region,
    repository,
    keys: situation.keys.map((key) => ({
      id: key.id,
      sha256: key.sha256,
      publicKey: formatRegionPublicKey(key),
    })),
    root: state?.root === undefined ? null : { ...state.root },
    snapshot:
      accepted === undefined
        ? null
        : {
            sequence: accepted.sequence,
            sha256: accepted.sha256,
            source: state?.source ?? null,
          },
    conditions: withSince(verdicts, before?.conditions ?? [], now),
    mirrors,
    secrets,
    pruning: {
      pending: pending.length,
      acknowledge:
        pending.length === 0 ? null : (situation.objects?.acknowledge ?? accepted?.sha256 ?? null),
      names: pending.slice(0, NAMED),
    },
    alarm:
      alarm === undefined || alarm.acknowledged
        ? null
        : { mirror: alarm.mirror, message: alarm.message, snapshot: alarm.snapshot, at: alarm.at },
  };
}

function secretsOf(
  state: Readonly<State> | undefined,
  faults: ReadonlyMap<string, SecretFault>,
  objects: Situation['objects'],
): Status['secrets'] {
  let { listed, applied } = objects ?? { listed: 0, applied: 0 };
  for (const [key, record] of state?.secrets ?? []) {
    if (record.listed === undefined) continue;
    listed += 1;
    if (record.good?.sha256 === record.listed.sha256 && !faults.has(key)) applied += 1;
  }
  const failed = [...faults]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, NAMED)
    .map(([name, { version, reason, message }]) => ({
      name,
      version,
      reason,
      message: printable(message, 500),
    }));
  return { listed, applied, failing: faults.size, failed };
}

/** Whether all that is listed has failed, and not even an older version is there. */
function isNothingHeld({ state, faults, holds }: Situation): boolean {
  let listed = 0;
  for (const [key, record] of state?.secrets ?? []) {
    if (record.listed === undefined) continue;
    listed += 1;
    if (!faults.has(key) || holds(key)) return false;
  }
  return listed > 0;
}

function heartbeatOf(situation: Situation): Facts['heartbeat'] {
  const { root, issuedAt, now, settings, mirrors } = situation;
  const configured = root?.spec.heartbeat !== undefined;
  if (issuedAt !== undefined && !isAhead(issuedAt, now)) {
    const stale = now - Date.parse(issuedAt) > settings.staleAfterMs;
    return { configured, issuedAt, stale, ahead: undefined };
  }
  const served = mirrors.flatMap((mirror) => {
    const words = aheadness(mirror, situation);
    return words === undefined ? [] : [`mirror ${mirror.name}: ${words}`];
  });
  const noted =
    issuedAt === undefined ? undefined : `the last heartbeat is of ${issuedAt}, ${aheadWords}`;
  return { configured, issuedAt: undefined, stale: false, ahead: served[0] ?? noted };
}

/** The same whatever the time is: a status that says nothing new is not written again. */
const aheadWords = `more than ${maxAheadMinutes} minutes ahead of the clock here, so whether anything newer is withheld cannot be told: set this clock if it is wrong (it may have been set back); if it is right, the one that made the heartbeat was not, and the next heartbeat mends it`;

/** What is said of a mirror whose heartbeat cannot be held against the clock. */
function aheadness({ memory }: Mirror, { root, now }: Situation): string | undefined {
  const { issuedAt } = memory;
  if (root?.spec.heartbeat === undefined || issuedAt === undefined || !isAhead(issuedAt, now))
    return undefined;
  return `the heartbeat that it serves is of ${issuedAt}, ${aheadWords}`;
}

function mirrorStatus(mirror: Mirror, mark: Mark | undefined, situation: Situation): MirrorStatus {
  const { name, url } = mirror.settings;
  const is = (state: MirrorStatus['state'], message?: string): MirrorStatus => ({
    name,
    url: displayUrl(url),
    state,
    ...(message === undefined ? {} : { message: printable(message, 500) }),
  });
  const { fault, memory, last } = mirror;
  if (fault !== undefined) return is(fault.state, fault.message);
  if (last === undefined) return is('Unknown');
  if (last === 'empty') return is('Empty', emptyMirror);
  const { served, best } = memory;
  if (served === undefined) return is('Unknown');
  const { shelf } = mirror;
  const it = shelf?.best === undefined ? 'it serves' : `${shelf.best} holds`;
  if (best !== undefined && compareMarks(served, best) < 0)
    return is(
      'Rollback',
      `${it} snapshot ${served.sequence}, and it has served ${best.sequence} before`,
    );
  const ahead = aheadness(mirror, situation);
  if (ahead !== undefined) return is('Ahead', ahead);
  const stale = staleness(mirror, situation);
  if (stale !== undefined) return is('Stale', stale);
  if (mark === undefined || compareMarks(served, mark) < 0)
    return is(
      'Behind',
      `${it} snapshot ${served.sequence}${mark === undefined ? ', below the floor' : `, accepted is ${mark.sequence}`}`,
    );
  const beside = shelf?.refused[0];
  return is(
    'Ok',
    beside === undefined
      ? undefined
      : `${shelf?.best ?? 'it'} is fine; not so ${beside.name}: ${beside.fault.message}`,
  );
}

/** What is said of a mirror that has served the same for too long, though a newer heartbeat should have come. */
function staleness(mirror: Mirror, { root, settings, now }: Situation): string | undefined {
  if (root?.spec.heartbeat === undefined) return undefined;
  const { issuedAt, since } = mirror.memory;
  const at = issuedAt ?? since;
  if (at === undefined || now - Date.parse(at) <= settings.staleAfterMs) return undefined;
  return issuedAt === undefined
    ? `it has served no heartbeat with its snapshot since ${at}`
    : `the last heartbeat that it serves is of ${at}`;
}
