import { relative, resolve } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { secretPath } from '../../core/format/names.ts';
import { policyFile } from '../../core/format/repository.ts';
import { main as preCommit } from '../../hooks/pre-commit.ts';
import { requireNamespace, requireUnique, secretsInText } from '../change/manifests.ts';
import type { InputSecret } from '../change/manifests.ts';
import { sealAll } from '../change/seal-all.ts';
import type { SealOptions } from '../change/seal-all.ts';
import { findCandidates } from '../fix/candidates.ts';
import type { Candidate } from '../fix/candidates.ts';
import { manifestParts } from '../fix/manifest-parts.ts';
import { repositoryFor } from '../fix/place.ts';
import { settle } from '../fix/settle.ts';
import type { Sealed } from '../fix/settle.ts';
import { gitText } from '../git/git.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, printError } from '../terminal/output.ts';

/**
 * `edgeseal fix`: from a commit that was refused to one that is not. Seals the plaintext Secrets that are staged for the
 * regions of the policy, stages the sealed files in their place, and leaves the plaintext neither in the index nor in the
 * working tree. Other documents of a file stay as they are.
 */
export async function run(io: Io, files: string[], options: SealOptions): Promise<number> {
  requireNamespace(options.namespace);
  const top = resolve(await gitText(io, ['rev-parse', '--show-toplevel']));
  const candidates = await findCandidates(io, top, files);
  if (candidates.length === 0) return await nothingToSeal(io, top);
  const there = { ...io, cwd: await repositoryFor(io, top, candidates) };
  const repository = await openRepository(there);
  const { sealed, secrets, faults } = await readAll(candidates, repository, options.namespace);
  for (const fault of faults) printError(fault, io);
  if (secrets.length === 0) return exitCodes.findings;
  requireUnique(secrets);
  const targets = secrets.map(({ namespace, name }) => secretPath(namespace, name));
  const replaced = new Set(
    sealed.filter((file) => file.replaced).map(({ path }) => path.slice(repository.prefix.length)),
  );
  await seal(there, repository, secrets, options, replaced);
  const written = new Set([...targets, ...(options.regions === undefined ? [] : [policyFile])]);
  await settle(
    io,
    top,
    sealed,
    [...written].map((file) => repository.prefix + file),
  );
  return await report(io, top, sealed);
}

/** Takes every file apart before one is sealed; one that cannot be read is left, and said. */
async function readAll(
  candidates: readonly Candidate[],
  { prefix }: OpenRepository,
  namespace: string | undefined,
): Promise<{ sealed: Sealed[]; secrets: InputSecret[]; faults: EdgesealError[] }> {
  const sealed: Sealed[] = [];
  const secrets: InputSecret[] = [];
  const faults: EdgesealError[] = [];
  for (const candidate of candidates) {
    try {
      const parts = await manifestParts(candidate.path, candidate.text);
      const found = parts.secrets.flatMap((text) =>
        secretsInText(text, candidate.shown, namespace, 'fix'),
      );
      const isTarget = ({ namespace: ns, name }: InputSecret): boolean =>
        prefix + secretPath(ns, name) === candidate.path;
      const replaced = found.some(isTarget);
      if (replaced && parts.rest !== undefined)
        throw new EdgesealError(
          'input-usage',
          'other documents lie where the sealed file belongs',
          {
            file: candidate.shown,
            hint: 'move the file to another folder (git mv), then: edgeseal fix',
          },
        );
      secrets.push(...found);
      sealed.push({ ...candidate, rest: parts.rest, replaced });
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      faults.push(faultOf(error, candidate));
    }
  }
  return { sealed, secrets, faults };
}

/** Other objects of one List, unlike other documents of one file, cannot be left where they are. */
function faultOf(error: EdgesealError, { shown, text }: Candidate): EdgesealError {
  const isList = /^[{ \t]*"?kind"?:[ \t]*["']?List["']?[ \t]*(?:,|#|\r?$)/m.test(text);
  if (error.code !== 'input-not-a-secret' || !isList) return error;
  return new EdgesealError(
    error.code,
    'a List holds something else beside a Secret: it stays as it is',
    {
      file: shown,
      line: error.line,
      hint: 'split the List: move its Secrets to a file of their own, or part its items by lines of ---; stage that (git add), then: edgeseal fix',
    },
  );
}

async function seal(
  io: Io,
  repository: OpenRepository,
  secrets: readonly InputSecret[],
  options: SealOptions,
  replaced: ReadonlySet<string>,
): Promise<void> {
  try {
    await sealAll(io, repository, secrets, { ...options, staging: true }, replaced);
  } catch (error) {
    if (!isEdgesealError(error, 'policy-unassigned')) throw error;
    const { code, message, file, line } = error;
    const { regions } = repository.state;
    const names = [...regions.values()].filter(({ recovery }) => !recovery).map(({ name }) => name);
    throw new EdgesealError(code, message, {
      file,
      line,
      hint: `say which regions may read it (this also writes the policy): edgeseal fix --regions ${names.join(',') || 'REGION,REGION'}`,
    });
  }
}

async function report(io: Io, top: string, sealed: readonly Sealed[]): Promise<number> {
  const output = new Output(io);
  for (const { shown, rest, replaced, inHead } of sealed) {
    if (!replaced)
      output.note(
        rest === undefined ? `${shown}: deleted` : `${shown}: the other documents stay in it`,
      );
    if (inHead)
      output.warn(
        `${shown} was there before: if an earlier commit has these values, Git keeps them`,
        'see: git log -p -- FILE; what was ever pushed has to be replaced at its source',
      );
  }
  output.note(
    'What was staged is no file of Git any more; its bytes lie in .git/objects until Git tidies up. To delete them now:\n  git gc --prune=now   (deletes everything that no commit, branch or reflog refers to)',
  );
  const left = await preCommit([], hookIo(io, top));
  if (left !== 0) return exitCodes.findings;
  output.note('next: git commit');
  return exitCodes.ok;
}

/** Then something else is in the way of the commit, or nothing is. */
async function nothingToSeal(io: Io, top: string): Promise<number> {
  if ((await preCommit([], hookIo(io, top))) !== 0) return exitCodes.findings;
  new Output(io).note('there is no plaintext Secret in what is staged, or changed');
  return exitCodes.ok;
}

/** A hook runs at the top, and Git tells it where the person stands. */
function hookIo(io: Io, top: string): Parameters<typeof preCommit>[1] {
  const here = relative(top, io.cwd).replaceAll('\\', '/');
  const env = { ...io.env, GIT_PREFIX: here === '' ? '' : `${here}/` };
  return { cwd: top, env, stderr: io.stderr };
}
