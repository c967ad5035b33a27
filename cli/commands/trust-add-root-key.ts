import { openRepository } from '../repository.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { keyWords } from '../trust/key-words.ts';
import { oneKey } from '../trust/listed-key.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';
import { withSigner } from '../trust/signers-edit.ts';

interface Options {
  key?: string[];
  signingKey?: string;
}

/** `edgeseal trust add-root-key --key KEY`: a key that may sign trust roots. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  const [line = ''] = await sshKeys(io, [oneKey(options.key)]);
  const output = new Output(io);
  const repository = await openRepository(io);
  const { root } = await changeRoot(io, repository, options, (spec) =>
    withSigner(spec, 'roots', line),
  );
  output.line(`${keyWords(line, root.spec)} may sign trust roots`);
  output.note(
    `Compare the fingerprint with them: whoever holds ${root.spec.roots.threshold} of the root keys decides over everything here.`,
  );
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}
