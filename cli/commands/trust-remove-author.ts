import { EdgesealError } from '../../core/errors.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { fingerprintOf } from '../../core/trust/ssh-key.ts';
import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { changeAuthors } from '../trust/author-change.ts';
import type { AuthorOptions } from '../trust/author-change.ts';
import { requireAuthorNamed } from '../trust/authors-edit.ts';
import { keyWords } from '../trust/key-words.ts';
import { listedKey } from '../trust/listed-key.ts';

interface Options extends AuthorOptions {
  key?: string[];
}

/** `edgeseal trust remove-author NAME`: an author, or single keys of one; what only they had signed is signed anew. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const { spec } = repository.state.root;
  const author = requireAuthorNamed(spec, name);
  const gone: string[] = [];
  for (const given of options.key ?? [])
    gone.push(await listedKey(io, given, author.keys, `author ${plainText(name)}`, spec));
  const left = options.key === undefined ? [] : author.keys.filter((key) => !gone.includes(key));
  if (options.key !== undefined && left.length === 0) {
    throw new EdgesealError('input-usage', `that is the only key of ${plainText(name)}`, {
      hint: `give them another (edgeseal trust rotate --from OLD --to NEW), or take them out: edgeseal trust remove-author ${name}`,
    });
  }
  const edit = (before: TrustRootSpec): TrustRootSpec => ({
    ...before,
    authors: before.authors.flatMap((one) =>
      one.name !== name ? [one] : left.length === 0 ? [] : [{ ...one, keys: left }],
    ),
  });
  await changeAuthors(io, repository, options, edit);
  sayElsewhere(output, edit(spec), left.length === 0 ? author.keys : gone);
  return exitCodes.ok;
}

/** Somebody who is taken out because their key was stolen should not stay a publisher unseen. */
function sayElsewhere(output: Output, spec: TrustRootSpec, gone: readonly string[]): void {
  for (const key of gone) {
    const words = keyWords(key, spec);
    if (spec.publishers.keys.includes(key))
      output.warn(
        `${words} still publishes`,
        `edgeseal trust remove-publisher --key ${fingerprintOf(key)}`,
      );
    if (spec.roots.keys.includes(key))
      output.warn(
        `${words} still signs trust roots`,
        `edgeseal trust remove-root-key --key ${fingerprintOf(key)}`,
      );
    if (spec.heartbeat?.key === key)
      output.warn(`${words} still signs the heartbeat`, 'edgeseal trust set-heartbeat --key FILE');
  }
}
