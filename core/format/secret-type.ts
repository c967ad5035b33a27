import { EdgesealError } from '../errors.ts';

/** Items that Kubernetes requires of its built-in types; one of `any` suffices where that is given. */
const required: Record<string, { all: string[] } | { any: string[] }> = {
  'kubernetes.io/tls': { all: ['tls.crt', 'tls.key'] },
  'kubernetes.io/dockerconfigjson': { all: ['.dockerconfigjson'] },
  'kubernetes.io/dockercfg': { all: ['.dockercfg'] },
  'kubernetes.io/ssh-auth': { all: ['ssh-privatekey'] },
  'kubernetes.io/basic-auth': { any: ['username', 'password'] },
};

/** What makes a Secret of the type from what people have. */
const commands: Record<string, string> = {
  'kubernetes.io/tls':
    'from a certificate and its key: edgeseal seal tls NAME -n NAMESPACE --cert FILE --key FILE',
  'kubernetes.io/dockerconfigjson':
    'from a login: edgeseal seal docker-registry NAME -n NAMESPACE --docker-server URL --docker-username USER',
};
const anyItems = 'add it; a Secret of type Opaque may hold any items';

/** Types that the cluster makes for itself; a copy from elsewhere would hand out rights in it. */
const refused = new Set(['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token']);

/**
 * Checks what the API server would refuse only at the edge, days later.
 *
 * @throws EdgesealError `input-not-a-secret` for a refused type or a missing item
 */
export function requireTypeItems(
  type: string,
  items: ReadonlyMap<string, unknown>,
  file?: string,
): void {
  requireAllowedType(type, file);
  const rule = Object.hasOwn(required, type) ? required[type] : undefined;
  if (rule === undefined) return;
  if ('all' in rule) {
    const missing = rule.all.filter((item) => !items.has(item));
    if (missing.length === 0) return;
    throw new EdgesealError(
      'input-not-a-secret',
      `a Secret of type ${type} needs the item ${missing.join(' and ')}`,
      { file, field: 'data', hint: commands[type] ?? anyItems },
    );
  }
  if (rule.any.some((item) => items.has(item))) return;
  throw new EdgesealError(
    'input-not-a-secret',
    `a Secret of type ${type} needs one of ${rule.any.join(', ')}`,
    { file, field: 'data', hint: anyItems },
  );
}

/**
 * Refuses the types that a cluster makes for itself, whoever signed them.
 *
 * @throws EdgesealError `input-not-a-secret`
 */
export function requireAllowedType(type: string, file?: string): void {
  if (!isRefusedType(type)) return;
  throw new EdgesealError(
    'input-not-a-secret',
    `Secrets of type ${type} belong to the cluster that made them`,
    {
      file,
      field: 'type',
      hint: 'let each cluster make its own; edgeseal never writes this type',
    },
  );
}

/** Service-account and bootstrap tokens: never sealed, never applied. */
export function isRefusedType(type: string): boolean {
  return refused.has(type);
}
