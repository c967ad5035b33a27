import { isItemName } from '../../format/names.ts';
import { keyStoreKind } from '../formats/key-store.ts';
import { rank } from '../report.ts';
import { entriesOf, itemsOf } from '../structure/node.ts';
import type { MapNode, Node, ScalarNode } from '../structure/node.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Scope } from '../structure/scope.ts';
import { secretName } from '../structure/secret-name.ts';
import { isPublicText, isSecretValue } from '../structure/secret-value.ts';
import { decodedSource, scalarSource } from '../structure/source.ts';
import { nameOf } from './secret.ts';

/** Items of a ConfigMap, which are secrets by their name, or hold some in a text. */
export function inspectConfigMap(map: MapNode, scope: Scope): void {
  for (const { key, value } of map.entries) {
    if (key === 'data') inspectItems(value, `ConfigMap${nameOf(map)}`, scope);
    if (key === 'binaryData') inspectBinary(value, `ConfigMap${nameOf(map)}`, scope);
  }
}

/** A map whose entries become variables, files or settings as they are. @param owner for the message */
export function inspectItems(items: Node, owner: string, scope: Scope): void {
  for (const { key, value } of entriesOf(items)) {
    if (value.kind === 'scalar') inspectItem(key, value, owner, scope);
  }
}

function inspectItem(key: string, value: ScalarNode, owner: string, scope: Scope): void {
  const { source, report } = scope;
  const name = value.value.trimEnd().includes('\n') ? undefined : secretName(key);
  if (name !== undefined && isSecretValue(value.value, name, 'variable')) {
    report.hit(source, value.start, value.end, {
      rule: 'kubernetes-config',
      rank: rank.structure,
      message: `a secret in plaintext in ${owner}${shown(key)}`,
      value: value.value,
    });
  } else if (value.value.length > 8) scope.within(scalarSource(source, value), scope.depth + 1);
}

function inspectBinary(items: Node, owner: string, scope: Scope): void {
  for (const { key, value } of entriesOf(items)) {
    if (value.kind !== 'scalar' || value.value.length < 16) continue;
    const bytes = Buffer.from(value.value, 'base64');
    const kind = keyStoreKind(key, bytes);
    if (kind === undefined) {
      const text = bytes.toString('latin1');
      scope.within(decodedSource(scope.source, value, text), scope.depth + 1);
    } else {
      scope.report.hit(scope.source, value.start, value.end, {
        rule: 'key-store',
        rank: rank.structure,
        message: `${kind} in ${owner}${shown(key)}`,
        value: bytes,
      });
    }
  }
}

/** `- name: DB_PASSWORD`, `value: ...`: a container's variable, a parameter of Argo CD or Tekton. */
export function inspectVariable(map: MapNode, scope: Scope): boolean {
  let name: string | undefined;
  let value: ScalarNode | undefined;
  for (const entry of map.entries) {
    if (entry.value.kind !== 'scalar') continue;
    if (entry.key === 'name' || entry.key === 'key') name = entry.value.value;
    if (entry.key === 'value') ({ value } = entry as { value: ScalarNode });
  }
  if (name === undefined || value === undefined) return false;
  if (/^(?:proxy-)?authorization$/i.test(name)) inspectHeader(value, scope);
  const promised = secretName(name);
  if (promised === undefined || !isSecretValue(value.value, promised, 'variable')) return true;
  scope.report.hit(scope.source, value.start, value.end, {
    rule: 'kubernetes-env',
    rank: rank.structure,
    message: `a secret in plaintext as the value of a variable${shown(name)}`,
    value: value.value,
  });
  return true;
}

