import { isEdgesealError } from '../errors.ts';
import { parseEdgeSecret } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';
import type { RepositoryState } from './repository-state.ts';
import { secretFiles } from './secret-audit.ts';

/** A sealed file that can be read; `verify` names the others. */
export interface ReadableSecret {
  file: string;
  name: string;
  secret: EdgeSecret;
}

/** The sealed secrets of a view that can be read. */
export async function readableSecrets(
  state: Pick<RepositoryState, 'view'>,
): Promise<ReadableSecret[]> {
  const found: ReadableSecret[] = [];
  for (const file of await secretFiles(state)) {
    const bytes = await state.view.read(file);
    if (bytes === undefined) continue;
    try {
      const secret = parseEdgeSecret(bytes, file);
      found.push({ file, name: `${secret.metadata.namespace}/${secret.metadata.name}`, secret });
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
    }
  }
  return found;
}
