import { auditSecret } from '../../core/repository/secret-audit.ts';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import { validAuthors } from '../../core/secret/author.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { nextStep } from '../change/finish.ts';
import { lastAccepted } from '../change/history.ts';
import type { PastVersion } from '../change/history.ts';
import { changeFiles } from '../change/staged-files.ts';
import { plural } from '../change/words.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError, errorJson } from '../terminal/output.ts';
import { Hold } from '../past/hold.ts';
import { Progress } from '../terminal/progress.ts';
import { confirm } from '../terminal/prompt.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { namedFiles } from '../sealed-file.ts';
import { againstBase, isRefused, lookAt } from '../sign/candidate.ts';
import type { Candidate, Refused } from '../sign/candidate.ts';
import { countersign, findCountersigner } from '../sign/countersign.ts';
import type { Countersigner } from '../sign/countersign.ts';
import { summarize, summaryLines } from '../sign/summary.ts';
import type { Summary } from '../sign/summary.ts';

interface Options {
  all?: boolean;
  yes?: boolean;
  signingKey?: string;
  output?: 'text' | 'json';
}

interface Outcome {
  signed: { candidate: Candidate; summary: Summary; after: EdgeSecret }[];
  refused: Refused[];
  inOrder: number;
  author: string | undefined;
}

/** Files looked at together. */
const together = 32;

/** `edgeseal sign`: an author looks at what nobody stands for yet, and signs it. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  requireChoice(names, options);
  const repository = await openRepository(io);
  const { candidates, refused, inOrder } = await look(io, repository, names);
  const outcome: Outcome = { signed: [], refused, inOrder, author: undefined };
  if (candidates.length > 0) {
    const signer = await findCountersigner(io, repository.state, options.signingKey);
    outcome.author = signer.author;
    const mine = candidates.filter((c) => signer.mayWrite(c.namespace));
    for (const candidate of candidates)
      if (!mine.includes(candidate)) refused.push(notEntitled(candidate, signer));
    const shown = await summaries(io, repository, mine, refused);
    show(io, repository, shown, options);
    if (shown.length > 0) {
      await requireYes(io, shown.length, signer, options);
      outcome.signed = await signAll(io, repository, signer, shown);
    }
  }
  report(io, repository, outcome, options);
  return refused.length > 0 ? exitCodes.findings : exitCodes.ok;
}

function requireChoice(names: string[], { all }: Options): void {
  if (names.length > 0 === (all === true)) {
    throw new EdgesealError(
      'input-usage',
      names.length > 0 ? 'name secrets or say --all, not both' : 'which secrets are to be signed?',
      { hint: 'edgeseal sign NAMESPACE/NAME, or all that need it: edgeseal sign --all' },
    );
  }
}

async function look(
  io: Io,
  repository: OpenRepository,
  names: string[],
): Promise<{ candidates: Candidate[]; refused: Refused[]; inOrder: number }> {
  const { state } = repository;
  const files = await namedFiles(io, repository, state.view, names);
  const progress = new Progress(io, 'looked at');
  const candidates: Candidate[] = [];
  const refused: Refused[] = [];
  let inOrder = 0;
  const hold = await Hold.open({ io, place: repository, state, files, commit: undefined });
  try {
    for (let start = 0; start < files.length; start += together) {
      const batch = files.slice(start, start + together);
      const audited = await Promise.all(batch.map((file) => auditSecret(state, file)));
      await hold.check(audited, { floors: false });
      for (const looked of audited.map((one) => lookAt(state, one))) {
        if (looked === undefined) inOrder += 1;
        else if (isRefused(looked)) refused.push(looked);
        else candidates.push(looked);
      }
      progress.step(Math.min(start + together, files.length), files.length);
    }
  } finally {
    hold.close();
  }
  progress.end();
  return { candidates, refused, inOrder };
}

async function summaries(
  io: Io,
  repository: OpenRepository,
  candidates: readonly Candidate[],
  refused: Refused[],
): Promise<{ candidate: Candidate; summary: Summary }[]> {
  const { state } = repository;
  const files = candidates.map(({ file }) => file);
  const signed = await lastAccepted(io, repository, files, (secret) => isVouched(state, secret));
  const others = files.filter((file) => !signed.has(file));
  const heads =
    others.length === 0
      ? new Map<string, PastVersion>()
      : await lastAccepted(io, repository, others, () => true);
  const shown: { candidate: Candidate; summary: Summary }[] = [];
  for (const candidate of candidates) {
    const base = signed.get(candidate.file);
    const stands = againstBase(candidate, base, state.root.spec.repository);
    if (stands !== undefined) refused.push(stands);
    else {
      const summary = summarize(state, candidate, base, heads.get(candidate.file));
      shown.push({ candidate, summary });
    }
  }
  return shown;
}

function isVouched(state: OpenRepository['state'], secret: EdgeSecret): boolean {
  try {
    return validAuthors(secret, state.root).length > 0;
  } catch (error) {
    if (isEdgesealError(error)) return false;
    throw error;
  }
}

/** Before the question, so that there is something to say yes to. With JSON it goes where people look. */
function show(
  io: Io,
  repository: OpenRepository,
  shown: readonly { candidate: Candidate; summary: Summary }[],
  options: Options,
): void {
  const output = new Output(io);
  if (options.output === 'json' && options.yes === true) return;
  for (const { candidate, summary } of shown) {
    for (const line of summaryLines(repository.state, candidate, summary)) {
      if (options.output === 'json') output.note(line);
      else output.line(line);
    }
  }
}

