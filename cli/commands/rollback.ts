import { EdgesealError } from '../../core/errors.ts';
import { maySign, findCurrent, whyUnsigned } from '../change/current.ts';
import { finishChanges } from '../change/finish.ts';
import type { FinishOptions } from '../change/finish.ts';
import { pastVersions } from '../change/history.ts';
import type { PastVersion } from '../change/history.ts';
import { requireSound } from '../change/item-rules.ts';
import { restore } from '../change/restore.ts';
import { CatFile } from '../git/commit-view.ts';
import { readPast } from '../past/log.ts';
import { itemNames } from '../../core/secret/change.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import type { Place } from '../repository.ts';
import { parseSecretRef } from '../secret-ref.ts';

interface Options extends FinishOptions {
  to?: string;
}

/**
 * `edgeseal rollback SECRET`: a new version with the content of an older one. What `git revert` restores has a version
 * that clusters have left behind, and refuse.
 */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const repository = await openRepository(io);
  const { state } = repository;
  const ref = parseSecretRef(io, repository, name);
  const current = await findCurrent(state, ref);
  const past = await pastVersions(io, repository, ref.file);
  const overtaken =
    past.length > 0 && (await isOvertaken(io, repository, ref.file, current?.secret.spec.version));
  const old = choose(past, current?.secret.spec.version, options.to, ref.file, overtaken);
  const version = Math.max(current?.secret.spec.version ?? 0, past[0]?.version ?? 0) + 1;
  const restored = await restore(state, old.secret, current?.secret, version, ref);
  requireSound(restored.secret, state, ref.file);
  const output = new Output(io);
  for (const { message, hint } of restored.warnings) output.warn(message, hint);
  output.note(
    'the old values are good again in clusters only if they still are at their source, such as the database',
  );
  const change = {
    ref,
    action: 'rolled-back',
    summary: `version ${version} with the content of version ${old.version} (commit ${old.commit.slice(0, 10)}) for ${restored.regions.join(', ')}`,
    secret: restored.secret,
    regions: restored.regions,
    items: itemNames(restored.secret),
    maySign: maySign(io, ref, whyUnsigned(old.secret, state)),
  };
  return await finishChanges(io, repository, [change], 1, options);
}

/** Whether the file is an older version that came back: then its own content may be made a new version. */
async function isOvertaken(
  io: Io,
  place: Place,
  file: string,
  current: number | undefined,
): Promise<boolean> {
  if (current === undefined) return false;
  const cat = new CatFile(io, place.top);
  try {
    const past = await readPast(io, place, cat, ['HEAD'], new Set([file]));
    return current < (await past.of(file)).floor;
  } finally {
    cat.close();
  }
}

function choose(
  past: readonly PastVersion[],
  current: number | undefined,
  to: string | undefined,
  file: string,
  overtaken: boolean,
): PastVersion {
  const others = past.filter(({ version }) => overtaken || version !== current);
  const known = others.map(({ version }) => version).sort((a, b) => a - b);
  const hint =
    known.length === 0
      ? 'only what was committed can be taken back'
      : `versions in Git history: ${known.join(', ')}`;
  if (to !== undefined && !/^[1-9]\d{0,15}$/.test(to)) {
    throw new EdgesealError('input-usage', `--to takes a version number; ${hint}`, {
      file,
      ...(known.length === 0 ? {} : { hint: `such as: --to ${known.at(-1) ?? 1}` }),
    });
  }
  if (to !== undefined && Number(to) === current && !overtaken) {
    throw new EdgesealError('input-usage', `version ${to} is the current one`, { file, hint });
  }
  const wanted = to === undefined ? undefined : Number(to);
  const found = others.find(({ version }) =>
    wanted === undefined ? version < (current ?? Infinity) : version === wanted,
  );
  if (found !== undefined) return found;
  throw new EdgesealError(
    'input-not-found',
    wanted === undefined
      ? 'Git history has no version before this one'
      : `Git history has no version ${wanted} of it`,
    { file, hint },
  );
}
