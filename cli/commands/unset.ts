import { regionsOf } from '../../core/format/edge-secret.ts';
import { unsetItem } from '../../core/secret/change.ts';
import { maySign, nextVersion, readCurrent } from '../change/current.ts';
import { finishChanges } from '../change/finish.ts';
import type { FinishOptions } from '../change/finish.ts';
import { requireSound } from '../change/item-rules.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';

/** `edgeseal unset SECRET ITEM`: removes one item, for all regions. */
export async function run(io: Io, args: string[], options: FinishOptions): Promise<number> {
  const [name = '', item = ''] = args;
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  const current = await readCurrent(state, ref);
  const version = await nextVersion(io, repository, ref.file, current.secret);
  const secret = unsetItem(current.secret, version, item);
  requireSound(secret, state, ref.file);
  const had = current.secret.spec.envelopes.filter(
    (e) => 'data' in e && Object.hasOwn(e.data, item),
  );
  const regions = [...new Set(had.flatMap(regionsOf))]
    .filter((region) => state.regions.get(region)?.recovery !== true)
    .sort();
  const change = {
    ref,
    action: 'unset',
    summary: `version ${version}, ${item} removed for ${regions.join(', ')}`,
    secret,
    regions,
    items: [item],
    maySign: maySign(io, ref, current.unsigned),
  };
  const code = await finishChanges(io, repository, [change], 1, options);
  new Output(io).note(
    `once that is merged and published, clusters remove ${item} from the Secret; the old value stays in Git history, so replace it at its source if it must no longer be good`,
  );
  return code;
}
