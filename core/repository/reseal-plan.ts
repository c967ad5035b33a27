import { regionsOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope, Recipient } from '../format/edge-secret.ts';
import { sortRecipients } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';
import type { KeyState } from '../format/trust-root.ts';
import { assignedRegions } from '../policy/distribution.ts';
import { fullEnvelopes } from '../secret/change.ts';
import type { SealRecipient } from '../secret/envelope.ts';
import { recipientsByRegion, withRecovery } from './recipients.ts';
import type { RepositoryState } from './repository-state.ts';
import { rootRegion } from './root-keys.ts';

/** A key that an envelope is, or was, wrapped for. */
export interface WrapChange {
  region: string;
  key: string;
  /** What the root says of it; absent for a key that it does not list. */
  state: KeyState | undefined;
}

/** One envelope as policy and keys want it. */
interface PlannedEnvelope {
  before: FullEnvelope;
  /** Without what goes; what is to be added is still missing. */
  after: FullEnvelope;
  /** Wraps that only whoever can open the envelope can make. */
  add: SealRecipient[];
}

/** What brings a sealed secret in line with the policy and with the root's keys. */
export interface ResealPlan {
  regionsAdded: string[];
  regionsRemoved: string[];
  wrapsAdded: WrapChange[];
  wrapsDropped: WrapChange[];
  /** Regions that the policy has and the secret has not. */
  newcomers: string[];
  /** Items that differ by region, so that nobody can say which value the newcomers are to get. */
  unclear: string[];
  /** Regions that should read it and have no active key: nothing can be added for them yet. */
  keyless: string[];
  envelopes: PlannedEnvelope[];
  /** Whether there is nothing to do. */
  inLine: boolean;
}

/**
 * Compares a sealed secret with what the policy assigns and with the keys that the root has active.
 *
 * An added region gets each envelope that all regions of the secret share. Which of several regional values it should
 * get is for a person to say, so envelopes of some regions only are left to them.
 *
 * @param adding false where no private key is at hand: then only what goes is planned
 * @throws EdgesealError of `assignedRegions` and `recipientsByRegion`; `seal-elided`
 */
export async function planReseal(
  state: RepositoryState,
  secret: EdgeSecret,
  adding: boolean,
): Promise<ResealPlan> {
  const { namespace, name } = secret.metadata;
  const defaults = state.repository.spec.defaultRegions;
  const { regions } = assignedRegions(state.policy, defaults, namespace, name);
  const wraps = await recipientsByRegion(state, regions);
  const envelopes = fullEnvelopes(secret);
  const isRegion = (region: string): boolean =>
    regions.includes(region) || state.regions.get(region)?.recovery !== true;
  const named = new Set(envelopes.flatMap(regionsOf).filter(isRegion));
  const kept = [...named].filter((region) => regions.includes(region));
  const shared = kept.length > 0 ? kept : [...named];
  const keyless = withRecovery(state, regions).filter((region) => !wraps.has(region));
  const newcomers = regions.filter((region) => !named.has(region) && wraps.has(region));
  const plan: ResealPlan = {
    regionsAdded: [],
    regionsRemoved: [],
    wrapsAdded: [],
    wrapsDropped: [],
    newcomers,
    unclear: unclearItems(envelopes, shared, newcomers),
    keyless,
    envelopes: [],
    inLine: true,
  };
  for (const before of envelopes) {
    const own = regionsOf(before).filter((region) => regions.includes(region));
    const isShared = shared.every((region) => regionsOf(before).includes(region));
    const wanted = isShared && adding ? [...own, ...newcomers] : own;
    const targets = withRecovery(state, wanted);
    const planned = planEnvelope(state, before, targets, wraps, adding, plan);
    // What none of its regions may read any more is wanted by nobody.
    if (wanted.length > 0) plan.envelopes.push(planned);
  }
  const unique = (names: string[]): string[] => [...new Set(names)].sort(byName);
  const left = plan.envelopes.flatMap(({ after, add }) => [
    ...regionsOf(after),
    ...add.map(({ region }) => region),
  ]);
  plan.regionsAdded = unique(plan.regionsAdded);
  plan.regionsRemoved = unique(envelopes.flatMap(regionsOf).filter((r) => !left.includes(r)));
  plan.wrapsAdded = uniqueWraps(plan.wrapsAdded);
  plan.wrapsDropped = uniqueWraps(plan.wrapsDropped);
  plan.inLine =
    plan.envelopes.length === envelopes.length &&
    plan.envelopes.every(({ before, after, add }) => after === before && add.length === 0);
  return plan;
}

