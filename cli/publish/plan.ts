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
import type { Progress } from '../progress.ts';
import type { PublishedChannel } from './channel.ts';
import type { Changes } from './history.ts';
import { glance } from './version.ts';

/** A secret as a channel is to list it; `bytes` where it was rendered anew. */
interface PlannedSecret {
  namespace: string;
  entry: IndexEntry;
  bytes?: Uint8Array;
}

/** What one region's channel is to hold. */
export interface RegionPlan {
  region: string;
  base: PublishedChannel | undefined;
  entries: Map<string, PlannedSecret>;
  /** Ids of the keys that its clusters may hold. */
  activeKeys: string[];
  /** Why this region cannot be published. */
  error?: EdgesealError;
}

/** A secret that was not published as main has it: it stays as it was last published, or out. */
export interface HeldSecret {
  file: string;
  errors: EdgesealError[];
  /** Regions concerned; empty where the file cannot be read. */
  regions: Set<string>;
}

export interface Plans {
  regions: RegionPlan[];
  held: Map<string, HeldSecret>;
  /** Worth saying, but no obstacle. */
  warnings: { file: string; error: EdgesealError }[];
  /** Secrets without a wrap for an active key: paths by region and key id. */
  missing: Map<string, { region: string; key: string; files: string[] }>;
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
  return { region, base, entries: new Map(), activeKeys };
}

/**
 * Decides for every secret of main and every region what is published. A file that has not changed since the
 * region's last snapshot, under the same root and rules, was checked then, unless it was held back.
 *
 * @param changes what changed since each source
 * @param floors lowest versions for paths that newly appear on a channel
 */
export async function planRegions(
  state: RepositoryState,
  regions: RegionPlan[],
  changes: ReadonlyMap<string, Changes>,
  floors: (paths: ReadonlySet<string>) => Promise<ReadonlyMap<string, number>>,
  progress: Progress,
): Promise<Plans> {
  const plans: Plans = { regions, held: new Map(), warnings: [], missing: new Map() };
  const files = await secretFiles(state);
  const settled = settledChanges(state, regions, changes);
  const appearing = new Set<string>();
  for (let start = 0; start < files.length; start += batch) {
    progress.step(start, files.length);
    const audits = await Promise.all(
      files.slice(start, start + batch).map(async (file) => {
        const unchanged = settled !== undefined && !settled.has(file);
        if (unchanged && (await isAsPublished(state, regions, file))) return undefined;
        return await auditSecret(state, file);
      }),
    );
    for (const [i, audited] of audits.entries()) {
      const file = files[start + i] ?? '';
      if (audited === undefined) keepAll(regions, file);
      else await decide(plans, state, audited, appearing);
    }
  }
  progress.end();
  const lowest = await floors(appearing);
  for (const file of appearing) holdBelowFloor(plans, file, lowest.get(file) ?? 0);
  return plans;
}

/** Paths that changed for some region; undefined where the rules changed, and all has to be checked. */
function settledChanges(
  state: RepositoryState,
  regions: readonly RegionPlan[],
  changes: ReadonlyMap<string, Changes>,
): Set<string> | undefined {
  const changed = new Set<string>();
  for (const { base } of regions) {
    if (base === undefined || base.verified.root.sha256 !== state.root.sha256) return undefined;
    const since = changes.get(base.verified.snapshot.source);
    if (since === undefined || since.rules) return undefined;
    for (const path of since.secrets) changed.add(path);
  }
  return changed;
}

/** Whether each channel lists the unchanged file as main has it, so that nobody held it back. */
async function isAsPublished(
  state: RepositoryState,
  regions: readonly RegionPlan[],
  file: string,
): Promise<boolean> {
  const bytes = await state.view.read(file);
  const seen = bytes === undefined ? undefined : glance(bytes);
  if (seen === undefined) return false;
  return regions.every(({ region, base, activeKeys }) => {
    const listed = base?.entries.get(file)?.entry;
    if (!seen.regions.has(region)) return listed === undefined;
    return listed?.version === seen.version && activeKeys.every((id) => seen.text.includes(id));
  });
}