async function requireYes(
  io: Io,
  count: number,
  { author }: Countersigner,
  options: Options,
): Promise<void> {
  if (options.yes === true) return;
  const what = plural(count, 'secret');
  if (io.stdin.isTTY !== true || io.stderr.isTTY !== true) {
    throw new EdgesealError(
      'input-usage',
      `there is no terminal to ask on: nothing was signed (${what} to sign)`,
      { hint: 'once you have looked at them, run the same command with --yes' },
    );
  }
  if (await confirm(io, `Sign ${what} as ${author}?`)) return;
  throw new EdgesealError('input-cancelled', 'nothing was signed');
}

async function signAll(
  io: Io,
  repository: OpenRepository,
  signer: Countersigner,
  shown: readonly { candidate: Candidate; summary: Summary }[],
): Promise<Outcome['signed']> {
  const candidates = shown.map(({ candidate }) => candidate);
  const secrets = await countersign(io, repository.state, signer, candidates);
  await requireUnchanged(repository, candidates);
  const signed = shown.flatMap(({ candidate, summary }, index) => {
    const after = secrets[index];
    return after === undefined ? [] : [{ candidate, summary, after }];
  });
  await changeFiles(
    repository.root,
    signed.map(({ candidate, after }) => ({
      file: candidate.file,
      content: formatEdgeSecret(after),
    })),
  );
  return signed;
}

/** Somebody may think for minutes before they say yes; a pull meanwhile must neither be signed unseen nor be undone. */
async function requireUnchanged(
  { state }: OpenRepository,
  candidates: readonly Candidate[],
): Promise<void> {
  for (const { file, secret } of candidates) {
    const bytes = await state.view.read(file);
    const now = bytes === undefined ? '' : formatEdgeSecret(parseEdgeSecret(bytes, file));
    if (now === formatEdgeSecret(secret)) continue;
    throw new EdgesealError('git-dirty', 'it changed while you looked at it: nothing was signed', {
      file,
      hint: 'run the command again',
    });
  }
}

function notEntitled({ file, namespace, name }: Candidate, { author }: Countersigner): Refused {
  const error = new EdgesealError(
    'trust-author',
    `${author} may not write to namespace ${namespace}`,
    { file, hint: `an author of ${namespace} signs it: edgeseal sign ${namespace}/${name}` },
  );
  return { file, namespace, name, errors: [error] };
}

function report(io: Io, repository: OpenRepository, outcome: Outcome, options: Options): void {
  const output = new Output(io);
  const { signed, refused, inOrder, author } = outcome;
  if (options.output === 'json') {
    output.json({
      root: repository.state.root.number,
      author: author ?? null,
      signed: signed.map(({ candidate, summary, after }) => ({
        namespace: candidate.namespace,
        name: candidate.name,
        file: candidate.file,
        version: after.spec.version,
        base: summary.base ?? null,
        changes: summary.difference,
        exposed: summary.exposed,
        signaturesBefore: candidate.claims,
      })),
      refused: refused.map(({ namespace, name, file, errors }) => ({
        namespace,
        name,
        file,
        errors: errors.map(errorJson),
      })),
      inOrder,
      ok: refused.length === 0,
    });
  } else {
    for (const { candidate, after } of signed)
      output.line(`${candidate.file}: signed version ${after.spec.version} as ${author ?? ''}`);
    if (signed.length === 0 && refused.length === 0)
      output.line(`nothing to sign: ${plural(inOrder, 'secret')} in order`);
  }
  for (const { errors } of refused)
    for (const error of errors) output.warn(`not signed: ${describeError(error)}`, error.hint);
  if (signed.length > 0)
    nextStep(
      io,
      repository,
      signed.map(({ candidate }) => ({ file: candidate.file, content: '' })),
    );
}
