import { isEdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import { validAuthors } from '../../core/secret/author.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';

/**
 * Sealed secrets of the branch that an author stands for under one root, and nobody under the next: nothing of them may
 * be published once that is in force, and no cluster would take them.
 *
 * @returns their paths, sorted
 */
export async function losingAuthors(
  state: RepositoryState,
  before: AcceptedRoot,
  after: AcceptedRoot,
): Promise<string[]> {
  if (JSON.stringify(before.spec.authors) === JSON.stringify(after.spec.authors)) return [];
  const losing: string[] = [];
  for (const file of await secretFiles(state)) {
    const bytes = await state.view.read(file);
    if (bytes === undefined) continue;
    try {
      const secret = parseEdgeSecret(bytes, file);
      const stands = (root: AcceptedRoot): boolean => validAuthors(secret, root).length > 0;
      if (stands(before) && !stands(after)) losing.push(file);
    } catch (error) {
      // What cannot be read is verify's to say, and nobody signs it.
      if (!isEdgesealError(error)) throw error;
    }
  }
  return losing;
}