function keepAll(regions: readonly RegionPlan[], file: string): void {
  for (const { base, entries } of regions) {
    const listed = base?.entries.get(file);
    if (listed !== undefined) entries.set(file, listed);
  }
}

async function decide(
  plans: Plans,
  state: RepositoryState,
  audited: AuditedSecret,
  appearing: Set<string>,
): Promise<void> {
  const { file, secret } = audited;
  const errors = audited.findings.filter((f) => f.level === 'error').map((f) => f.error);
  for (const { level, error } of audited.findings)
    if (level === 'warning') plans.warnings.push({ file, error });
  const named = new Set(secret?.spec.envelopes.flatMap(regionsOf));
  if (errors.length > 0) hold(plans, file, errors);
  for (const plan of plans.regions) {
    const listed = plan.base?.entries.get(file);
    if (listed === undefined && !named.has(plan.region)) continue;
    if (errors.length > 0) {
      hold(plans, file, [], plan.region);
      if (listed !== undefined) plan.entries.set(file, listed);
    } else if (secret !== undefined) {
      try {
        if (listed === undefined) appearing.add(file);
        await place(plans, plan, state, secret, file);
      } catch (error) {
        if (!isEdgesealError(error)) throw error;
        if (!isEdgesealError(error, 'trust-floor')) plan.error ??= error;
        hold(plans, file, [error], plan.region);
        if (listed !== undefined) plan.entries.set(file, listed);
      }
    }
  }
}

/** Places a secret that is in order into a plan; a region that it no longer names drops it. */
async function place(
  plans: Plans,
  plan: RegionPlan,
  state: RepositoryState,
  secret: EdgeSecret,
  file: string,
): Promise<void> {
  const { region, base, entries } = plan;
  const rendered = renderSecret(secret, region);
  const listed = base?.entries.get(file);
  if (listed !== undefined && listed.entry.sha256 !== rendered?.entry.sha256) {
    const { entry } = listed;
    let published: Uint8Array | undefined;
    if (secret.spec.version === entry.version) {
      published = await base?.read(file);
      requireListed(published, entry, file);
    }
    requirePublishable(secret, state.root.spec.repository, entry, published, file);
  }
  if (rendered === undefined) return;
  const { namespace } = secret.metadata;
  const same = listed?.entry.sha256 === rendered.entry.sha256;
  entries.set(file, same ? listed : { namespace, entry: rendered.entry, bytes: rendered.bytes });
  for (const key of missingWraps(secret, region, plan.activeKeys)) {
    const id = `${region} ${key}`;
    const known = plans.missing.get(id) ?? { region, key, files: [] };
    known.files.push(file);
    plans.missing.set(id, known);
  }
}

function holdBelowFloor(plans: Plans, file: string, floor: number): void {
  for (const plan of plans.regions) {
    const planned = plan.entries.get(file);
    if (planned === undefined || plan.base?.entries.has(file) === true) continue;
    if (planned.entry.version >= floor) continue;
    plan.entries.delete(file);
    const { namespace = '', name = '' } = parseSecretPath(file) ?? {};
    const error = new EdgesealError(
      'trust-floor',
      `main has had version ${floor - 1} of it, or deleted it: version ${planned.entry.version} cannot come back`,
      {
        file,
        hint: `make a new version of it (at least ${floor}): edgeseal rollback ${namespace}/${name}, or seal it again`,
      },
    );
    hold(plans, file, [error], plan.region);
  }
}

function hold(plans: Plans, file: string, errors: EdgesealError[], region?: string): void {
  const held = plans.held.get(file) ?? { file, errors: [], regions: new Set<string>() };
  for (const error of errors)
    if (!held.errors.some((known) => known.message === error.message)) held.errors.push(error);
  if (region !== undefined) held.regions.add(region);
  plans.held.set(file, held);
}
