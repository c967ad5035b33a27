import { createHash } from 'node:crypto';
import { canonicalBytes } from '../../core/format/canonical-json.ts';

/** Whose Secrets these are. */
export interface Scope {
  repository: string;
  region: string;
}

/** What a Secret of ours carries in the target. A copy under another name, or of another region, has another one. */
export function bindingOf({ repository, region }: Scope, namespace: string, name: string): string {
  const bound = canonicalBytes({ repository, region, namespace, name });
  return createHash('sha256').update(bound).digest('hex').slice(0, 32);
}
