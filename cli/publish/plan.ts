import { missingWraps, requirePublishable } from '../../core/channel/publish-check.ts';
import { renderSecret } from '../../core/channel/render.ts';
import { requireListed } from '../../core/channel/snapshot-check.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { regionsOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { IndexEntry } from '../../core/format/snapshot.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { auditSecret, secretFiles } from '../../core/repository/secret-audit.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import type { Hold } from '../past/hold.ts';
import type { Progress } from '../terminal/progress.ts';
import { listedSecrets } from './channel.ts';
import type { PublishedChannel } from './channel.ts';
import type { Stored } from './transport/commit.ts';

/** A secret as a channel is to list it. */
interface PlannedSecret {
  entry: IndexEntry;
  /** What the last snapshot lists; undefined where it is new. */
  before: IndexEntry | undefined;
  /** Absent in a dry run. */
  content: Stored | undefined;
}

/** What is to become of one region's channel. */
export interface RegionPlan {
  region: string;
  base: PublishedChannel | undefined;
  /** What differs from the last snapshot, by path; undefined where the secret goes. */
  changes: Map<string, PlannedSecret | undefined>;
  /** Ids of the keys that its clusters may hold. */
  activeKeys: string[];
  /** Secrets to look at again next time though they do not change; `all` where they cannot be named here. */
  recheck: Set<string> | 'all';
  /** Why this region cannot be published. */
  error: EdgesealError | undefined;
}

/** A secret that was not published as main has it: it stays as it was last published, or out. */
export interface HeldSecret {
  file: string;
  errors: EdgesealError[];
  /** The version that each region keeps; undefined where the secret stays out. */
  regions: Map<string, number | undefined>;
}

export interface Plans {
  regions: RegionPlan[];
  held: Map<string, HeldSecret>;
  /** Worth saying, but no obstacle. */
  warnings: { file: string; error: EdgesealError }[];
  /** Secrets without a wrap for an active key: paths by region and key id. */
  missing: Map<string, { region: string; key: string; files: string[] }>;
}

/** What a round plans by. */
export interface PlanInput {
  state: RepositoryState;
  /** Paths that may differ from what was published; undefined for all. */
  changed: ReadonlySet<string> | undefined;
  /** Opens what main's history says of these paths. */
  hold(files: ReadonlySet<string>): Promise<Hold>;
  /** Takes rendered bytes; undefined in a dry run. */
  store: ((bytes: Uint8Array) => Promise<Stored>) | undefined;
  progress: Progress;
}

/** Secrets read at a time: one pipe answers them all, and memory stays flat. */
const batch = 64;

/** Makes an empty plan for a region. */
export function regionPlan(
  state: RepositoryState,
  region: string,
  base: PublishedChannel | undefined,
): RegionPlan {
  const keys = state.regions.get(region)?.keys ?? [];
  const activeKeys = keys
    .filter(({ key }) => keyState(state.root, region, key.sha256) === 'active')
    .map(({ key }) => key.id);
  const changes = new Map<string, PlannedSecret | undefined>();
  return { region, base, changes, activeKeys, recheck: new Set(), error: undefined };
}

/**
 * Decides for every secret that may differ, and every region, what is published. A file that has not changed
 * since the region's last snapshot, under the same root and rules, was judged then.
 */
export async function planRegions(regions: RegionPlan[], input: PlanInput): Promise<Plans> {
  const { state, changed, progress } = input;
  const plans: Plans = { regions, held: new Map(), warnings: [], missing: new Map() };
  const present = new Set(await secretFiles(state));
  const looked = changed ?? new Set([...present, ...(await everythingListed(regions))]);
  const files = [...looked].filter((file) => present.has(file)).sort();
  for (const file of looked) if (!present.has(file)) await drop(regions, file);
  const hold = await input.hold(new Set(files));
  try {
    for (let start = 0; start < files.length; start += batch) {
      progress.step(start, files.length);
      const audits = await Promise.all(
        files.slice(start, start + batch).map((file) => auditSecret(state, file)),
      );
      await hold.check(audits, { floors: false });
      for (const audited of audits) await decide(plans, input, audited);
    }
  } finally {
    hold.close();
  }
  progress.end();
  for (const plan of regions)
    for (const file of files) holdBelowFloor(plans, plan, file, hold.floorOf(file));
  return plans;
}

/** The entry that a region's last snapshot has for a path. */
async function listedEntry(plan: RegionPlan, file: string): Promise<IndexEntry | undefined> {
  const place = parseSecretPath(file);
  if (place === undefined || plan.base === undefined) return undefined;
  return (await plan.base.index(place.namespace)).get(place.name);
}

