import { EdgesealError } from '../../core/errors.ts';
import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';
import { withThreshold } from '../trust/signers-edit.ts';

interface Options {
  signingKey?: string;
}

/** `edgeseal trust set-threshold roots|publishers N`: how many of the keys have to sign. */
export async function run(
  io: Io,
  [role = '', count = '']: string[],
  options: Options,
): Promise<number> {
  if (role !== 'roots' && role !== 'publishers') {
    throw new EdgesealError('input-usage', 'whose threshold?', {
      hint: 'edgeseal trust set-threshold roots 2, or: edgeseal trust set-threshold publishers 2',
    });
  }
  const output = new Output(io);
  const repository = await openRepository(io);
  const threshold = /^\d{1,4}$/.test(count) ? Number(count) : NaN;
  const { root } = await changeRoot(io, repository, options, (spec) =>
    withThreshold(spec, role, threshold),
  );
  const { keys } = root.spec[role];
  output.line(
    `${threshold} of ${keys.length} ${role === 'roots' ? 'root keys have to sign a trust root' : 'publishers have to sign each snapshot'}`,
  );
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}
