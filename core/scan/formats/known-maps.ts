import { rank } from '../report.ts';
import { entriesOf, get, textAt } from '../structure/node.ts';
import type { MapNode, ScalarNode } from '../structure/node.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Scope } from '../structure/scope.ts';

/** A user of a kubeconfig: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export function inspectUser(user: MapNode, scope: Scope): void {
  for (const field of ['client-key-data', 'token', 'password']) {
    const value = get(user, field);
    const isUser = field !== 'token' || user.entries.length <= 3;
    if (value?.kind === 'scalar' && isUser && value.value.length >= 4) {
      add('kubeconfig', `a credential of a kubeconfig (${field})`, value, scope);
    }
  }
  const config = get(user, 'auth-provider', 'config');
  for (const { key, value } of entriesOf(config)) {
    if (/^(?:access|id|refresh)-token$|^client-secret$/.test(key) && value.kind === 'scalar') {
      add('kubeconfig', `a credential of a kubeconfig (${key})`, value, scope);
    }
  }
}

/** Registries of a Docker configuration: `auths: {host: {auth: base64 of user:password}}`. */
export function inspectAuths(auths: MapNode, scope: Scope): void {
  for (const { value: entry } of auths.entries) {
    for (const field of ['auth', 'password', 'identitytoken', 'registrytoken']) {
      const value = get(entry, field);
      if (value?.kind !== 'scalar') continue;
      if (field === 'auth' && !isPair(value.value)) continue;
      add('docker-auth', `a credential of a container registry (${field})`, value, scope);
    }
  }
}

function isPair(text: string): boolean {
  const pair = Buffer.from(text, 'base64').toString('utf8');
  const password = /^[^:\s]{1,200}:([^]{1,20000})$/.exec(pair)?.[1];
  return password !== undefined && !isPlaceholder(password);
}

/** A private key as JSON: RFC 7517, RFC 7518 section 6. */
export function inspectKey(map: MapNode, scope: Scope): void {
  const type = textAt(map, 'kty');
  if (type === undefined) return;
  const value = get(map, type === 'oct' ? 'k' : 'd');
  if (value?.kind !== 'scalar' || !/^[A-Za-z0-9_-]{16,}$/.test(value.value)) return;
  add('jwk-private-key', 'a private key (JWK)', value, scope);
}

/** An output that Terraform's state calls sensitive. */
export function inspectOutput(map: MapNode, scope: Scope): void {
  if (textAt(map, 'sensitive') !== 'true') return;
  const value = get(map, 'value');
  if (value?.kind === 'scalar' && value.value.length >= 3) {
    add('terraform-state', 'a sensitive output in a state of Terraform', value, scope);
  }
}

function add(rule: string, message: string, node: ScalarNode, { source, report }: Scope): void {
  if (isPlaceholder(node.value) || node.end <= node.start) return;
  report.hit(source, node.start, node.end, {
    rule,
    rank: rank.structure,
    message,
    value: node.value,
  });
}