/** What the root says of a key, by its id. It is a hint, so where two keys share one the better state counts. */
export function stateOfKeyId(
  { root }: RepositoryState,
  region: string,
  id: string,
): KeyState | undefined {
  const keys = rootRegion(root, region)?.keys.filter((key) => key.sha256.startsWith(id)) ?? [];
  const states = keys.map((key) => key.state);
  return (['active', 'retired', 'revoked'] as const).find((state) => states.includes(state));
}

function planEnvelope(
  state: RepositoryState,
  before: FullEnvelope,
  targets: readonly string[],
  wraps: ReadonlyMap<string, readonly SealRecipient[]>,
  adding: boolean,
  plan: ResealPlan,
): PlannedEnvelope {
  const names = regionsOf(before);
  const gone = names.filter((region) => !targets.includes(region));
  const add: SealRecipient[] = [];
  const recipients: Recipient[] = [];
  let same = gone.length === 0;
  for (const region of targets) {
    const held = before.recipients.filter((r) => r.region === region);
    const keys = wraps.get(region) ?? [];
    const missing = keys.filter(
      ({ keyId }) => !held.some((r) => r.key === keyId && r.wrapped !== undefined),
    );
    if (held.length === 0 && (!adding || keys.length === 0)) continue;
    if (held.length === 0) plan.regionsAdded.push(region);
    if (adding) {
      add.push(...missing);
      for (const { keyId } of missing) {
        // A new region has all its keys added: that is told by its name.
        if (held.length > 0) plan.wrapsAdded.push({ region, key: keyId, state: 'active' });
      }
    }
    const complete = keys.length > 0 && (missing.length === 0 || adding);
    const former = before.exposed?.includes(region) === true ? formerKeys(state, region) : [];
    recipients.push(...former);
    same &&= former.length === 0;
    for (const recipient of held) {
      const left = keptRecipient(state, recipient, complete, plan, add);
      if (left !== undefined) recipients.push(left);
      same &&= left === recipient;
    }
  }
  if (same) return { before, after: before, add };
  const exposed = [...new Set([...(before.exposed ?? []), ...gone])].sort(byName);
  return { before, after: { ...before, recipients: distinct(recipients), exposed }, add };
}

/**
 * The keys of a region that comes back which are not in use any more: which of them could read an envelope when the region
 * was taken out is not known, and all that is known of it is about to go with `exposed`.
 */
function formerKeys({ root }: RepositoryState, region: string): Recipient[] {
  const keys = rootRegion(root, region)?.keys.filter(({ state }) => state !== 'active') ?? [];
  return keys.map(({ sha256 }) => ({ region, key: sha256.slice(0, 16) }));
}

/**
 * What is left of a recipient. A retired key's wrap stays until each active key of the region has one, or its clusters
 * would be left with nothing. The name of a key stays when its wrap goes, for what it could read: also a retired key may turn
 * out to have been stolen.
 */
function keptRecipient(
  state: RepositoryState,
  recipient: Recipient,
  complete: boolean,
  plan: ResealPlan,
  add: readonly SealRecipient[],
): Recipient | undefined {
  const { region, key, wrapped } = recipient;
  const replaced = add.some((a) => a.region === region && (key === undefined || a.keyId === key));
  if (wrapped === undefined || key === undefined) return replaced ? undefined : recipient;
  const listed = stateOfKeyId(state, region, key);
  if (listed === 'active' || (listed === 'retired' && !complete)) return recipient;
  plan.wrapsDropped.push({ region, key, state: listed });
  return { region, key };
}

/** Items that no shared envelope has. */
function unclearItems(
  envelopes: readonly FullEnvelope[],
  shared: readonly string[],
  newcomers: readonly string[],
): string[] {
  if (newcomers.length === 0) return [];
  const isShared = (e: FullEnvelope): boolean => shared.every((r) => regionsOf(e).includes(r));
  const clear = new Set(envelopes.filter(isShared).flatMap((e) => Object.keys(e.data)));
  const all = new Set(envelopes.flatMap((e) => Object.keys(e.data)));
  return [...all].filter((item) => !clear.has(item)).sort(byName);
}

function distinct(recipients: readonly Recipient[]): Recipient[] {
  const seen = new Map(
    recipients.map((r) => [`${r.region}\n${r.key ?? ''}\n${r.wrapped ?? ''}`, r]),
  );
  return sortRecipients([...seen.values()]);
}

function uniqueWraps(wraps: readonly WrapChange[]): WrapChange[] {
  const byId = new Map(wraps.map((wrap) => [`${wrap.region}\n${wrap.key}`, wrap]));
  return [...byId.entries()].sort(([a], [b]) => byName(a, b)).map(([, wrap]) => wrap);
}
