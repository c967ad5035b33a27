import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Pair, ParsedNode, Scalar, YAMLMap } from 'yaml';
import type { Json } from './canonical-json.ts';
import { yamlError } from './yaml-parser.ts';

/** A few nested aliases make billions of nodes; people use them for a few dozen. */
const MAX_EXPANDED_NODES = 10_000;

const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

const CORE = 'tag:yaml.org,2002:';

/** What a tag promises about the value that came out. */
const TYPES: Record<string, string> = {
  str: 'string',
  int: 'number',
  bool: 'boolean',
  null: 'object',
};

/** What is allowed beyond plain data. */
export interface ValueRules {
  /** Anchors, aliases and merge keys (`<<`), expanded within bounds. */
  aliases?: boolean | undefined;
  /** `!!binary`, which gives its base64 text, without line breaks and unchecked. */
  binary?: boolean | undefined;
  /** Errors may name a key: in files whose keys are ours, never in one where a value may stand in a key's place. */
  showKeys?: boolean | undefined;
}

type Dict = { [key: string]: Json };

/** Turns the nodes of one document into plain data, refusing what is ambiguous or unbounded. */
export class ValueReader {
  readonly #rules: ValueRules;
  readonly #lineAt: (offset: number) => number;
  readonly #anchors = new Map<string, ParsedNode>();
  /** What each alias stands for. An anchor may be set again later, which changes nothing for aliases before. */
  readonly #targets = new Map<Alias.Parsed, ParsedNode>();
  readonly #open = new Set<ParsedNode>();
  #expanding = 0;
  #expanded = 0;

  constructor(rules: ValueRules, lineAt: (offset: number) => number) {
    this.#rules = rules;
    this.#lineAt = lineAt;
  }

  read(node: ParsedNode | null): Json {
    if (node === null) return null;
    if (this.#expanding > 0) {
      this.#expanded += 1;
      if (this.#expanded > MAX_EXPANDED_NODES) {
        throw this.#error(node, `aliases that expand to more than ${MAX_EXPANDED_NODES} values`);
      }
    }
    if (isAlias(node)) return this.#alias(node);
    if (node.anchor !== undefined) this.#anchor(node, node.anchor);
    if (isScalar(node)) return this.#scalar(node);
    this.#requireTag(node, isMap(node) ? 'map' : 'seq');
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node) : node.items.map((item) => this.read(item));
    this.#open.delete(node);
    return value;
  }

  #anchor(node: ParsedNode, name: string): void {
    if (this.#rules.aliases !== true) {
      throw this.#error(node, 'an anchor (&)', 'write the value out where it is needed');
    }
    if (this.#expanding === 0) this.#anchors.set(name, node);
  }

  #alias(alias: Alias.Parsed): Json {
    const node = this.#aliased(alias);
    if (this.#open.has(node)) throw this.#error(alias, 'an alias inside of what it stands for');
    this.#expanding += 1;
    const value = this.read(node);
    this.#expanding -= 1;
    return value;
  }

  #aliased(alias: Alias.Parsed): ParsedNode {
    if (this.#rules.aliases !== true) {
      throw this.#error(
        alias,
        'an alias (*)',
        'write the value out, or quote it if it begins with *',
      );
    }
    const node = this.#targets.get(alias) ?? this.#anchors.get(alias.source);
    if (node === undefined) throw this.#error(alias, 'an alias without an anchor before it');
    this.#targets.set(alias, node);
    return node;
  }

  #scalar(node: Scalar.Parsed): Json {
    if (node.tag === `${CORE}binary` && this.#rules.binary === true) {
      return node.source.replace(/\s+/g, '');
    }
    const value: unknown = node.value;
    const tag = node.tag?.startsWith(CORE) === true ? node.tag.slice(CORE.length) : node.tag;
    if (tag !== undefined && TYPES[tag] !== typeof value) {
      throw this.#error(node, 'a tag (!) that is not supported here');
    }
    if (typeof value === 'number' && !(INTEGER.test(node.source) && Number.isSafeInteger(value))) {
      throw this.#error(node, 'a number that is not a plain integer', 'quote it if it is text');
    }
    if (typeof value === 'string' && !value.isWellFormed()) {
      throw this.#error(node, 'a string with half a surrogate pair');
    }
    return value as Json;
  }

  #map(node: YAMLMap.Parsed): Json {
    const map = Object.create(null) as Dict;
    const merged: Dict[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair)) {
        merged.push(...this.#merged(pair));
        continue;
      }
      const key = this.#key(pair.key);
      if (key in map) throw this.#error(pair.key, this.#repeated(key));
      map[key] = this.read(pair.value);
    }
    // Own keys win over merged ones, and earlier merges over later ones.
    for (const other of merged) {
      for (const key of Object.keys(other)) if (!(key in map)) map[key] = other[key] as Json;
    }
    return map;
  }

  #repeated(key: string): string {
    const isShown = this.#rules.showKeys === true && /^[\w./-]{1,63}$/.test(key);
    return `a key that the mapping has already${isShown ? `: ${key}` : ''}`;
  }

  #key(node: ParsedNode | null): string {
    const key = node !== null && !isAlias(node) ? this.read(node) : undefined;
    if (typeof key === 'string' && isScalar(node)) return key;
    throw this.#error(node, 'a key that is not a string', 'quote it');
  }

  #merged({ key, value }: Pair<ParsedNode, ParsedNode | null>): Dict[] {
    if (this.#rules.aliases !== true) {
      throw this.#error(key, 'a merge key (<<)', 'write the keys out');
    }
    const sources = isSeq(value) ? value.items : [value];
    return sources.map((source) => {
      const target = isAlias(source) ? this.#aliased(source) : source;
      if (!isMap(target)) throw this.#error(key, 'a merge key (<<) without a mapping');
      return this.read(source) as Dict;
    });
  }

  #requireTag(node: ParsedNode, tag: string): void {
    if (node.tag !== undefined && node.tag !== CORE + tag) {
      throw this.#error(node, 'a tag (!) that is not supported here');
    }
  }

  #error(node: ParsedNode | null, found: string, hint?: string) {
    return yamlError(found, node === null ? undefined : this.#lineAt(node.range[0]), hint);
  }
}

/** Only unquoted: `"<<"` is a key like any other. */
function isMergeKey({ key }: Pair<ParsedNode, ParsedNode | null>): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}
