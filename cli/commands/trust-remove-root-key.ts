import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { keyWords } from '../trust/key-words.ts';
import { listedKey, oneKey } from '../trust/listed-key.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';
import { withoutSigner } from '../trust/signers-edit.ts';

interface Options {
  key?: string[];
  signingKey?: string;
}

/** `edgeseal trust remove-root-key --key KEY`: it may not sign trust roots any more. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  const given = oneKey(options.key);
  const output = new Output(io);
  const repository = await openRepository(io);
  const { spec } = repository.state.root;
  const key = await listedKey(io, given, spec.roots.keys, 'root key holder', spec);
  const { root } = await changeRoot(io, repository, options, (before) =>
    withoutSigner(before, 'roots', key),
  );
  output.line(`${keyWords(key, spec)} may not sign trust roots any more`);
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}
