import { isEdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { loadSettings } from '../../core/repository/repository-state.ts';
import type { RepositoryState, Settings } from '../../core/repository/repository-state.ts';
import { rootRegion } from '../../core/repository/root-keys.ts';
import { loadRootChain } from '../../core/repository/trust.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { changedParts, partWords } from '../../core/secret/fixed-parts.ts';
import { claimsOf } from '../sign/candidate.ts';
import { claimWords } from '../sign/summary.ts';
import { commitView } from '../git/commit-view.ts';
import { describeError } from '../terminal/output.ts';
import type { Io } from '../terminal/io.ts';
import { requireSameHistory } from '../repository.ts';
import type { Place } from '../repository.ts';
import { readPin } from '../trust/pin.ts';
import type { Pin } from '../trust/pin.ts';
import type { Heads } from './heads.ts';

/** What sides of a merge are judged by. */
export interface Judge {
  /** HEAD's settings with the newest root of all that is merged; undefined where nothing can be judged here. */
  state: RepositoryState | undefined;
  /** Why nothing may be signed, whatever the sides are worth; undefined where it may. */
  obstacle: string | undefined;
}

/**
 * Finds what to judge by, and asks nobody anything: a merge runs in the middle of somebody's git command.
 *
 * The newest root counts that HEAD or what is merged has: a branch that does not know yet that somebody was taken out must not
 * have their work signed by somebody else.
 */
export async function openJudge(io: Io, place: Place, heads: Heads): Promise<Judge> {
  if (heads.ours === undefined) return { state: undefined, obstacle: 'there is no commit yet' };
  try {
    const { settings, pin } = await settingsAt(io, place, heads.ours);
    if (pin === undefined) {
      const obstacle =
        'this clone has not accepted a trust root yet (compare: edgeseal trust show; then: edgeseal trust accept)';
      return { state: undefined, obstacle };
    }
    let roots: AcceptedRoot[] = [];
    for (const commit of [heads.ours, ...heads.others]) {
      const chain = await rootsAt(io, place, commit, pin);
      if ((chain.at(-1)?.number ?? 0) > (roots.at(-1)?.number ?? 0)) roots = chain;
    }
    const root = roots.at(-1);
    if (root === undefined)
      return { state: undefined, obstacle: 'no trust root here follows from the accepted one' };
    const state = { ...settings, roots, root };
    if (pin.newest.number <= root.number) return { state, obstacle: undefined };
    const obstacle = `what is merged stands on trust root ${root.number}, root ${pin.newest.number} was seen already (merge the newer main first)`;
    return { state, obstacle };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return { state: undefined, obstacle: describeError(error) };
  }
}

/** Whether a name is a recovery recipient's, as far as that is known. */
export function isRecoveryBy({ state }: Judge): (name: string) => boolean {
  return (name) =>
    state?.regions.get(name)?.recovery === true ||
    (state !== undefined && rootRegion(state.root, name)?.role === 'recovery');
}

/**
 * Why a signature of the result would vouch for what nobody entitled has signed on one side, in words; undefined where
 * somebody has.
 */
export function unvouched({ state }: Judge, side: EdgeSecret): string | undefined {
  if (state === undefined) return undefined;
  const claims = claimsOf(state, side);
  if (claims.some((claim) => claim.state === 'valid')) return undefined;
  return claims.length === 0 ? 'it is not signed' : claims.map(claimWords).join('; ');
}

/**
 * What of a side is not as it was made, in words. No signature covers wraps, and nobody can see that ciphertext does not open:
 * a side that was changed by hand is merged into nothing.
 *
 * @param base where the two parted
 */
export function damageOf(side: EdgeSecret, base: EdgeSecret | undefined): string | undefined {
  const broken = base === undefined ? [] : changedParts(base, side).map(partWords);
  if (broken.length === 0) return undefined;
  return `was changed by hand or damaged: ${broken.slice(0, 3).join(', ')}`;
}

async function settingsAt(
  io: Io,
  place: Place,
  commit: string,
): Promise<{ settings: Settings; pin: Pin | undefined }> {
  const view = await commitView(io, place.top, commit, place.prefix);
  try {
    const settings = await loadSettings(view);
    return { settings, pin: await readPin(io, place.top, settings.repository.spec.id) };
  } finally {
    view.close();
  }
}

/** Empty for a commit whose roots do not follow from the accepted one. */
async function rootsAt(io: Io, place: Place, commit: string, pin: Pin): Promise<AcceptedRoot[]> {
  const view = await commitView(io, place.top, commit, place.prefix);
  try {
    const roots = await loadRootChain(view, pin.accepted);
    requireSameHistory({ view, roots }, pin);
    return roots;
  } catch (error) {
    if (isEdgesealError(error)) return [];
    throw error;
  } finally {
    view.close();
  }
}