async function everythingListed(regions: readonly RegionPlan[]): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const plan of regions) {
    await attempt(plan, async () => {
      if (plan.base === undefined) return;
      for (const path of (await listedSecrets(plan.base)).keys()) paths.add(path);
    });
  }
  return paths;
}

async function drop(regions: readonly RegionPlan[], file: string): Promise<void> {
  for (const plan of regions) {
    await attempt(plan, async () => {
      if ((await listedEntry(plan, file)) !== undefined) plan.changes.set(file, undefined);
    });
  }
}

/** A region whose own channel turns out to be damaged does not keep the others. */
async function attempt(plan: RegionPlan, step: () => Promise<void>): Promise<void> {
  if (plan.error !== undefined) return;
  try {
    await step();
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    plan.error = error;
  }
}

async function decide(plans: Plans, input: PlanInput, audited: AuditedSecret): Promise<void> {
  const { file, secret } = audited;
  const errors = audited.findings.filter((f) => f.level === 'error').map((f) => f.error);
  const warnings = audited.findings.filter((f) => f.level === 'warning');
  for (const { error } of warnings) plans.warnings.push({ file, error });
  if (errors.length > 0) hold(plans, file, errors);
  const named = new Set(secret?.spec.envelopes.flatMap(regionsOf));
  let concerned = 0;
  for (const plan of plans.regions) {
    await attempt(plan, async () => {
      const listed = await listedEntry(plan, file);
      if (listed === undefined && !named.has(plan.region)) return;
      concerned++;
      if (errors.length + warnings.length > 0) recheck(plan, file);
      if (errors.length > 0) {
        hold(plans, file, [], plan.region, listed);
      } else if (secret !== undefined) {
        await place(plans, plan, input, { secret, file, listed });
      }
    });
  }
  // A channel's readers must not learn names that are not theirs: what no region can remember, all look for.
  if (errors.length > 0 && concerned === 0) for (const plan of plans.regions) plan.recheck = 'all';
}

/** Plans a secret that is in order; a region that it no longer names drops it. */
async function place(
  plans: Plans,
  plan: RegionPlan,
  { state, store }: PlanInput,
  of: { secret: EdgeSecret; file: string; listed: IndexEntry | undefined },
): Promise<void> {
  const { region, base, changes } = plan;
  const { secret, file, listed } = of;
  const rendered = renderSecret(secret, region);
  const differs = listed?.sha256 !== rendered?.entry.sha256;
  if (listed !== undefined && differs) {
    let published: Uint8Array | undefined;
    if (secret.spec.version === listed.version) {
      published = await base?.read(file);
      requireListed(published, listed, file);
    }
    try {
      requirePublishable(secret, state.root.spec.repository, listed, published, file);
    } catch (error) {
      if (!isEdgesealError(error, 'trust-floor')) throw error;
      recheck(plan, file);
      hold(plans, file, [error], region, listed);
      return;
    }
  }
  if (rendered === undefined) {
    if (listed !== undefined) changes.set(file, undefined);
    return;
  }
  if (differs) {
    const { entry, bytes } = rendered;
    changes.set(file, { entry, before: listed, content: await store?.(bytes) });
  }
  for (const key of missingWraps(secret, region, plan.activeKeys)) {
    recheck(plan, file);
    const id = `${region} ${key}`;
    const known = plans.missing.get(id) ?? { region, key, files: [] };
    known.files.push(file);
    plans.missing.set(id, known);
  }
}

function holdBelowFloor(plans: Plans, plan: RegionPlan, file: string, floor: number): void {
  const planned = plan.changes.get(file);
  if (planned === undefined || planned.entry.version >= floor) return;
  plan.changes.delete(file);
  recheck(plan, file);
  const error = belowFloor(file, planned.entry.version, floor);
  hold(plans, file, [error], plan.region, planned.before);
}

function belowFloor(file: string, version: number, floor: number): EdgesealError {
  const { namespace = '', name = '' } = parseSecretPath(file) ?? {};
  return new EdgesealError(
    'trust-floor',
    `version ${version} cannot come back: main had a newer one, or deleted it`,
    {
      file,
      hint: `make a version of it that is ${floor} or higher: edgeseal rollback ${namespace}/${name} --to ${version}`,
    },
  );
}

function recheck(plan: RegionPlan, file: string): void {
  if (plan.recheck !== 'all') plan.recheck.add(file);
}

function hold(
  plans: Plans,
  file: string,
  errors: EdgesealError[],
  region?: string,
  listed?: IndexEntry,
): void {
  const held: HeldSecret = plans.held.get(file) ?? {
    file,
    errors: [],
    regions: new Map<string, number | undefined>(),
  };
  for (const error of errors)
    if (!held.errors.some((known) => known.message === error.message)) held.errors.push(error);
  if (region !== undefined) held.regions.set(region, listed?.version);
  plans.held.set(file, held);
}
