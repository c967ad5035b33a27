import { resolve } from 'node:path';
import { main } from '../../hooks/textconv.ts';
import type { Io } from '../terminal/io.ts';

/** `edgeseal textconv FILE`. The installed command goes to the hook's bundle directly; this is the way in a checkout. */
export async function run(io: Io, [file = '']: string[]): Promise<number> {
  return await main([resolve(io.cwd, file)], io);
}
