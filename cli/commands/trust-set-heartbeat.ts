import { EdgesealError } from '../../core/errors.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { openRepository } from '../repository.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { keyWords } from '../trust/key-words.ts';
import { oneKey } from '../trust/listed-key.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options {
  key?: string[];
  none?: boolean;
  signingKey?: string;
}

/** `edgeseal trust set-heartbeat --key KEY`, or `--none`: who signs the time by which a frozen mirror is noticed. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  if ((options.key === undefined) !== (options.none === true)) {
    throw new EdgesealError('input-usage', 'give the key with --key, or say --none');
  }
  const [key] = options.key === undefined ? [] : await sshKeys(io, [oneKey(options.key)]);
  const output = new Output(io);
  const repository = await openRepository(io);
  const { root } = await changeRoot(io, repository, options, (spec) => withHeartbeat(spec, key));
  output.line(
    key === undefined
      ? 'no heartbeat any more: a frozen mirror is not noticed'
      : `${keyWords(key, root.spec)} signs the heartbeat from now on`,
  );
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}

function withHeartbeat(spec: TrustRootSpec, key: string | undefined): TrustRootSpec {
  if (spec.heartbeat?.key === key) {
    throw new EdgesealError(
      'input-usage',
      key === undefined ? 'there is no heartbeat already' : 'this key signs the heartbeat already',
    );
  }
  const { heartbeat: _before, ...others } = spec;
  return key === undefined ? others : { ...others, heartbeat: { key } };
}
