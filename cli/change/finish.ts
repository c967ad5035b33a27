import { join, relative } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EdgesealError } from '../../core/errors.ts';
import { formatEdgeSecret, maxSealedBytes } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { Progress } from '../terminal/progress.ts';
import type { OpenRepository } from '../repository.ts';
import type { SecretRef } from '../secret-ref.ts';
import { openSigner } from '../signer/signing.ts';
import type { Signer, SignOptions } from '../signer/signing.ts';
import { Staging } from './staged-files.ts';
import type { FileChange } from './staged-files.ts';

/** A new version of one sealed secret, to be signed and written. */
export interface Change {
  ref: SecretRef;
  /** One word for scripts: `sealed`, `set`, `unset`, `edited`, `rolled-back`, `reseal`. */
  action: string;
  /** What was done, for people: `sealed version 3 for us-east (policy), 2 items`. */
  summary: string;
  /** Unsigned. */
  secret: EdgeSecret;
  /** Regions that get it, or the value that changed. */
  regions: string[];
  /** Names of the items concerned. */
  items: string[];
  /** False where a signature would vouch for what somebody else changed. */
  maySign: boolean;
}

export interface FinishOptions extends SignOptions {
  output?: string;
  /** Whether the caller stages what is written, and says itself how to go on. */
  staging?: boolean;
}

/** So many are signed by one ssh-keygen while the next are sealed. */
const batchSize = 125;

/**
 * The last steps of every command that changes sealed secrets: sign, write all files or none, say what was done and
 * what comes next.
 *
 * @param changes made as they are asked for, so that signing runs beside sealing
 * @param total how many there will be
 * @param others files that belong to the same change, such as the policy
 */
export async function finishChanges(
  io: Io,
  repository: OpenRepository,
  changes: Iterable<Change> | AsyncIterable<Change>,
  total: number,
  options: FinishOptions,
  others: readonly FileChange[] = [],
): Promise<number> {
  const staging = new Staging(repository.root);
  let signed: Change[];
  try {
    signed = await signAll(io, repository, changes, total, options, staging);
    await staging.add(others);
    await staging.commit();
  } finally {
    await staging.end();
  }
  report(io, signed, options, others);
  if (options.staging === true) return exitCodes.ok;
  nextStep(io, repository, [
    ...others,
    ...signed.map(({ ref }) => ({ file: ref.file, content: '' })),
  ]);
  return exitCodes.ok;
}

/**
 * Seals, signs and writes (beside their place) batch by batch, each step beside the others. Prompts of ssh-keygen allow
 * one process only: with those, everything is one batch.
 */
async function signAll(
  io: Io,
  repository: OpenRepository,
  changes: Iterable<Change> | AsyncIterable<Change>,
  total: number,
  options: FinishOptions,
  staging: Staging,
): Promise<Change[]> {
  const signer = await openSigner(io, repository.state, options);
  const progress = new Progress(io, 'sealing');
  const size = signer.promptless ? batchSize : Infinity;
  const batches: Promise<Change[]>[] = [];
  let batch: Change[] = [];
  let failed = false;
  const flush = (): void => {
    const started = finishBatch(signer, batch, staging);
    started.catch(() => {
      // Thrown below, where it is awaited; there is no use in sealing on.
      failed = true;
    });
    batches.push(started);
    batch = [];
  };
  try {
    let done = 0;
    for await (const change of changes) {
      batch.push(change);
      progress.step((done += 1), total);
      if (batch.length >= size) flush();
      // Sealing is all computing: what signs and writes is heard only when there is a pause.
      await nextTurn();
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a callback meanwhile
      if (failed) break;
    }
    flush();
    return (await Promise.all(batches)).flat();
  } finally {
    // Nothing may still be written when the caller takes away what was.
    await Promise.allSettled(batches);
    progress.end();
  }
}

async function finishBatch(
  signer: Signer,
  batch: readonly Change[],
  staging: Staging,
): Promise<Change[]> {
  const signed = await signBatch(signer, batch);
  await staging.add(
    signed.map(({ ref, secret }) => ({ file: ref.file, content: textOf(ref, secret) })),
  );
  return signed;
}

async function signBatch(signer: Signer, batch: readonly Change[]): Promise<Change[]> {
  const ours = batch.filter((change) => change.maySign);
  const secrets = await signer.sign(ours.map(({ secret }) => secret));
  const signed = new Map(ours.map((change, index) => [change, secrets[index] ?? change.secret]));
  return batch.map((change) => ({ ...change, secret: signed.get(change) ?? change.secret }));
}

function textOf(ref: SecretRef, secret: EdgeSecret): string {
  const text = formatEdgeSecret(secret);
  if (Buffer.byteLength(text) <= maxSealedBytes) return text;
  throw new EdgesealError(
    'input-too-large',
    `the sealed file would have more than ${maxSealedBytes} bytes`,
    {
      file: ref.file,
      hint: 'split the secret, or seal it anew as a whole with: edgeseal seal',
    },
  );
}

function report(
  io: Io,
  changes: readonly Change[],
  options: FinishOptions,
  others: readonly FileChange[],
): void {
  const output = new Output(io);
  const authorOf = ({ secret }: Change): string | undefined => secret.spec.signatures[0]?.author;
  if (options.output === 'json') {
    output.json({
      secrets: changes.map((change) => ({
        namespace: change.ref.namespace,
        name: change.ref.name,
        file: change.ref.file,
        action: change.action,
        version: change.secret.spec.version,
        regions: change.regions,
        items: change.items,
        author: authorOf(change) ?? null,
      })),
      otherFiles: others.map(({ file }) => file),
    });
    return;
  }
  for (const change of changes) {
    const author = authorOf(change);
    const signed = author === undefined ? 'not signed' : `signed by ${author}`;
    output.line(`${change.ref.file}: ${change.summary}, ${signed}`);
  }
  for (const { file } of others) output.line(`${file}: changed`);
}

/** The note that says how to go on; `git add` gets folders where there are many files. */
export function nextStep(io: Io, repository: OpenRepository, changes: readonly FileChange[]): void {
  const here = (file: string): string => relative(io.cwd, join(repository.root, file)) || '.';
  const files = changes.map(({ file }) => file);
  const paths = files.length <= 4 ? files : [...new Set(files.map((f) => f.split('/')[0] ?? f))];
  const removes = changes.some(({ content }) => content === undefined);
  new Output(io).note(
    `next: git add ${removes ? '-A ' : ''}${paths.map(here).join(' ')} && git commit`,
  );
}
