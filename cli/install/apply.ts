import { EdgesealError } from '../../core/errors.ts';
import { patchTypes } from '../../core/kube/client.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { differences } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, objectPath } from './resource.ts';

/** Who has set the fields that are ours, as the API server writes it down. */
const fieldManager = 'edgeseal-install';

/** What applying one object does. */
export interface Change {
  manifest: Manifest;
  /** `unchecked`: it cannot even be tried before its namespace or kind is there. */
  what: 'create' | 'change' | 'keep' | 'unchecked';
  fields: string[];
}

/**
 * Tries objects out on the API server: schema, admission, quotas and conflicts are judged, nothing is changed.
 *
 * @param isEarly whether the namespace and the kinds may not be there yet
 * @throws KubeError; EdgesealError `kube-conflict` where somebody else has set a field to something else
 */
export async function tryOut(
  client: KubeClient,
  manifests: readonly Manifest[],
  options: { force: boolean; isEarly: boolean },
): Promise<Change[]> {
  const changes: Change[] = [];
  for (const manifest of manifests) {
    const before = await read(client, manifest);
    const after = await send(client, manifest, { ...options, dryRun: true }).catch(
      (error: unknown) => {
        if (options.isEarly && before === undefined && isKubeStatus(error, 404)) return undefined;
        throw error;
      },
    );
    if (after === undefined) changes.push({ manifest, what: 'unchecked', fields: [] });
    else if (before === undefined) changes.push({ manifest, what: 'create', fields: [] });
    else {
      const fields = differences(before, after);
      changes.push({ manifest, what: fields.length === 0 ? 'keep' : 'change', fields });
    }
  }
  return changes;
}

/** Applies what was tried out; what is as it should be is left alone. */
export async function applyChanges(
  client: KubeClient,
  changes: readonly Change[],
  force: boolean,
): Promise<void> {
  for (const { manifest, what } of changes)
    if (what !== 'keep') await send(client, manifest, { force, dryRun: false });
}

/** An object as it is; undefined where it, or its kind, is not there. */
export async function read(
  client: KubeClient,
  of: Pick<Manifest, 'kind' | 'metadata'>,
): Promise<Record<string, unknown> | undefined> {
  try {
    return (await client.request('GET', objectPath(of))) as Record<string, unknown>;
  } catch (error) {
    if (isKubeStatus(error, 404)) return undefined;
    throw error;
  }
}

async function send(
  client: KubeClient,
  manifest: Manifest,
  { force, dryRun }: { force: boolean; dryRun: boolean },
): Promise<unknown> {
  try {
    return await client.request('PATCH', objectPath(manifest), {
      body: manifest,
      contentType: patchTypes.apply,
      query: {
        fieldManager,
        fieldValidation: 'Strict',
        force: force ? true : undefined,
        dryRun: dryRun ? 'All' : undefined,
      },
    });
  } catch (error) {
    if (!isKubeStatus(error, 409) || error.reason !== 'Conflict') throw error;
    // "Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas"
    const [, who = error.message] = /conflicts?: (.*)$/s.exec(error.message) ?? [];
    throw new EdgesealError(
      'kube-conflict',
      `${nameOf(manifest)} was changed by somebody: ${who}`,
      {
        hint: 'give the value that is there in --values FILE, or set ours again: --force-conflicts',
        cause: error,
      },
    );
  }
}
