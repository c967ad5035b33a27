import { EdgesealError } from '../../core/errors.ts';
import { fingerprintOf } from '../../core/trust/ssh-key.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';

interface Options {
  key?: string[];
  heartbeat?: boolean;
  signingKey?: string;
}

/** `edgeseal trust add-publisher`: a key that may sign channels, such as that of a CI job. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  const keys = await sshKeys(io, options.key);
  const [first] = keys;
  if (first === undefined || keys.length > 1)
    throw new EdgesealError('input-usage', 'one publisher at a time: give --key once');
  const output = new Output(io);
  const repository = await openRepository(io);
  const { root } = await changeRoot(io, repository, options, (spec) => {
    const listed = spec.publishers.keys.includes(first);
    const beats = options.heartbeat === true && spec.heartbeat?.key !== first;
    if (listed && !beats) throw new EdgesealError('input-usage', 'this key publishes already');
    const publishers = listed
      ? spec.publishers
      : { ...spec.publishers, keys: [...spec.publishers.keys, first] };
    return { ...spec, publishers, ...(beats ? { heartbeat: { key: first } } : {}) };
  });
  const print = fingerprintOf(first);
  output.line(
    `${print} may publish${options.heartbeat === true ? ', and signs the heartbeat from now on' : ''}`,
  );
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}
