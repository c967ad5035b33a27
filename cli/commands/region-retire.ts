import { EdgesealError } from '../../core/errors.ts';
import { regionPath } from '../../core/format/region.ts';
import { listedKey, listedKeys, listedRegion } from '../region-key/listed-key.ts';
import {
  changedFolders,
  changeRegion,
  hasWrap,
  policyKeyChange,
  withKeyState,
} from '../region-key/region-change.ts';
import { requireInClusters, requirePublished, requireRewrapped } from '../region-key/retirement.ts';
import { sayResealed } from '../region-key/say-change.ts';
import { openRepository } from '../repository.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options {
  context?: string[];
  kubeconfig?: string;
  namespace?: string;
  signingKey?: string;
}

/** `edgeseal region retire NAME KEY`: a key that nobody needs any more, and nobody else has. */
export async function run(
  io: Io,
  [name = '', text = '']: string[],
  options: Options,
): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const { state } = repository;
  const region = listedRegion(state, name);
  const key = listedKey(state, region, text);
  if (key.state !== 'active') {
    output.line(`key ${key.id} of ${name} is ${key.state} already`);
    return exitCodes.ok;
  }
  const left = listedKeys(state, region).filter(
    (one) => one.state === 'active' && one.sha256 !== key.sha256,
  );
  if (left.length === 0) {
    throw new EdgesealError('trust-key', `${key.id} is the only active key of ${name}`, {
      file: regionPath(name),
      hint: `make the new one first: edgeseal region rotate ${name} --generate DIRECTORY (a key that was stolen: edgeseal region revoke ${name} ${key.id})`,
    });
  }
  const retirement = { region: name, key, left };
  await requireRewrapped(repository, retirement);
  if (region.role === 'region') await requirePublished(io, repository, retirement);
  const { kubeconfig, namespace } = options;
  await requireInClusters(
    io,
    repository,
    retirement,
    options.context ?? (kubeconfig === undefined ? [] : [undefined]),
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(namespace === undefined ? {} : { namespace }),
    },
  );
  const others = await policyKeyChange(repository, name, key.sha256);
  const changed = await changeRegion(io, repository, options, {
    edit: withKeyState(name, [key.sha256], 'retired'),
    others,
    concerns: (secret) => hasWrap(secret, name, key.id),
  });
  const { root, isProposed } = changed;
  output.line(
    `${name}: key ${key.id} is ${isProposed ? 'to be retired' : 'retired'} by root ${root.number}`,
  );
  if (!isProposed) sayResealed(output, changed);
  sayRootMade(repository, root, changedFolders(others, changed), output);
  output.note(
    isProposed
      ? 'Once it is in force, its wraps are taken out by: edgeseal reseal --all'
      : region.role === 'recovery'
        ? 'What older commits hold still opens with the old recovery key alone: keep it in its safe as long as you may want those.'
        : 'Then: edgeseal publish. After that no cluster needs the old key; take it out of its Secret there (docs/guides/region-keys.md).',
  );
  return exitCodes.ok;
}
