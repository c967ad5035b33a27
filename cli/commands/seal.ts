import { EdgesealError } from '../../core/errors.ts';
import { stdinName } from '../change/input-file.ts';
import { readManifests } from '../change/manifests.ts';
import { findPlaintext, requireOtherPlace, settlePlaintext } from '../change/plaintext-file.ts';
import { sealAll } from '../change/seal-all.ts';
import type { SealOptions } from '../change/seal-all.ts';
import type { Io } from '../terminal/io.ts';
import { openRepository } from '../repository.ts';
import { secretPath } from '../../core/format/names.ts';

interface Options extends SealOptions {
  /** Delete the plaintext files afterwards. */
  remove?: boolean;
}

/** `edgeseal seal [files...]`: seals the Secret manifests of files or standard input. */
export async function run(io: Io, args: string[], options: Options): Promise<number> {
  const { remove = false } = options;
  if (args.length === 0 && io.stdin.isTTY === true) {
    throw new EdgesealError('input-usage', 'there is no manifest to seal', {
      hint: 'name files, or pipe one in; to be asked for values: edgeseal seal generic NAME -n NAMESPACE --prompt KEY',
    });
  }
  const files = args.length === 0 ? [stdinName] : args;
  const repository = await openRepository(io);
  const secrets = await readManifests(io, files, options.namespace);
  const plaintext = await findPlaintext(io, repository, files);
  const targets = secrets.map(({ namespace, name }) => secretPath(namespace, name));
  const replaced = await requireOtherPlace(repository, plaintext, targets, remove);
  const code = await sealAll(io, repository, secrets, options, replaced);
  await settlePlaintext(io, repository, plaintext, remove, replaced);
  return code;
}
