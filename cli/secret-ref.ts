import { isAbsolute, relative, resolve, sep } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import { isLabel, isSubdomain, parseSecretPath, secretPath } from '../core/format/names.ts';
import type { Io } from './terminal/io.ts';
import type { Place } from './repository.ts';

/** A sealed secret that a person named. */
export interface SecretRef {
  namespace: string;
  name: string;
  /** Path below the repository's folder. */
  file: string;
}

/**
 * Understands `namespace/name`, or the path of a sealed file.
 *
 * @throws EdgesealError `input-usage`
 */
export function parseSecretRef(io: Io, place: Place, text: string): SecretRef {
  const path = relative(place.root, isAbsolute(text) ? text : resolve(io.cwd, text))
    .split(sep)
    .join('/');
  const fromPath = parseSecretPath(path);
  if (fromPath !== undefined) return { ...fromPath, file: path };
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (rest.length === 0 && isLabel(namespace) && isSubdomain(name)) {
    return { namespace, name, file: secretPath(namespace, name) };
  }
  throw new EdgesealError('input-usage', `${text} does not name a sealed secret`, {
    hint: 'write namespace/name, or the path of its file: secrets/<namespace>/<name>.yaml',
  });
}
