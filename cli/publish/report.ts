import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import { fingerprintOf, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { exitCodeOf, exitCodes } from '../terminal/exit-code.ts';
import { errorJson } from '../terminal/output.ts';
import type { HeldSecret } from './plan.ts';
import type { RegionOutcome } from './publication.ts';
import { printable } from './transport/remote.ts';
import type { Round } from './round.ts';

/** What `--output json` says of a region. Secrets are `namespace/name`, sorted. */
export interface RegionReport {
  region: string;
  remote: string;
  /** Of the snapshot that stands now (in a dry run: would stand); null where there is none. */
  sequence: number | null;
  /** Of the channel's branch as the remote holds it now; null where there is none. */
  commit: string | null;
  /** Whether a new snapshot was published, or would be. */
  changed: boolean;
  added: string[];
  updated: string[];
  removed: string[];
  /** Whether the heartbeat was renewed. */
  heartbeat: boolean;
  /** Only where a new snapshot waits for other publishers (in a dry run: would wait): clusters have the one before. */
  waiting?: { sequence: number; signedBy: string[]; missing: number };
  /** Only where the region could not be published. */
  error?: Record<string, unknown>;
}

/** A secret that was held back, by region: the version that stays published, or null where it stays out. */
export interface HeldReport {
  file: string;
  regions: { region: string; version: number | null }[];
  errors: Record<string, unknown>[];
}

/** The document of `publish --output json`. */
export interface Report {
  main: string;
  dryRun: boolean;
  regions: RegionReport[];
  held: HeldReport[];
  warnings: Record<string, unknown>[];
}

/** A finding that is not one secret's, with its level. */
export interface Notice {
  level: 'error' | 'warning';
  error: EdgesealError;
}

/** What a publication did, for `--output json`. */
export function reportOf(round: Round, dryRun: boolean, unpushed: readonly Notice[]): Report {
  return {
    main: round.main,
    dryRun,
    regions: round.outcomes
      .map((one) => regionReport(round, one))
      .sort((a, b) => (a.region < b.region ? -1 : 1)),
    held: heldSecrets(round).map(({ file, regions, errors }) => ({
      file,
      regions: [...regions].map(([region, version]) => ({ region, version: version ?? null })),
      errors: errors.map(errorJson),
    })),
    warnings: [...unpushed, ...noticesOf(round)].map(({ level, error }) => ({
      level,
      ...errorJson(error),
    })),
  };
}

/** Held secrets by their file. */
export function heldSecrets({ plans }: Round): HeldSecret[] {
  return [...plans.held.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** Whether a new snapshot stands on the channel now, or would. */
export function isPublished({ result, draft, waiting }: RegionOutcome): boolean {
  return result === 'done' && draft?.snapshot !== undefined && waiting === undefined;
}

function regionReport({ state, dryRun }: Round, outcome: RegionOutcome): RegionReport {
  const { region, remote, commit, draft, heartbeat, result, waiting } = outcome;
  const done = result === 'done' && waiting === undefined;
  const standing = done ? draft?.sequence : draft?.base.channel?.verified.snapshot.sequence;
  return {
    region,
    remote: printable(remote),
    sequence: standing ?? null,
    commit: commit ?? null,
    changed: isPublished(outcome),
    ...(done || dryRun ? changesOf(outcome) : { added: [], updated: [], removed: [] }),
    heartbeat,
    ...(isEdgesealError(result) ? { error: errorJson(result) } : {}),
    ...(result === 'done' && waiting !== undefined && draft !== undefined
      ? {
          waiting: {
            sequence: draft.sequence,
            signedBy: waiting.map(({ key }) => sshFingerprint(key.blob)),
            missing: state.root.spec.publishers.threshold - waiting.length,
          },
        }
      : {}),
  };
}

/** What differs between the last snapshot and the new one. */
export function changesOf({
  draft,
}: RegionOutcome): Record<'added' | 'updated' | 'removed', string[]> {
  const changes = { added: [] as string[], updated: [] as string[], removed: [] as string[] };
  for (const [path, planned] of draft?.plan.changes ?? []) {
    const { namespace = '', name = '' } = parseSecretPath(path) ?? {};
    const kind =
      planned === undefined ? 'removed' : planned.before === undefined ? 'added' : 'updated';
    changes[kind].push(`${namespace}/${name}`);
  }
  for (const names of Object.values(changes)) names.sort();
  return changes;
}

/** Everything but held secrets and failed regions that a person should know. */
export function noticesOf(round: Round): Notice[] {
  const { plans, findings } = round;
  const missing = [...plans.missing.values()].map(({ region, key, files }): Notice => {
    const [first = '', ...rest] = files;
    const { namespace = '', name = '' } = parseSecretPath(first) ?? {};
    const what = rest.length === 0 ? first : `${first} and ${rest.length} more`;
    const secret = rest.length === 0 ? `${namespace}/${name}` : '--all';
    const error = new EdgesealError(
      'seal-no-key',
      `${what}: not wrapped for the key ${key} of ${region}: clusters that hold only that key keep their last good value`,
      { hint: `edgeseal reseal ${secret} --with-recovery RECOVERY-KEY-FILE` },
    );
    return { level: 'warning', error };
  });
  const warnings = plans.warnings.map(({ error }): Notice => ({ level: 'warning', error }));
  const differing = round.outcomes.flatMap(({ differing: error }): Notice[] =>
    error === undefined ? [] : [{ level: 'warning', error }],
  );
  return [...findings, ...warnings, ...missing, ...differing, ...silentHeartbeat(round)];
}

/** With a key that is not at hand no heartbeat is renewed, and clusters call their state stale one day. */
function silentHeartbeat({ state, outcomes, dryRun }: Round): Notice[] {
  const { heartbeat } = state.root.spec;
  // Where nothing is published yet there is nothing to be fresh.
  const silent = outcomes.filter(
    ({ result, heartbeat: renewed, waiting, commit }) =>
      result === 'done' && !renewed && (waiting === undefined || commit !== undefined),
  );
  if (heartbeat === undefined || dryRun || silent.length === 0) return [];
  const key = fingerprintOf(heartbeat.key);
  const error = new EdgesealError(
    'trust-signer',
    `the heartbeat of ${silent.map(({ region }) => region).join(', ')} was not renewed: its key ${key} is not at hand`,
    { hint: 'whoever has it, such as CI, runs: EDGESEAL_HEARTBEAT_KEY=KEY-FILE edgeseal publish' },
  );
  return [{ level: 'warning', error }];
}

/** 0; 1 where a secret was held back or the repository is not in order; that of the error where a region failed. */
export function exitCode(round: Round): number {
  const failed = round.outcomes.find(({ result }) => isEdgesealError(result));
  if (failed !== undefined) return exitCodeOf(failed.result);
  const faults = round.findings.some(({ level }) => level === 'error');
  return round.plans.held.size > 0 || faults ? exitCodes.findings : exitCodes.ok;
}
