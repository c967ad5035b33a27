import { join, relative } from 'node:path';
import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import type { AuditedSecret } from '../../core/repository/secret-audit.ts';
import { partWords } from '../../core/secret/fixed-parts.ts';
import { CatFile } from '../git/commit-view.ts';
import type { Io } from '../io.ts';
import type { Place } from '../repository.ts';
import { Past } from './past.ts';

/** How many parts are named; a file that was edited at large needs no list. */
const NAMED = 3;

/**
 * Holds sealed files against their history, and adds what is wrong to their findings: parts that are not as they were
 * made (wraps above all, which no signature covers), and versions below one that was there before.
 *
 * @param commit the commit that they are of; undefined for the working tree, which goes on from HEAD
 * @param options.floors false where the caller judges versions itself
 */
export async function holdAgainstPast(
  io: Io,
  place: Place,
  audited: readonly AuditedSecret[],
  commit: string | undefined,
  { floors = true }: { floors?: boolean } = {},
): Promise<void> {
  const readable = audited.filter(({ secret }) => secret !== undefined);
  if (readable.length === 0) return;
  const cat = new CatFile(io, place.top);
  try {
    const files = new Set(readable.map(({ file }) => file));
    const past = await Past.open(io, place, cat, [commit ?? 'HEAD'], files);
    for (const one of readable) {
      const { file, secret } = one;
      if (secret === undefined) continue;
      const filePast = await past.of(file);
      const before = commit === undefined ? [await headOf(cat, place, file)] : undefined;
      const broken = filePast.brokenParts(secret, before).map(partWords);
      if (broken.length > 0) {
        // That no signature fits any more follows from it, and to sign it would be the wrong way out.
        one.findings = one.findings.filter(({ error }) => error.code !== 'trust-author');
        one.findings.push({ level: 'error', error: brokenError(io, place, file, broken, commit) });
      }
      if (floors && secret.spec.version < filePast.floor)
        one.findings.push({
          level: 'error',
          error: floorError(one, secret.spec.version, filePast.floor),
        });
    }
  } finally {
    cat.close();
  }
}

async function headOf(cat: CatFile, place: Place, file: string): Promise<EdgeSecret | undefined> {
  try {
    return parseEdgeSecret(await cat.read(`HEAD:${place.prefix}${file}`));
  } catch (error) {
    if (isEdgesealError(error)) return undefined;
    throw error;
  }
}

function brokenError(
  io: Io,
  place: Place,
  file: string,
  broken: readonly string[],
  commit: string | undefined,
): EdgesealError {
  const names = broken.slice(0, NAMED).join(', ');
  const more = broken.length > NAMED ? ` and ${broken.length - NAMED} more` : '';
  const path = relative(io.cwd, join(place.root, file));
  return new EdgesealError('seal-open', `it was changed by hand or damaged: ${names}${more}`, {
    file,
    hint:
      commit === undefined
        ? `put it back as it was committed: git restore -- ${path}`
        : `find the last good one with git log -- ${path}, and put it back: git checkout COMMIT -- ${path}`,
  });
}

function floorError(
  { file, namespace, name }: AuditedSecret,
  version: number,
  floor: number,
): EdgesealError {
  return new EdgesealError(
    'trust-floor',
    `version ${version} is below ${floor}: a later version was committed, or it was deleted`,
    {
      file,
      hint: `make its content a new version: edgeseal rollback ${namespace}/${name} --to ${version}`,
    },
  );
}
