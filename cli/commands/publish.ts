import { readRepository } from '../../core/repository/repository-state.ts';
import { worktreeView } from '../../core/repository/view.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { unpushedNotice } from '../publish/history.ts';
import { publish } from '../publish/publish.ts';
import { exitCode, reportOf } from '../publish/report.ts';
import { printRound } from '../publish/summary.ts';
import { uncommittedNotice } from '../publish/uncommitted.ts';
import { findRepository } from '../repository.ts';

interface Options {
  dryRun?: boolean;
  resumeFrom?: string;
  signingKey?: string[];
  output?: 'text' | 'json';
}

/** Renders, signs and pushes the channels of what is merged. */
export async function run(io: Io, names: string[], options: Options): Promise<number> {
  const place = await findRepository(io);
  const dryRun = options.dryRun === true;
  const round = await publish({
    io,
    place,
    local: await readRepository(worktreeView(place.root)),
    names,
    dryRun,
    resumeFrom: options.resumeFrom,
    signingKeys: options.signingKey ?? [],
  });
  const unpushed = [
    ...(await uncommittedNotice(io, place)),
    ...(await unpushedNotice(io, place, round)),
  ];
  if (options.output === 'json') new Output(io).json(reportOf(round, dryRun, unpushed));
  else printRound(io, round, dryRun, unpushed);
  return exitCode(round);
}
