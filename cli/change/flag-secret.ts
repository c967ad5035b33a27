import { EdgesealError } from '../../core/errors.ts';
import { isSubdomain } from '../../core/format/names.ts';
import { requireTypeItems } from '../../core/format/secret-type.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import { requireNamespace } from './manifests.ts';
import type { InputSecret } from './manifests.ts';

/** Checks the name and namespace that flags give, before anybody is asked for a value. */
export function requireIdentity(name: string, namespace: string | undefined): string {
  if (!isSubdomain(name)) {
    throw new EdgesealError('input-usage', `${name} is not a valid name of a Secret`, {
      hint: `lower-case letters, digits, - and ., at most 253, such as: ${mended(name)}`,
    });
  }
  requireNamespace(namespace);
  if (namespace !== undefined) return namespace;
  throw new EdgesealError('input-usage', 'no namespace is given', {
    hint: 'say which: --namespace NAMESPACE',
  });
}

/** The valid name that comes nearest. */
function mended(name: string): string {
  const near = name.toLowerCase().replace(/[^a-z0-9.]+/g, '-');
  const trimmed = near.replace(/^[-.]+|[-.]+$/g, '');
  return isSubdomain(trimmed) ? trimmed : 'database-credentials';
}

/** A Secret made of flags, as if a manifest had given it. */
export function flagSecret(
  name: string,
  namespace: string,
  type: string,
  items: Map<string, SecretBytes>,
): InputSecret {
  requireTypeItems(type, items);
  const metadata = { labels: {}, annotations: {} };
  const template = { type, immutable: false, metadata };
  return { name, namespace, template, items, file: undefined, line: undefined };
}
