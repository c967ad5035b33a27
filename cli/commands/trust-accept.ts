import { EdgesealError } from '../../core/errors.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import { loadRootChain } from '../../core/repository/trust.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { writePin } from '../trust/pin.ts';
import { findRepository } from '../repository.ts';

/** `edgeseal trust accept FINGERPRINT`: the fingerprint was compared by a person; this clone follows from it. */
export async function run(io: Io, [fingerprint = '']: string[]): Promise<number> {
  const accepted = fingerprint.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(accepted)) {
    throw new EdgesealError('input-usage', 'a root fingerprint has 64 hex digits', {
      hint: 'whoever set the repository up prints it with: edgeseal trust show',
    });
  }
  const place = await findRepository(io);
  const view = worktreeView(place.root);
  const { id } = (await readRepository(view)).spec;
  const chain = await loadRootChain(view, accepted);
  const last = chain.at(-1);
  if (last === undefined) throw new EdgesealError('internal', 'an empty chain of roots');
  await writePin(io, place.top, id, {
    accepted,
    newest: { number: last.number, sha256: last.sha256 },
  });
  new Output(io).note(
    `accepted: this clone follows trust root ${chain[0]?.number ?? 0}; root ${last.number} is in force`,
  );
  return exitCodes.ok;
}
