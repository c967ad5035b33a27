import { dirname, join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { assignedRegions } from '../../core/policy/distribution.ts';
import { nextStep } from '../change/finish.ts';
import { planRemoval } from '../change/region-plan.ts';
import { changeFiles, removeEmptyFolder } from '../change/staged-files.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { missing, secretNames } from '../sealed-file.ts';
import { parseSecretRef } from '../secret-ref.ts';
import type { SecretRef } from '../secret-ref.ts';

interface Options {
  output?: string;
  /** Remove a file that no commit has. */
  force?: boolean;
}

/** `edgeseal rm SECRET`: removes the sealed file, readable or not, and its entries of the policy. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  if ((await state.view.read(ref.file)) === undefined) {
    throw missing(state.view, ref, await secretNames(state.view));
  }
  if (options.force !== true) await requireCommitted(io, repository, ref);
  const regions = regionsFor(repository, ref);
  const plan = await planRemoval(state, ref);
  const changes = [{ file: ref.file, content: undefined }, ...plan.changes];
  await changeFiles(repository.root, changes);
  await removeEmptyFolder(dirname(join(repository.root, ref.file)));
  const output = new Output(io);
  for (const note of plan.notes) output.note(note);
  if (options.output === 'json') {
    const { namespace, name: secretName, file } = ref;
    const otherFiles = plan.changes.map((change) => change.file);
    output.json({
      secrets: [{ namespace, name: secretName, file, action: 'removed' }],
      otherFiles,
    });
  } else {
    output.line(`${ref.file}: removed`);
    for (const { file } of plan.changes) output.line(`${file}: changed`);
  }
  output.note(
    `once that is merged and published, clusters${regions.length === 0 ? '' : ` of ${regions.join(', ')}`} delete the Secret ${ref.namespace}/${ref.name}; its values stay in Git history, sealed, so replace them at their source if they must no longer be good`,
  );
  nextStep(io, repository, changes);
  return exitCodes.ok;
}

/** As `git rm`: what no commit has cannot be brought back. */
async function requireCommitted(io: Io, repository: OpenRepository, ref: SecretRef): Promise<void> {
  const path = `:(top,literal)${repository.prefix}${ref.file}`;
  const clean = await gitAnswer(io, ['diff', '--quiet', 'HEAD', '--', path], {
    cwd: repository.top,
  });
  const known = await gitAnswer(io, ['cat-file', '-e', `HEAD:${repository.prefix}${ref.file}`], {
    cwd: repository.top,
  });
  if (clean !== undefined && known !== undefined) return;
  throw new EdgesealError(
    'git-dirty',
    known === undefined
      ? 'no commit has this file, so it could not be brought back'
      : 'it has changes that are not committed, which could not be brought back',
    {
      file: ref.file,
      hint: `commit it first, or remove it all the same with: edgeseal rm ${ref.namespace}/${ref.name} --force`,
    },
  );
}

function regionsFor({ state }: OpenRepository, { namespace, name }: SecretRef): string[] {
  try {
    return assignedRegions(state.policy, state.repository.spec.defaultRegions, namespace, name)
      .regions;
  } catch {
    // What is assigned to nobody can be removed all the same.
    return [];
  }
}
