import { isItemName, isLabel, isSubdomain } from '../../format/names.ts';
import { rank } from '../report.ts';
import { isSealedText } from '../sealed/sealed-text.ts';
import { isSopsValue } from '../sealed/sops.ts';
import { entriesOf, isNull, itemsOf, textAt } from '../structure/node.ts';
import type { Entry, MapNode, Node, ScalarNode } from '../structure/node.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Scope } from '../structure/scope.ts';
import { isCommonWord, isPublicText } from '../structure/secret-value.ts';
import { filler } from '../structure/template.ts';
import { literalIn } from './template-literal.ts';

/** The examples of Kubernetes' own documentation. */
const examples = new Set(['admin', '1f2d1e2e67df', 'my-app', '39528$vdg7Jb', 'cat']);

/** What pages and tests write where nothing is meant. */
function isExample(text: string): boolean {
  const bare = text.trim();
  return examples.has(bare) || isCommonWord(bare);
}

interface How {
  rule: string;
  where: string;
}

/** What is said alike of each item of one Secret. */
interface Owner {
  name: string;
  how: How;
}

/** What mends it depends on what can be sealed as it is. */
const plain = { rule: 'kubernetes-secret', where: '' };
const unreadable = { rule: 'unreadable-secret', where: ', in what no YAML parser takes' };
const inner = { rule: 'embedded-secret', where: ', inside of another object' };
const embedded = { rule: 'embedded-secret', where: ', written into another kind of file' };

/** Base64 of which a page shows the begin. */
const shortened = /^[A-Za-z0-9+/]{2,80}(?:\.{3,10}|…)$/;

/** What a script or a program fills in. */
const gap =
  /\$[{(]|\$[A-Za-z_]{2}|%[sdvq](?![A-Za-z0-9])|\{[A-Za-z_][\w.]{0,60}\}|["'] ?[+.] ?[A-Za-z]/;

/** Whether a map is a Secret of the core API; one of another group is somebody else's. */
export function isSecret(map: MapNode): boolean {
  if (textAt(map, 'kind') !== 'Secret') return false;
  const version = textAt(map, 'apiVersion') ?? '';
  return !version.includes('/') || version.includes(filler);
}

/** One finding for each item of a Secret that holds a value, at the first character of it. */
export function inspectSecret(map: MapNode, scope: Scope): void {
  const owner = { name: nameOf(map), how: howOf(map, scope) };
  for (const { key, value } of map.entries) {
    if (key === 'data' || key === 'stringData') inspectField(value, key, owner, scope);
  }
}

function howOf(map: MapNode, { depth, isEmbedded, isFaulty, isObject }: Scope): How {
  if (isEmbedded) return embedded;
  if (depth > 0 || !isObject(map)) return inner;
  return isFaulty ? unreadable : plain;
}

/** The items of a SecretList, which need not say that they are Secrets. */
export function inspectSecretList(list: MapNode, scope: Scope): void {
  for (const item of itemsOf(list.entries.find(({ key }) => key === 'items')?.value)) {
    if (item.kind === 'map' && !isSecret(item)) inspectSecret(item, scope);
  }
}

function inspectField(value: Node, field: 'data' | 'stringData', owner: Owner, scope: Scope): void {
  // Against the API's schema, but the value is there all the same.
  const items: Entry[] = value.kind === 'map' ? entriesOf(value) : [{ key: '', value }];
  for (const { key, value: item } of items) {
    for (const scalar of scalarsOf(item)) {
      const found = valueOf(scalar, field, key, scope);
      if (found !== undefined) add(scalar, found, owner, key, scope);
      else scope.report.settle(scope.source, scalar.start, scalar.end);
    }
  }
}

function add(
  { start, end }: ScalarNode,
  value: string | Uint8Array,
  { name, how }: Owner,
  key: string,
  { source, report }: Scope,
): void {
  const item = isItemName(key) ? key : '?';
  report.hit(source, start, end, {
    rule: how.rule,
    rank: rank.item,
    message: `plaintext Secret${name} (${item})${how.where}`,
    value,
  });
}

/** @returns the value itself, or undefined where it is none that counts */
function valueOf(
  scalar: ScalarNode,
  field: 'data' | 'stringData',
  key: string,
  { source, isSops, isEmbedded }: Scope,
): string | Uint8Array | undefined {
  const { value, start, end } = scalar;
  if (isNull(scalar)) return undefined;
  if (isSops && isSopsValue(value)) return undefined;
  if (value.includes(filler)) return literalIn(source.text.slice(start, end), key);
  if (isPlaceholder(value) || (isEmbedded && (gap.test(value) || isExample(value))))
    return undefined;
  if (field === 'stringData') return isPublicText(value) || isSealedText(value) ? undefined : value;
  const decoded = Buffer.from(value, 'base64');
  const text = decoded.toString('utf8');
  // What is decoded loosely from a text that is no base64 says nothing.
  const isBase64 = decoded.toString('base64') === value.replace(/\s+/g, '');
  if (!isBase64) return shortened.test(value) ? undefined : value;
  if (isPlaceholder(text) || isPublicText(text) || isSealedText(text)) return undefined;
  return isEmbedded && isExample(text) ? undefined : decoded;
}

function* scalarsOf(node: Node, depth = 0): Generator<ScalarNode> {
  if (node.kind === 'scalar') yield node;
  else if (depth > 5) return;
  else if (node.kind === 'seq') for (const item of node.items) yield* scalarsOf(item, depth + 1);
  else for (const { value } of node.entries) yield* scalarsOf(value, depth + 1);
}

/** ` namespace/name`, as far as they can be names. */
export function nameOf(map: MapNode): string {
  const name = textAt(map, 'metadata', 'name');
  const namespace = textAt(map, 'metadata', 'namespace');
  if (name === undefined || !isSubdomain(name)) return '';
  return namespace !== undefined && isLabel(namespace) ? ` ${namespace}/${name}` : ` ${name}`;
}
