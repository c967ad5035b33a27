import { EdgesealError } from '../../core/errors.ts';
import type { FinishOptions } from '../change/finish.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { holdersOf, readRegionKeys } from '../region-key/keys.ts';
import { openRepository } from '../repository.ts';
import { readRecoveryKeys } from '../reseal/recovery.ts';
import { reportReseal } from '../reseal/report.ts';
import { resealFiles } from '../reseal/reseal-files.ts';
import { namedFiles } from '../sealed-file.ts';

interface Options extends FinishOptions {
  key?: string[];
  withRecovery?: string[];
  all?: boolean;
}

/** `edgeseal reseal`: brings sealed secrets in line with the policy and with the keys of the root in force. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  // With the recovery key out of its safe, everything that waits for it is meant.
  const all = options.all === true || (names.length === 0 && options.withRecovery !== undefined);
  if (names.length > 0 === all) {
    throw new EdgesealError(
      'input-usage',
      names.length > 0
        ? 'name secrets or say --all, not both'
        : 'which secrets are to be resealed?',
      { hint: 'edgeseal reseal NAMESPACE/NAME, or all that need it: edgeseal reseal --all' },
    );
  }
  const repository = await openRepository(io);
  const { state } = repository;
  const files = await namedFiles(io, repository, state.view, names);
  const recovery = await readRecoveryKeys(io, state, options.withRecovery);
  const keys = [...recovery, ...(await readRegionKeys(io, options.key))];
  if (keys.length > 0 && holdersOf(state, keys).length === 0) {
    new Output(io).warn(
      `no region's file lists the key ${keys.map((key) => key.id).join(', ')}`,
      'keys of each region: edgeseal region list',
    );
  }
  const outcome = await resealFiles(io, repository, files, keys, options);
  const code = reportReseal(io, repository, outcome, options);
  if (recovery.length > 0)
    new Output(io).note('The recovery key is not needed any more: take it offline again.');
  return code;
}
