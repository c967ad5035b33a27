const placeholders = [
  /^\s*$/,
  // <base64-encoded-password>, <path:vault/data#key>; but not <config password="..."/>
  /^<[A-Za-z0-9][A-Za-z0-9 ._:#/-]{0,200}>$/,
  // Filled in by envsubst, kustomize, Flux or a shell.
  /^\$\{[A-Za-z_][A-Za-z0-9_]{0,100}\}$/,
  /^\$\([A-Za-z_][A-Za-z0-9_]{0,100}\)$/,
  // Filled in by Helm.
  /^\{\{[^{}]*\}\}$/,
];

/** Whether a value obviously stands for one that comes later. `changeme` does not: it is used as a password. */
export function isPlaceholder(value: string): boolean {
  const text = value.trim();
  return placeholders.some((pattern) => pattern.test(text));
}
