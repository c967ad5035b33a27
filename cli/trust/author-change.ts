import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import { validAuthors } from '../../core/secret/author.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { changeFiles } from '../change/staged-files.ts';
import { plural } from '../change/words.ts';
import type { OpenRepository } from '../repository.ts';
import type { Refused } from '../sign/candidate.ts';
import { countersignAll, fileOf, findCountersigner } from '../sign/countersign.ts';
import type { Countersigner } from '../sign/countersign.ts';
import { compareAll, lookAtAll } from '../sign/look.ts';
import type { Shown } from '../sign/look.ts';
import { summaryLines } from '../sign/summary.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { requireYes } from '../terminal/prompt.ts';
import { losingAuthors } from './losing.ts';
import { isMissing, signNextRoot, writeSigned } from './root-change.ts';
import type { RootEdit, RootOptions, SignedRoot } from './root-change.ts';
import { sayRootMade } from './root-made.ts';

export interface AuthorOptions extends RootOptions {
  /** Signs nothing anew: others will, in the same branch. */
  leave?: boolean | undefined;
  yes?: boolean | undefined;
  /** Key that secrets are signed with anew, where it is not the one that signs the root. */
  authorKey?: string | undefined;
}

/**
 * Makes a root by which some signatures of secrets stop counting. Lists what they were on, shows it to the person, who
 * signs it anew, and writes root and signatures together, so that they land in one commit.
 *
 * @throws EdgesealError `trust-author` where something would be left that the person may not sign; nothing is written then
 */
export async function changeAuthors(
  io: Io,
  repository: OpenRepository,
  options: AuthorOptions,
  edit: RootEdit,
): Promise<void> {
  const output = new Output(io);
  const { state } = repository;
  const next = await signNextRoot(io, repository, options, edit);
  const losing = await losingAuthors(state, state.root, next.root);
  const after = { ...repository, state: { ...state, root: next.root } };
  const shown = options.leave === true ? [] : await takeOver(io, after, losing, options);
  if (shown.length > 0) {
    const signer = await signerOf(io, after, options);
    for (const { candidate, summary } of shown)
      for (const line of summaryLines(after.state, candidate, summary)) output.line(line);
    const what = plural(shown.length, 'secret');
    await requireYes(io, options.yes, {
      question: `Make trust root ${next.root.number}, and sign ${what} as ${signer.author}?`,
      unasked: `there is no terminal to ask on: nothing was changed (${what} to sign anew)`,
      hint: 'once you have looked at them, run the same command with --yes; with --leave others sign them',
      refused: 'nothing was changed',
    });
    const signed = await countersignAll(io, after, signer, shown);
    const change = await writeSigned(repository, next);
    const files = signed.map((one) =>
      isMissing(next.missing)
        ? { ...one, after: withOld(one.after, one.candidate.secret, state.root) }
        : one,
    );
    try {
      await changeFiles(repository.root, files.map(fileOf));
    } catch (error) {
      await change.undo();
      throw error;
    }
    for (const { candidate } of signed)
      output.line(
        `${candidate.file}: signed version ${candidate.secret.spec.version} as ${signer.author}`,
      );
    sayRootMade(repository, change.root, ['secrets'], output);
    return;
  }
  const { root } = await writeSigned(repository, next);
  sayRootMade(repository, root, [], output);
  if (losing.length > 0) sayLeft(output, next, losing);
}

/** What is to be signed anew, all of it by this person. */
async function takeOver(
  io: Io,
  after: OpenRepository,
  losing: readonly string[],
  options: AuthorOptions,
): Promise<Shown[]> {
  if (losing.length === 0) return [];
  const { candidates, refused } = await lookAtAll(io, after, losing);
  let signer: Pick<Countersigner, 'author' | 'mayWrite'>;
  try {
    signer = await signerOf(io, after, options);
  } catch (error) {
    if (!isEdgesealError(error, 'trust-signer')) throw error;
    signer = { author: 'whoever runs this', mayWrite: () => false };
  }
  const shown = await compareAll(io, after, signer, candidates, refused, 'new');
  if (refused.length > 0) throw wouldBeLeft(after.state.root, losing, refused);
  return shown;
}

async function signerOf(
  io: Io,
  after: OpenRepository,
  { authorKey, signingKey }: AuthorOptions,
): Promise<Countersigner> {
  return await findCountersigner(io, after.state, authorKey ?? signingKey);
}

function wouldBeLeft(
  root: AcceptedRoot,
  losing: readonly string[],
  refused: readonly Refused[],
): EdgesealError {
  const why = refused.flatMap(({ errors }) => errors.map(describeError));
  const shown = why.slice(0, 5).join('; ');
  const more = why.length > 5 ? `; and ${why.length - 5} more` : '';
  return new EdgesealError(
    'trust-author',
    `nobody would stand any more for ${plural(losing.length, 'secret')}, and you cannot sign ${refused.length === losing.length ? 'them' : `${refused.length} of them`}: ${shown}${more}`,
    {
      hint: `${whoMay(root, losing)}; write the root alone with --leave, push it on a branch, and have them run: edgeseal sign --all`,
    },
  );
}

/** Who may sign these once the root is in force. */
function whoMay(root: AcceptedRoot, files: readonly string[]): string {
  const namespaces = new Set(files.flatMap((file) => parseSecretPath(file)?.namespace ?? []));
  const words = [...namespaces].sort().map((namespace) => {
    const names = root.spec.authors
      .filter((author) => matchesNamespace(author.namespaces, namespace))
      .map(({ name }) => plainText(name));
    return names.length === 0
      ? `nobody may author ${namespace}, so add somebody first (edgeseal trust add-author)`
      : `${names.join(', ')} may sign for ${namespace}`;
  });
  return words.join('; ');
}

function sayLeft(output: Output, { root, missing }: SignedRoot, losing: readonly string[]): void {
  const when = isMissing(missing) ? 'once it has its signatures, and before' : 'before';
  output.warn(
    `with root ${root.number} nobody stands any more for ${plural(losing.length, 'secret')}: ${losing.join(', ')}`,
    `${when} this is merged: ${whoMay(root, losing)}; run in this branch: edgeseal sign --all`,
  );
}

/** While the root is only proposed the old signatures are the ones that count. */
function withOld(after: EdgeSecret, before: EdgeSecret, held: AcceptedRoot): EdgeSecret {
  const counts = before.spec.signatures.filter((one) => {
    const alone = { ...before, spec: { ...before.spec, signatures: [one] } };
    return validAuthors(alone, held).length > 0;
  });
  const known = new Set(after.spec.signatures.map(({ signature }) => signature));
  const kept = counts.filter(({ signature }) => !known.has(signature));
  return { ...after, spec: { ...after.spec, signatures: [...kept, ...after.spec.signatures] } };
}
