import { EdgesealError } from '../../core/errors.ts';
import { nextStep } from '../change/finish.ts';
import { changeFiles } from '../change/staged-files.ts';
import { plural } from '../change/words.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError, errorJson } from '../terminal/output.ts';
import { requireYes } from '../terminal/prompt.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { namedFiles } from '../sealed-file.ts';
import type { Refused } from '../sign/candidate.ts';
import { countersignAll, fileOf, findCountersigner } from '../sign/countersign.ts';
import type { Signed } from '../sign/countersign.ts';
import { compareAll, lookAtAll } from '../sign/look.ts';
import type { Shown } from '../sign/look.ts';
import { summaryLines } from '../sign/summary.ts';

interface Options {
  all?: boolean;
  yes?: boolean;
  signingKey?: string;
  output?: 'text' | 'json';
}

interface Outcome {
  signed: Signed[];
  refused: Refused[];
  inOrder: number;
  author: string | undefined;
}

/** `edgeseal sign`: an author looks at what nobody stands for yet, and signs it. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  requireChoice(names, options);
  const repository = await openRepository(io);
  const files = await namedFiles(io, repository, repository.state.view, names);
  const { candidates, refused, inOrder } = await lookAtAll(io, repository, files);
  const outcome: Outcome = { signed: [], refused, inOrder, author: undefined };
  if (candidates.length > 0) {
    const signer = await findCountersigner(io, repository.state, options.signingKey);
    outcome.author = signer.author;
    const shown = await compareAll(io, repository, signer, candidates, refused, 'head');
    show(io, repository, shown, options);
    if (shown.length > 0) {
      const what = plural(shown.length, 'secret');
      await requireYes(io, options.yes, {
        question: `Sign ${what} as ${signer.author}?`,
        unasked: `there is no terminal to ask on: nothing was signed (${what} to sign)`,
        hint: 'once you have looked at them, run the same command with --yes',
        refused: 'nothing was signed',
      });
      outcome.signed = await countersignAll(io, repository, signer, shown);
      await changeFiles(repository.root, outcome.signed.map(fileOf));
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

/** Before the question, so that there is something to say yes to. With JSON it goes where people look. */
function show(io: Io, repository: OpenRepository, shown: readonly Shown[], options: Options): void {
  const output = new Output(io);
  if (options.output === 'json' && options.yes === true) return;
  for (const { candidate, summary } of shown) {
    for (const line of summaryLines(repository.state, candidate, summary)) {
      if (options.output === 'json') output.note(line);
      else output.line(line);
    }
  }
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
