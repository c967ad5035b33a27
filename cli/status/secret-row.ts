import { createHash } from 'node:crypto';
import { missingWraps } from '../../core/channel/publish-check.ts';
import type { EdgesealError } from '../../core/errors.ts';
import { regionsOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName } from '../../core/format/names.ts';
import { exposuresOf } from '../../core/repository/exposure.ts';
import type { Exposure } from '../../core/repository/exposure.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { auditSecret } from '../../core/repository/secret-audit.ts';

/** What the working tree says of one sealed secret. */
export interface TreeSecret {
  file: string;
  namespace: string;
  name: string;
  version: number | undefined;
  /** Authors who stand for it. */
  authors: string[];
  /** Why nobody does. */
  unsigned: EdgesealError | undefined;
  /** Everything else that keeps it from being published. */
  errors: EdgesealError[];
  /** Regions that read it, without recovery recipients. */
  regions: string[];
  /** Regions that the policy has and the file has not, or keys of its regions without a wrap. */
  lacking: string[];
  exposed: Exposure[];
  /** Id that git gives these bytes. */
  blob: string | undefined;
}

/** Reads what one file of the working tree tells without a key. */
export async function treeSecret(
  state: RepositoryState,
  file: string,
  hash: 'sha1' | 'sha256',
): Promise<TreeSecret> {
  const bytes = await state.view.read(file);
  // The very bytes that were read are judged: somebody may be editing.
  const view = { ...state.view, read: () => Promise.resolve(bytes) };
  const { namespace, name, secret, authors, findings } = await auditSecret(
    { ...state, view },
    file,
  );
  const errors = findings.filter(({ level }) => level === 'error').map(({ error }) => error);
  return {
    file,
    namespace,
    name,
    version: secret?.spec.version,
    authors: [...new Set(authors)],
    unsigned: errors.find(isAboutAuthor),
    errors: errors.filter((error) => !isAboutAuthor(error)),
    regions: secret === undefined ? [] : readersOf(state, secret),
    lacking: [
      ...findings.filter(({ level }) => level === 'warning').map(({ error }) => error.message),
      ...(secret === undefined ? [] : wrapsLacking(state, secret)),
    ],
    exposed: secret === undefined ? [] : exposuresOf(state, secret),
    blob: bytes === undefined ? undefined : blobId(bytes, hash),
  };
}

/** Regions that a file names, without recovery recipients. */
export function readersOf(state: RepositoryState, secret: EdgeSecret): string[] {
  const names = new Set(secret.spec.envelopes.flatMap(regionsOf));
  return [...names].filter((name) => state.regions.get(name)?.recovery !== true).sort(byName);
}

function wrapsLacking(state: RepositoryState, secret: EdgeSecret): string[] {
  return [...new Set(secret.spec.envelopes.flatMap(regionsOf))].flatMap((region) => {
    const active = (state.regions.get(region)?.keys ?? [])
      .filter(({ key }) => keyState(state.root, region, key.sha256) === 'active')
      .map(({ key }) => key.id);
    return missingWraps(secret, region, active).map(
      (id) => `not wrapped for key ${id} of ${region}`,
    );
  });
}

function isAboutAuthor(error: EdgesealError): boolean {
  return error.code === 'trust-author' || error.code === 'format-ssh';
}

function blobId(bytes: Uint8Array, hash: 'sha1' | 'sha256'): string {
  return createHash(hash).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
