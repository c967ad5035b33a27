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
import type { Hold } from './conditions.ts';
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

function heartbeatOf(situation: Situation): {
  configured: boolean;
  issuedAt: string | undefined;
  stale: boolean;
} {
  const { root, issuedAt, now, settings } = situation;
  const stale = issuedAt !== undefined && now - Date.parse(issuedAt) > settings.staleAfterMs;
  return { configured: root?.spec.heartbeat !== undefined, issuedAt, stale };
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
