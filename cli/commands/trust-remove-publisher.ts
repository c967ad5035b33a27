import { EdgesealError } from '../../core/errors.ts';
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

/** `edgeseal trust remove-publisher --key KEY`: what it signs from the next publication on counts for nothing. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  const given = oneKey(options.key);
  const output = new Output(io);
  const repository = await openRepository(io);
  const { spec } = repository.state.root;
  const key = await listedKey(io, given, spec.publishers.keys, 'publisher', spec);
  if (spec.heartbeat?.key === key) {
    throw new EdgesealError('input-usage', 'this key also signs the heartbeat', {
      hint: 'first say who does from now on: edgeseal trust set-heartbeat --key FILE (or --none)',
    });
  }
  const { root } = await changeRoot(io, repository, options, (before) =>
    withoutSigner(before, 'publishers', key),
  );
  output.line(`${keyWords(key, spec)} may not publish any more`);
  sayRootMade(repository, root, [], output);
  output.note('Then publish: clusters follow the new root with the next snapshot that they take.');
  return exitCodes.ok;
}
