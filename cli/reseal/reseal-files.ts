import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { maySign } from '../change/current.ts';
import { lastVersions } from '../change/history.ts';
import { changeFiles } from '../change/staged-files.ts';
import type { FileChange } from '../change/staged-files.ts';
import type { OpenRepository } from '../repository.ts';
import { openSigner } from '../signer/signing.ts';
import type { SignOptions } from '../signer/signing.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import type { ResealOutcome } from './report.ts';
import { isFailed, planFile, resealOne } from './work.ts';
import type { Done, Planned } from './work.ts';

/** Files looked at together. */
const together = 32;

/**
 * Brings sealed files in line with policy and keys, signs where regions changed, and writes them all or none.
 *
 * @param keys private keys; without one, what needs none is done
 * @param others files that belong to the same change
 */
export async function resealFiles(
  io: Io,
  repository: OpenRepository,
  files: readonly string[],
  keys: readonly RegionKey[],
  options: SignOptions,
  others: readonly FileChange[] = [],
): Promise<ResealOutcome> {
  const outcome: ResealOutcome = {
    done: [],
    failed: [],
    inLine: 0,
    waiting: [],
    keyless: new Set(),
  };
  const plans = await planAll(io, repository, files, keys, outcome);
  const done = await resealAll(io, repository, plans, keys, outcome);
  outcome.done = await signThem(io, repository, done, options);
  await changeFiles(repository.root, [
    ...others,
    ...outcome.done.map(({ ref, secret }) => ({
      file: ref.file,
      content: formatEdgeSecret(secret),
    })),
  ]);
  return outcome;
}

async function planAll(
  io: Io,
  { state }: OpenRepository,
  files: readonly string[],
  keys: readonly RegionKey[],
  outcome: ResealOutcome,
): Promise<Planned[]> {
  const progress = new Progress(io, 'looked at');
  const plans: Planned[] = [];
  for (let start = 0; start < files.length; start += together) {
    const batch = files.slice(start, start + together);
    for (const planned of await Promise.all(batch.map((file) => planFile(state, file, keys)))) {
      if (isFailed(planned)) {
        outcome.failed.push(planned);
        continue;
      }
      const { ref, later, plan } = planned;
      for (const region of plan.keyless) outcome.keyless.add(region);
      if (later !== undefined) outcome.waiting.push({ ...ref, plan: later });
      if (!plan.inLine) plans.push(planned);
      else if (later === undefined) outcome.inLine += 1;
    }
    progress.step(Math.min(start + together, files.length), files.length);
  }
  progress.end();
  return plans;
}

async function resealAll(
  io: Io,
  repository: OpenRepository,
  plans: readonly Planned[],
  keys: readonly RegionKey[],
  outcome: ResealOutcome,
): Promise<Done[]> {
  const { state } = repository;
  const files = plans.map(({ ref }) => ref.file);
  const floors = files.length === 0 ? new Map() : await lastVersions(io, repository, files);
  const progress = new Progress(io, 'resealing');
  const done: Done[] = [];
  for (const [index, planned] of plans.entries()) {
    const { ref, secret } = planned;
    const floor = floors.get(ref.file) as number | undefined;
    const version = Math.max(secret.spec.version, floor ?? 0) + 1;
    const resealed = await resealOne(state, planned, version, keys);
    if (isFailed(resealed)) outcome.failed.push(resealed);
    else done.push(resealed);
    progress.step(index + 1, plans.length);
    // Wrapping is all computing: an interrupt is heard only when there is a pause.
    await nextTurn();
  }
  progress.end();
  return done;
}

/** New versions are signed as every change is; other wraps for the same regions leave the signatures as they are. */
async function signThem(
  io: Io,
  { state }: OpenRepository,
  done: readonly Done[],
  options: SignOptions,
): Promise<ResealOutcome['done']> {
  const mine = done.filter(
    ({ ref, newVersion, unsigned }) => newVersion && maySign(io, ref, unsigned),
  );
  const signed = new Map<Done, Done['secret']>();
  if (mine.length > 0) {
    const signer = await openSigner(io, state, options);
    const secrets = await signer.sign(mine.map(({ secret }) => secret));
    for (const [index, one] of mine.entries()) signed.set(one, secrets[index] ?? one.secret);
  }
  return done.map((one) => {
    const secret = signed.get(one) ?? one.secret;
    return {
      ...one,
      secret,
      author: one.newVersion ? secret.spec.signatures[0]?.author : undefined,
    };
  });
}
