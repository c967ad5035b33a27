import { EdgesealError } from '../../core/errors.ts';
import { byName } from '../../core/format/names.ts';
import { listedKey, listedKeys, listedRegion } from '../region-key/listed-key.ts';
import {
  changedFolders,
  changeRegion,
  hasWrap,
  policyKeyChange,
  withKeyState,
} from '../region-key/region-change.ts';
import { sayExposed, sayResealed } from '../region-key/say-change.ts';
import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options {
  signingKey?: string;
}

/** `edgeseal region revoke NAME KEY`: a key that somebody else has, or may have. What it could read has to be replaced. */
export async function run(
  io: Io,
  [name = '', text = '']: string[],
  options: Options,
): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const region = listedRegion(repository.state, name);
  const key = listedKey(repository.state, region, text);
  const isTheirs = (one: { region: string; key: string | null }): boolean =>
    one.region === name && one.key === key.id;
  if (key.state === 'revoked') {
    output.line(`key ${key.id} of ${name} is revoked already`);
    await sayExposed(output, `key ${key.id} of ${name}`, repository.state, isTheirs);
    return exitCodes.ok;
  }
  const left = listedKeys(repository.state, region).filter(
    ({ state, sha256 }) => state === 'active' && sha256 !== key.sha256,
  );
  if (region.role === 'recovery' && left.length === 0) {
    const readers = repository.state.root.spec.regions
      .filter(({ recovery }) => recovery === name)
      .map((one) => one.name);
    if (readers.length > 0)
      throw new EdgesealError(
        'trust-key',
        `${key.id} is the only key of ${name}, and nothing could be sealed for ${readers.sort(byName).join(', ')} without one`,
        { hint: `make the new one first: edgeseal region rotate ${name} --generate DIRECTORY` },
      );
  }
  const others = await policyKeyChange(repository, name, key.sha256);
  const changed = await changeRegion(io, repository, options, {
    edit: withKeyState(name, [key.sha256], 'revoked'),
    others,
    concerns: (secret) => hasWrap(secret, name, key.id),
  });
  const { root, isProposed, state } = changed;
  output.line(
    `${name}: key ${key.id} is ${isProposed ? 'to be revoked' : 'revoked'} by root ${root.number}`,
  );
  if (isProposed) {
    sayRootMade(repository, root, others.length > 0 ? ['policy'] : [], output);
    output.note('Once it is in force, its wraps are taken out by: edgeseal reseal --all');
    return exitCodes.ok;
  }
  sayResealed(output, changed);
  await sayExposed(output, `key ${key.id} of ${name}`, state, isTheirs);
  if (left.length === 0)
    output.warn(
      `that was the only key of ${name}: nothing can be sealed for it, and its clusters get nothing new, until it has another`,
      `edgeseal region rotate ${name} --generate DIRECTORY (or --context CONTEXT), then: edgeseal reseal --all --with-recovery RECOVERY-KEY-FILE`,
    );
  sayRootMade(repository, root, changedFolders(others, changed), output);
  output.note('Then: edgeseal publish');
  return exitCodes.ok;
}
