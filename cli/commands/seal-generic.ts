import { readFlagValues } from '../change/flag-values.ts';
import type { ValueFlags } from '../change/flag-values.ts';
import { flagSecret, requireIdentity } from '../change/flag-secret.ts';
import { sealAll } from '../change/seal-all.ts';
import type { SealOptions } from '../change/seal-all.ts';
import type { Io } from '../terminal/io.ts';
import { openRepository } from '../repository.ts';

interface Options extends SealOptions, ValueFlags {
  type?: string;
}

/** `edgeseal seal generic NAME`: like `kubectl create secret generic`, sealed instead of sent. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const namespace = requireIdentity(name, options.namespace);
  const repository = await openRepository(io);
  const items = await readFlagValues(io, options);
  const secret = flagSecret(name, namespace, options.type ?? 'Opaque', items);
  return await sealAll(io, repository, [secret], options);
}
