import { EdgesealError } from '../../core/errors.ts';
import { byName, parseSecretPath } from '../../core/format/names.ts';
import { repositoryFile } from '../../core/format/repository.ts';
import type { Repository } from '../../core/format/repository.ts';
import { regionEntry } from '../../core/repository/recipients.ts';
import { auditRepository } from '../../core/repository/repository-audit.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { rootRegion } from '../../core/repository/root-keys.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import type { Finding } from '../../core/repository/secret-audit.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import type { Base } from './base.ts';
import { strayedSources } from './history.ts';
import { withMerged } from './merged.ts';
import type { Plans } from './plan.ts';
import { publishOnto } from './publication.ts';
import type { RegionOutcome } from './publication.ts';
import { mainRemote, printable } from './transport/remote.ts';

/** What one round is to do. */
export interface RoundInput {
  io: Io;
  place: Place;
  /** As the working tree has it: it says where main is. */
  local: Repository;
  /** Regions by name; empty for all. */
  names: readonly string[];
  dryRun: boolean;
  resumeFrom: string | undefined;
  signingKeys: readonly string[];
}

/** What a round did. */
export interface Round {
  main: string;
  remote: string;
  branch: string;
  state: RepositoryState;
  findings: Finding[];
  plans: Plans;
  outcomes: RegionOutcome[];
  dryRun: boolean;
}

/** Fetches, plans, signs and pushes once. */
export async function runRound(input: RoundInput): Promise<Round> {
  const { io, place, local, dryRun } = input;
  return await withMerged(input, async ({ remote, branch, main, state, base }) => {
    requireSameRemote(local, state.repository);
    const bases: Base[] = [];
    for (const region of publishedRegions(state, input.names)) bases.push(await base(region));
    for (const one of bases) one.error ??= unlisted(state, one.region);
    await refuseStrayed(io, place, main, bases);
    const files = await secretFiles(state);
    const secrets = files.flatMap((file) => parseSecretPath(file) ?? []);
    const findings = await auditRepository(state, secrets);
    const done = await publishOnto(input, { state, main, bases });
    return { main, remote, branch, state, findings, dryRun, ...done };
  });
}

/** Two places that say different things about where main is: one of them is out of date, and which is not ours to guess. */
function requireSameRemote(local: Repository, merged: Repository): void {
  const [here, there] = [mainRemote(local), mainRemote(merged)];
  if (here.remote === there.remote && here.branch === there.branch) return;
  throw new EdgesealError(
    'git-repository',
    `${repositoryFile} of ${printable(here.remote)}'s ${here.branch} says that main is ${there.branch} on ${printable(there.remote)}`,
    {
      file: repositoryFile,
      field: 'spec.publish',
      hint: `bring this clone up to date: git pull ${printable(here.remote)} ${here.branch}`,
    },
  );
}

/**
 * Names of the regions that have a channel, sorted: those named, or all. A recovery recipient has none, as its key
 * lies offline.
 *
 * @throws EdgesealError `policy-region`
 */
export function publishedRegions(state: RepositoryState, names: readonly string[]): string[] {
  const all = [...state.regions.values()].filter((entry) => !entry.recovery).map((e) => e.name);
  for (const name of names) {
    if (!regionEntry(state, name).recovery) continue;
    throw new EdgesealError(
      'policy-region',
      `${name} is a recovery recipient: it has no channel, and needs none`,
      { hint: `regions that have one: ${all.join(', ')}` },
    );
  }
  if (all.length === 0) {
    throw new EdgesealError('policy-region', 'main has no region to publish for', {
      hint: 'add one, and merge it: edgeseal region add NAME --generate DIRECTORY',
    });
  }
  return (names.length === 0 ? all : [...new Set(names)]).sort(byName);
}

/** A region that only its file knows has no clusters that would follow: its key may be a stranger's. */
function unlisted(state: RepositoryState, region: string): EdgesealError | undefined {
  const { number } = state.root;
  if (rootRegion(state.root, region)?.role === 'region') return undefined;
  return new EdgesealError('trust-key', `trust root ${number} does not list region ${region}`, {
    file: `regions/${region}.yaml`,
    hint: `have it listed: edgeseal region add ${region} --key PUBLIC-KEY-FILE; otherwise remove the file`,
  });
}

async function refuseStrayed(
  io: Io,
  place: Place,
  main: string,
  bases: readonly Base[],
): Promise<void> {
  const sources = bases.flatMap(({ channel }) => channel?.verified.snapshot.source ?? []);
  const strayed = await strayedSources(io, place, main, sources);
  for (const base of bases) {
    const source = base.channel?.verified.snapshot.source;
    if (source !== undefined) base.error ??= strayed.get(source);
  }
}
