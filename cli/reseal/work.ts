import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { planReseal } from '../../core/repository/reseal-plan.ts';
import type { ResealPlan } from '../../core/repository/reseal-plan.ts';
import { reseal } from '../../core/repository/reseal.ts';
import type { Resealed } from '../../core/repository/reseal.ts';
import { readCurrent } from '../change/current.ts';
import { requireSound } from '../change/item-rules.ts';
import type { SecretRef } from '../secret-ref.ts';

/** A sealed secret and what is to be done to it. */
export interface Planned {
  ref: SecretRef;
  secret: EdgeSecret;
  /** What its signatures lack. */
  unsigned: EdgesealError | undefined;
  plan: ResealPlan;
  /** What else has to be done, once there is a private key. */
  later: ResealPlan | undefined;
}

/** A sealed secret that stays as it is, and why. */
export interface Failed {
  ref: SecretRef;
  error: EdgesealError;
}

/** A sealed secret brought in line, not signed yet. */
export interface Done extends Planned, Resealed {}

/**
 * Finds out what one sealed file needs. Without a private key that is what goes: regions and wraps are taken out all the
 * same, for a recovery key that lies in a safe must not keep a region in.
 */
export async function planFile(
  state: RepositoryState,
  file: string,
  keys: readonly RegionKey[],
): Promise<Planned | Failed> {
  const place = parseSecretPath(file);
  const ref = { namespace: place?.namespace ?? '', name: place?.name ?? '', file };
  try {
    if (place === undefined) {
      throw new EdgesealError(
        'format-schema',
        'this file does not lie at secrets/<namespace>/<name>.yaml',
        { hint: 'move it there, or out of secrets/' },
      );
    }
    const { secret, unsigned } = await readCurrent(state, ref);
    const whole = await planReseal(state, secret, true);
    if (whole.inLine && whole.unclear.length > 0) throw unclear(ref, whole);
    const needsKey = whole.envelopes.some(({ add }) => add.length > 0);
    if (needsKey && keys.length > 0 && unsigned !== undefined) throw unvouched(ref, unsigned);
    if (!needsKey || keys.length > 0)
      return { ref, secret, unsigned, plan: whole, later: undefined };
    const without = await planReseal(state, secret, false);
    // Where every region changes, nothing would be left until the new ones can be added.
    const plan = without.envelopes.length === 0 ? { ...without, inLine: true } : without;
    return { ref, secret, unsigned, plan, later: whole };
  } catch (error) {
    return failed(ref, error);
  }
}

/** Brings one secret in line. */
export async function resealOne(
  state: RepositoryState,
  planned: Planned,
  version: number,
  keys: readonly RegionKey[],
): Promise<Done | Failed> {
  try {
    const resealed = await reseal(state, planned.secret, planned.plan, version, keys);
    requireSound(resealed.secret, state, planned.ref.file);
    return { ...planned, ...resealed };
  } catch (error) {
    return failed(planned.ref, error);
  }
}

export function isFailed(outcome: Planned | Failed): outcome is Failed {
  return 'error' in outcome;
}

/**
 * Which regions an envelope names is what its author signed. Whoever may merely commit could name one more, or take away
 * what shows that a value is for one region alone; with a private key that would be made readable there.
 */
function unvouched({ namespace, name }: SecretRef, { message }: EdgesealError): EdgesealError {
  return new EdgesealError(
    'trust-author',
    `nothing is wrapped of what no author stands for: ${message}`,
    { hint: `look at it and sign it first: edgeseal sign ${namespace}/${name}` },
  );
}

function unclear(ref: SecretRef, { unclear: items, newcomers }: ResealPlan): EdgesealError {
  const [item = 'ITEM'] = items;
  return new EdgesealError(
    'policy-mismatch',
    `no value of it is the same in all of its regions, so it is not clear which ${newcomers.join(', ')} gets`,
    {
      hint: `say it item by item: edgeseal set ${ref.namespace}/${ref.name} ${item} --regions ${newcomers.join(',')}`,
    },
  );
}

function failed(ref: SecretRef, error: unknown): Failed {
  if (!isEdgesealError(error)) throw error;
  return { ref, error: error.at({ file: ref.file }) };
}
