import { isItemName } from '../format/names.ts';
import {
  inspectArguments,
  inspectConfigMap,
  inspectConnection,
  inspectItems,
  inspectLiterals,
  inspectVariable,
} from './kubernetes/config.ts';
import { inspectKustomization, inspectPatch, isKustomization } from './kubernetes/kustomization.ts';
import { inspectSecret, inspectSecretList, isSecret, nameOf } from './kubernetes/secret.ts';
import { inspectAuths, inspectKey, inspectOutput, inspectUser } from './formats/known-maps.ts';
import { rank } from './report.ts';
import { inspectSealedSecret, isReferring } from './sealed/sealed-secret.ts';
import { isSopsValue } from './sealed/sops.ts';
import { entriesOf, get, textAt } from './structure/node.ts';
import type { Entry, MapNode, Node, ScalarNode } from './structure/node.ts';
import type { Scope } from './structure/scope.ts';
import { isFingerprint, secretName } from './structure/secret-name.ts';
import { isKeyLabel } from './structure/key-label.ts';
import { isSecretValue } from './structure/secret-value.ts';
import { scalarSource } from './structure/source.ts';

const commands = new Set([
  'args',
  'command',
  'cmd',
  'argv',
  'entrypoint',
  'extraArgs',
  'arguments',
]);
const environments = /^(?:environment|env|envs|extraEnv|variables)$/;
/** A text that could hold something: of several lines, or JSON. */
const inner = /^\s*[{[]|\n/;

/** Looks through one document of YAML or JSON for what it would give away. */
export class DocumentInspector {
  readonly #scope: Scope;
  /** What an anchor names is seen once, however many aliases there are. */
  readonly #seen = new Set<Node>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** @param plain whether names of fields promise what they say: not in what only refers to secrets */
  inspect(node: Node, plain = true): void {
    if (node.kind === 'scalar') {
      this.#text(node);
      return;
    }
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    if (node.kind === 'seq') for (const item of node.items) this.inspect(item, plain);
    else this.#map(node, plain);
  }

  #map(map: MapNode, plain: boolean): void {
    const scope = this.#scope;
    const done = new Set<string>();
    const kind = textAt(map, 'kind');
    let names = plain;
    if (isSecret(map)) {
      inspectSecret(map, scope);
      done.add('data').add('stringData');
    } else if (kind === 'SecretList') {
      inspectSecretList(map, scope);
    } else if (kind === 'ConfigMap') {
      inspectConfigMap(map, scope);
      done.add('data').add('binaryData');
    } else if (isKustomization(map)) {
      inspectKustomization(map, scope);
    } else if (kind !== undefined && isReferring(map)) {
      if (kind === 'SealedSecret') inspectSealedSecret(map, scope);
      this.#templates(map, kind);
      names = false;
    }
    inspectPatch(map, scope);
    if (inspectVariable(map, scope)) done.add('value');
    inspectKey(map, scope);
    inspectOutput(map, scope);
    for (const entry of map.entries) {
      if (!done.has(entry.key)) this.#entry(entry, names);
      else if (entry.key === 'value' && entry.value.kind === 'scalar') this.#text(entry.value);
    }
  }

  /** What a controller makes a Secret's items of, beside what it decrypts or fetches. */
  #templates(map: MapNode, kind: string): void {
    for (const template of [get(map, 'spec', 'template'), get(map, 'spec', 'target', 'template')]) {
      const data = get(template, 'data');
      if (data !== undefined)
        inspectItems(data, `the template of ${kind}${nameOf(map)}`, this.#scope);
    }
  }

  #entry({ key, value }: Entry, names: boolean): void {
    const scope = this.#scope;
    if (value.kind === 'scalar') {
      if (names && !isFingerprint(key)) this.#field(key, value);
      else scope.report.settle(scope.source, value.start, value.end);
      this.#text(value);
      return;
    }
    if (value.kind === 'seq') {
      if (commands.has(key)) inspectArguments(value, scope);
      if (environments.test(key)) inspectLiterals(value, false, scope);
    } else if (key === 'auths') inspectAuths(value, scope);
    else if (key === 'user') inspectUser(value, scope);
    else if (
      environments.test(key) &&
      entriesOf(value).every((entry) => entry.value.kind === 'scalar')
    )
      inspectItems(value, 'an environment', scope);
    // `properties` of a schema describe fields and hold none.
    this.inspect(value, names && key !== 'properties' && key !== 'matchLabels');
  }

  #field(key: string, value: ScalarNode): void {
    const name = secretName(key);
    if (name === undefined) return;
    const { source, report, isSops } = this.#scope;
    if (isSops && isSopsValue(value.value)) return;
    const text = value.value.trim();
    if (isKeyLabel(key, text) || !isSecretValue(text, name, 'field')) return;
    report.hit(source, value.start, value.end, {
      rule: 'plain-credential',
      rank: rank.format,
      message: `a secret in plaintext${isItemName(key) ? ` (${key})` : ''}`,
      value: text,
    });
  }

  #text(node: ScalarNode): void {
    const { isSops, report, source, depth, within } = this.#scope;
    const { value } = node;
    inspectConnection(node, this.#scope);
    if (isSops && isSopsValue(value)) {
      if (node.end > node.start) report.exempt(source, node.start, node.end);
    } else if (value.length > 20 && inner.test(value))
      within(scalarSource(source, node), depth + 1);
  }
}
