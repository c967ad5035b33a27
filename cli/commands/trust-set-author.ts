import { EdgesealError } from '../../core/errors.ts';
import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { changeAuthors } from '../trust/author-change.ts';
import type { AuthorOptions } from '../trust/author-change.ts';
import { checkGlobs, requireAuthorNamed } from '../trust/authors-edit.ts';

interface Options extends AuthorOptions {
  namespaces?: string[];
}

/** `edgeseal trust set-author NAME --namespaces GLOBS`: exactly these from now on, so that rights can be narrowed. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const namespaces = [...new Set(options.namespaces ?? [])];
  if (namespaces.length === 0) {
    throw new EdgesealError('input-usage', 'which namespaces may they write to from now on?', {
      hint: `edgeseal trust set-author ${plainText(name)} --namespaces staging,team-*`,
    });
  }
  checkGlobs(namespaces);
  const repository = await openRepository(io);
  const before = requireAuthorNamed(repository.state.root.spec, name);
  if (before.namespaces.join() === namespaces.join())
    throw new EdgesealError('input-usage', `${plainText(name)} may write to exactly these already`);
  await changeAuthors(io, repository, options, (spec) => ({
    ...spec,
    authors: spec.authors.map((one) => (one.name === name ? { ...one, namespaces } : one)),
  }));
  new Output(io).line(`${plainText(name)} may author secrets of: ${namespaces.join(', ')}`);
  return exitCodes.ok;
}
