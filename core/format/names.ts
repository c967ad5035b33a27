/** Names as Kubernetes and Git take them. Each pattern is linear and anchored. */

const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
const labelPattern = new RegExp(`^${label}$`);
const subdomainPattern = new RegExp(`^${label}(?:\\.${label})*$`);
const itemPattern = /^[-._a-zA-Z0-9]{1,253}$/;

/** The patterns as schemas for other programs want them, such as a CRD. */
export const namePatterns = {
  label: labelPattern.source,
  subdomain: subdomainPattern.source,
  item: itemPattern.source,
};

/** DNS-1123 label: namespaces and regions. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && labelPattern.test(text);
}

/** DNS-1123 subdomain: names of Secrets. */
export function isSubdomain(text: string): boolean {
  return text.length <= 253 && subdomainPattern.test(text);
}

/** Key of a Secret's data, as `IsConfigMapKey` of Kubernetes has it; `__proto__` is a valid one. */
export function isItemName(text: string): boolean {
  return itemPattern.test(text) && text !== '.' && !text.startsWith('..');
}

/** Path of a sealed secret, the same on main and on a channel. */
export function secretPath(namespace: string, name: string): string {
  return `secrets/${namespace}/${name}.yaml`;
}

/** The inverse of {@link secretPath}; undefined for any other path. */
export function parseSecretPath(path: string): { namespace: string; name: string } | undefined {
  const match = /^secrets\/([^/]+)\/([^/]+)\.yaml$/.exec(path);
  const [, namespace, name] = match ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return isLabel(namespace) && isSubdomain(name) ? { namespace, name } : undefined;
}

/** Order of names everywhere in signed bytes: by UTF-16 code unit, as canonical JSON orders keys. */
export function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
