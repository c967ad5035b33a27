import { EdgesealError } from '../../core/errors.ts';
import { lostFile } from '../../core/repository/recipients.ts';
import { addKeys, sayAdded, sayKnown } from '../region-key/add-keys.ts';
import { listedKeys, listedRegion } from '../region-key/listed-key.ts';
import { sayResealed } from '../region-key/say-change.ts';
import { chooseKeyName, givenKeys } from '../region-key/source.ts';
import type { KeyOptions } from '../region-key/source.ts';
import { openRepository } from '../repository.ts';
import { readRecoveryKeys } from '../reseal/recovery.ts';
import { resealCode } from '../reseal/report.ts';
import { resealFiles } from '../reseal/reseal-files.ts';
import { namedFiles } from '../sealed-file.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { isMissing } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';

interface Options extends KeyOptions {
  keyName?: string;
  withRecovery?: string[];
  signingKey?: string;
}

/** `edgeseal region rotate NAME`: a new key beside the old one, which goes when everything opens with the new. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const output = new Output(io);
  const repository = await openRepository(io);
  const { state } = repository;
  const region = listedRegion(state, name);
  const { role, recovery } = region;
  if (!state.regions.has(name)) {
    if (region.keys.some((key) => key.state === 'active')) throw lostFile(state, name);
    throw new EdgesealError('policy-region', `${name} was removed`, {
      hint: `to have it again, with a new key: edgeseal region add ${name} --generate DIRECTORY`,
    });
  }
  if (role === 'recovery' && (options.context ?? options.kubeconfig) !== undefined)
    throw new EdgesealError('input-usage', "a recovery key's private half lies in no cluster", {
      hint: `edgeseal region rotate ${name} --generate DIRECTORY`,
    });
  // Before anything is changed: a mistaken file must not leave half of it done.
  const opening = await readRecoveryKeys(io, state, options.withRecovery);
  const keyName = chooseKeyName(state.regions.get(name), name, options.keyName);
  const given = await givenKeys(io, repository, { name, keyName, options });
  if (given.keys.length === 0) return sayKnown(output, name, given);
  const old = listedKeys(state, region).filter((key) => key.state === 'active');
  const { keys, root, folders } = await addKeys(
    io,
    repository,
    { name, role, ...(recovery === undefined ? {} : { recovery }) },
    given,
    options,
  );
  sayAdded(output, name, role, keys, given);
  if (isMissing(root.missing) || opening.length === 0) {
    sayRootMade(repository, root, folders, output);
    const [file, or] =
      role === 'recovery'
        ? ['OLD-RECOVERY-KEY-FILE', '']
        : ['RECOVERY-KEY-FILE', '   (or --key with the old one)'];
    output.note(
      `Then, for what is sealed already:\n  edgeseal reseal --all --with-recovery ${file}${or}`,
    );
  } else {
    const after = await openRepository(io);
    const files = await namedFiles(io, after, after.state.view, []);
    const outcome = await resealFiles(io, after, files, opening, options);
    sayResealed(output, { outcome });
    output.note('The recovery key is not needed any more: take it offline again.');
    sayRootMade(repository, root, [...folders, 'secrets'], output);
    const code = resealCode(outcome);
    if (code !== exitCodes.ok) return code;
  }
  const [first] = old;
  const fresh = given.fresh?.file ?? 'NEW-KEY-FILE';
  if (first !== undefined)
    output.note(
      role === 'recovery'
        ? `Once that is published, the old one goes:\n  edgeseal region retire ${name} ${first.id}`
        : `Once that is published (edgeseal publish), and each cluster has the new key:\n${given.offered === undefined ? `  edgeseal install ${name} --context CONTEXT --key ${fresh}\n` : ''}the old one goes:\n  edgeseal region retire ${name} ${first.id} --context CONTEXT`,
    );
  return exitCodes.ok;
}