/** A header of a probe: `Authorization`, `Bearer ...` (RFC 9110 section 11.6.2). */
function inspectHeader({ value, start, end }: ScalarNode, { source, report }: Scope): void {
  const [, credentials] = /^(?:Basic|Bearer|Token)\s{1,10}(\S{6,4000})$/i.exec(value.trim()) ?? [];
  if (credentials === undefined || isPlaceholder(credentials) || /\$[{(]/.test(credentials)) return;
  report.hit(source, start, end, {
    rule: 'kubernetes-env',
    rank: rank.structure,
    message: 'credentials in plaintext in a header (Authorization)',
    value: credentials,
  });
}

const connection =
  /(?:^|;)\s{0,5}(?:server|data source|host|addr|address|network address)\s{0,5}=/i;
const connectionPassword =
  /(?:^|;)\s{0,5}(?:password|pwd)\s{0,5}=\s{0,5}([^;"'\s]{3,200})(?=;|\s*$)/gi;

/** A connection string: `Server=db;User Id=app;Password=made-up`. */
export function inspectConnection(node: ScalarNode, { source, report }: Scope): void {
  const { value } = node;
  if (!value.includes(';') || value.length > 4000 || !connection.test(value)) return;
  for (const { 0: whole, 1: password = '', index } of value.matchAll(connectionPassword)) {
    if (isPlaceholder(password) || /\$[{(]|\ue000/.test(password)) continue;
    const at = index + whole.length - password.length;
    report.hit(scalarSource(source, node), at, at + password.length, {
      rule: 'connection-string',
      rank: rank.structure,
      message: 'a connection string with a password in it',
      value: password,
    });
  }
}

/** `password=made-up` among the literals of a generator, a list of variables, or options of a command. */
export function inspectLiterals(list: Node, secret: boolean, scope: Scope): void {
  for (const item of itemsOf(list)) {
    if (item.kind !== 'scalar') continue;
    const [, key = '', text = ''] = /^([^=\s]{1,253})=([^]*)$/.exec(item.value) ?? [];
    const bare = text.replace(/^(["'])([^]*)\1$/, '$2');
    if (key === '' || bare === '') continue;
    const found = secret ? isAnyValue(bare) : isVariable(key, bare);
    if (!found) continue;
    const inner = scalarSource(scope.source, item);
    const start = key.length + 1;
    scope.report.hit(inner, start, start + text.length, {
      rule: secret ? 'embedded-secret' : 'kubernetes-env',
      rank: secret ? rank.item : rank.structure,
      message: secret
        ? `plaintext in a secretGenerator (${safe(key)})`
        : `a secret in plaintext as the value of a variable${shown(key)}`,
      value: bare,
    });
  }
}

function isAnyValue(text: string): boolean {
  return !isPlaceholder(text) && !isPublicText(text);
}

function isVariable(key: string, text: string): boolean {
  const name = secretName(key);
  return name !== undefined && isSecretValue(text, name, 'variable');
}

const flag = /^--?([a-z][a-z0-9.-]{2,60})(?:=([^]+))?$/i;
const flagWithin = /(?:^|\s)--([a-z][a-z0-9.-]{2,60})[= ](["']?)([^\s"']{3,200})\2(?=\s|$)/gi;

/** Options of a command that give a secret: `--password=made-up`, or the item behind `--password`. */
export function inspectArguments(list: Node, scope: Scope): void {
  const items = itemsOf(list);
  for (const [index, item] of items.entries()) {
    if (item.kind !== 'scalar' || !item.value.includes('-')) continue;
    const [, option, text] = flag.exec(item.value) ?? [];
    if (option === undefined) {
      inspectCommandLine(item, scope);
    } else if (text !== undefined) {
      addOption(option, text, item, item.value.length - text.length, scope);
    } else {
      const next = items[index + 1];
      if (next?.kind === 'scalar' && !next.value.startsWith('-')) {
        addOption(option, next.value, next, 0, scope);
      }
    }
  }
}

function inspectCommandLine(item: ScalarNode, scope: Scope): void {
  if (!item.value.includes('--')) return;
  for (const match of item.value.matchAll(flagWithin)) {
    const [whole, option = '', quote = '', text = ''] = match;
    addOption(option, text, item, match.index + whole.length - quote.length - text.length, scope);
  }
}

function addOption(option: string, text: string, item: ScalarNode, at: number, scope: Scope): void {
  // Of etcd: a name that keeps clusters apart.
  if (option === 'initial-cluster-token' || !isVariable(option, text)) return;
  scope.report.hit(scalarSource(scope.source, item), at, at + text.length, {
    rule: 'kubernetes-env',
    rank: rank.structure,
    message: `a secret in plaintext as the option --${safe(option)}`,
    value: text,
  });
}

function safe(name: string): string {
  return isItemName(name) ? name : '?';
}

function shown(name: string): string {
  return isItemName(name) ? ` (${name})` : '';
}
