import { readableSecrets } from '../../core/repository/readable-secrets.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { isVouched } from '../../core/secret/author.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';

/**
 * Sealed secrets of the branch that an author stands for under one root, and nobody under the next: nothing of them may
 * be published once that is in force, and no cluster would take them. (What cannot be read is verify's to say, and
 * nobody signs it.)
 *
 * @returns their paths, sorted
 */
export async function losingAuthors(
  state: RepositoryState,
  before: AcceptedRoot,
  after: AcceptedRoot,
): Promise<string[]> {
  if (JSON.stringify(before.spec.authors) === JSON.stringify(after.spec.authors)) return [];
  const secrets = await readableSecrets(state);
  return secrets
    .filter(({ secret }) => isVouched(secret, before) && !isVouched(secret, after))
    .map(({ file }) => file);
}
