import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import { maySign } from '../change/current.ts';
import type { FinishOptions } from '../change/finish.ts';
import { lastVersions } from '../change/history.ts';
import { changeFiles } from '../change/staged-files.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import { holdersOf, readRegionKeys } from '../region-key/keys.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { readRecoveryKeys } from '../reseal/recovery.ts';
import { reportReseal } from '../reseal/report.ts';
import type { ResealOutcome } from '../reseal/report.ts';
import { isFailed, planFile, resealOne } from '../reseal/work.ts';
import type { Done, Planned } from '../reseal/work.ts';
import { namedFiles } from '../sealed-file.ts';
import { openSigner } from '../signer/signing.ts';

interface Options extends FinishOptions {
  key?: string[];
  withRecovery?: string[];
  all?: boolean;
}

/** Files looked at together. */
const together = 32;

/** `edgeseal reseal`: brings sealed secrets in line with the policy and with the keys of the root in force. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  // With the recovery key out of its safe, everything that waits for it is meant.
  const all = options.all === true || (names.length === 0 && options.withRecovery !== undefined);
  if (names.length > 0 === all) {
    throw new EdgesealError(
      'input-usage',
      names.length > 0
        ? 'name secrets or say --all, not both'
        : 'which secrets are to be resealed?',
      { hint: 'edgeseal reseal NAMESPACE/NAME, or all that need it: edgeseal reseal --all' },
    );
  }
  const repository = await openRepository(io);
  const { state } = repository;
  const files = await namedFiles(io, repository, state.view, names);
  const recovery = await readRecoveryKeys(io, state, options.withRecovery);
  const keys = [...recovery, ...(await readRegionKeys(io, options.key))];
  if (keys.length > 0 && holdersOf(state, keys).length === 0) {
    new Output(io).warn(
      `no region's file lists the key ${keys.map((key) => key.id).join(', ')}`,
      'keys of each region: edgeseal region list',
    );
  }
  const outcome: ResealOutcome = { done: [], failed: [], inLine: 0, waiting: [] };
  const plans = await planAll(io, repository, files, keys, outcome);
  const done = await resealAll(io, repository, plans, keys, outcome);
  outcome.done = await signThem(io, repository, done, options);
  await changeFiles(
    repository.root,
    outcome.done.map(({ ref, secret }) => ({ file: ref.file, content: formatEdgeSecret(secret) })),
  );
  const code = reportReseal(io, repository, outcome, options);
  if (recovery.length > 0)
    new Output(io).note('The recovery key is not needed any more: take it offline again.');
  return code;
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
  options: Options,
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
