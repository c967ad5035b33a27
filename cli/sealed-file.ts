import { EdgesealError } from '../core/errors.ts';
import { parseEdgeSecret } from '../core/format/edge-secret.ts';
import type { EdgeSecret } from '../core/format/edge-secret.ts';
import { parseSecretPath } from '../core/format/names.ts';
import { nearName } from '../core/format/near-name.ts';
import { secretFiles } from '../core/repository/secret-audit.ts';
import type { RepositoryView } from '../core/repository/view.ts';
import type { Io } from './terminal/io.ts';
import type { Place } from './repository.ts';
import { parseSecretRef } from './secret-ref.ts';
import type { SecretRef } from './secret-ref.ts';

/**
 * Reads the sealed secret that a person named.
 *
 * @throws EdgesealError `input-not-found`, or `format-*` where the file is malformed or says it is another secret
 */
export async function readSealed(view: RepositoryView, ref: SecretRef): Promise<EdgeSecret> {
  const bytes = await view.read(ref.file);
  if (bytes === undefined) throw missing(view, ref, await secretNames(view));
  const secret = parseEdgeSecret(bytes, ref.file);
  const { namespace, name } = secret.metadata;
  if (namespace === ref.namespace && name === ref.name) return secret;
  throw new EdgesealError('format-schema', `the file says it is ${namespace}/${name}`, {
    file: ref.file,
    field: 'metadata',
  });
}

/**
 * The files of the secrets that a person named (each once), or of all.
 *
 * @throws EdgesealError `input-usage` or `input-not-found` for a name that there is no file of
 */
export async function namedFiles(
  io: Io,
  place: Place,
  view: RepositoryView,
  names: readonly string[],
): Promise<string[]> {
  const all = await secretFiles({ view });
  if (names.length === 0) return all;
  const present = new Set(all);
  const files = new Set<string>();
  for (const name of names) {
    const ref = parseSecretRef(io, place, name);
    if (!present.has(ref.file)) throw missing(view, ref, await secretNames(view));
    files.add(ref.file);
  }
  return [...files];
}

/** Every sealed secret of a view, as `namespace/name`. */
export async function secretNames(view: RepositoryView): Promise<string[]> {
  return (await secretFiles({ view })).flatMap((file) => {
    const { namespace = '', name = '' } = parseSecretPath(file) ?? {};
    return namespace === '' ? [] : [`${namespace}/${name}`];
  });
}

/** A sealed secret that a person named is not there. */
export function missing(
  view: RepositoryView,
  ref: SecretRef,
  known: readonly string[],
): EdgesealError {
  const near = nearName(`${ref.namespace}/${ref.name}`, known);
  return new EdgesealError('input-not-found', `${view.name} has no such sealed secret`, {
    file: ref.file,
    hint: `${near === undefined ? '' : `did you mean ${near}? `}list them with: edgeseal status`,
  });
}
