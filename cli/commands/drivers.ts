import { findRepository } from '../repository.ts';
import { attributesLine, driverState, installDrivers } from '../set-up/drivers.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

/** `edgeseal drivers`: sets Git's drivers for sealed files up in this clone. `npm install` runs it. */
export async function run(io: Io): Promise<number> {
  const output = new Output(io);
  const place = await findRepository(io);
  await installDrivers(io, place);
  const { named } = await driverState(io, place);
  output.note('git diff and git merge know sealed files in this clone now');
  if (!named)
    output.warn(
      `${place.prefix}.gitattributes does not name the drivers for sealed files yet`,
      `add this line to it: ${attributesLine}`,
    );
  return exitCodes.ok;
}
