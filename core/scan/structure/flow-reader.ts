import type { MergeKeys } from './merge-key.ts';
import type { Entry, MapNode, Node, ScalarNode, SeqNode } from './node.ts';
import type { QuoteReader } from './scalar-reader.ts';

/** Brackets inside of each other: deeper than any manifest. What is deeper is passed over. */
const maxDepth = 100;

/** What a flow collection asks of the document that it stands in. */
interface FlowContext {
  text: string;
  /** Where the document ends. */
  end: number;
  quotes: QuoteReader;
  /** A line that begins with a key at this column or before it is not part of the collection: a bracket is missing. */
  parent: number;
  anchors: Map<string, Node>;
  merges: MergeKeys;
  fault: (at: number) => void;
}

const plainEnd = /[,[\]{}\n]|:(?=[\s,[\]{}]|$)|[ \t]#/g;
const blockKey = /[ \t]*(?:- +)*["']?[A-Za-z_][-\w./]*["']?:(?=[ \t\r\n]|$)/y;

/** Reads collections in brackets and braces, which JSON is made of. Commas may be missing, and comments are let pass. */
export class FlowReader {
  readonly #context: FlowContext;
  #at: number;
  #depth = 0;
  #isOver = false;

  /** @param at offset of the bracket or brace that opens */
  constructor(context: FlowContext, at: number) {
    this.#context = context;
    this.#at = at;
  }

  read(): { node: MapNode | SeqNode; after: number } {
    const node = this.#context.text[this.#at] === '{' ? this.#map() : this.#seq();
    return { node, after: this.#at };
  }

  #map(): MapNode {
    const { text } = this.#context;
    const start = this.#at;
    this.#at += 1;
    this.#depth += 1;
    const entries: Entry[] = [];
    for (;;) {
      const next = this.#skip();
      if (next === '' || next === '}' || next === ']') break;
      const before = this.#at;
      if (next === '?' && /\s/.test(text[before + 1] ?? '')) this.#at += 1;
      const key = this.#node();
      const name = key.kind === 'scalar' ? key.value : '';
      if (this.#skip(false) === ':') {
        this.#at += 1;
        const value = this.#value();
        if (name === '<<') this.#context.merges.into(entries, value);
        else entries.push({ key: name, value });
      } else {
        entries.push({ key: name, value: empty(this.#at) });
      }
      if (this.#at === before) this.#at += 1;
    }
    return this.#close({ kind: 'map', start, end: this.#at, entries });
  }

  #seq(): SeqNode {
    const start = this.#at;
    this.#at += 1;
    this.#depth += 1;
    const items: Node[] = [];
    for (;;) {
      const next = this.#skip();
      if (next === '' || next === '}' || next === ']') break;
      const before = this.#at;
      const item = this.#node();
      if (this.#skip(false) === ':' && item.kind === 'scalar') {
        this.#at += 1;
        const entries = [{ key: item.value, value: this.#value() }];
        items.push({ kind: 'map', start: item.start, end: this.#at, entries });
      } else {
        items.push(item);
      }
      if (this.#at === before) this.#at += 1;
    }
    return this.#close({ kind: 'seq', start, end: this.#at, items });
  }

  #close<T extends MapNode | SeqNode>(node: T): T {
    const open = node.kind === 'map' ? '}' : ']';
    if (this.#isOver || this.#context.text[this.#at] !== open) this.#context.fault(this.#at);
    if (!this.#isOver && this.#at < this.#context.end) this.#at += 1;
    this.#depth -= 1;
    node.end = this.#at;
    return node;
  }

  #value(): Node {
    const next = this.#skip(false);
    return next === '' || /[,\]}]/.test(next) ? empty(this.#at) : this.#node();
  }

  #node(): Node {
    const { text, end, quotes, anchors } = this.#context;
    let anchor: string | undefined;
    for (;;) {
      const match = /[&!][^\s,[\]{}]*/y;
      match.lastIndex = this.#at;
      const [property] = match.exec(text) ?? [];
      if (property === undefined) break;
      if (property.startsWith('&')) anchor = property.slice(1);
      this.#at += property.length;
      if (/^(?:|[,\]}])$/.test(this.#skip(false))) return empty(this.#at);
    }
    const node = this.#bare(text, end, quotes, anchors);
    if (anchor !== undefined) anchors.set(anchor, node);
    return node;
  }

  #bare(text: string, end: number, quotes: QuoteReader, anchors: Map<string, Node>): Node {
    const first = text[this.#at] ?? '';
    if (first === '{' || first === '[') {
      if (this.#depth < maxDepth) return first === '{' ? this.#map() : this.#seq();
      return this.#passOver(text, end, quotes);
    }
    if (first === '"' || first === "'") {
      const quoted = quotes.read(this.#at);
      if (quoted !== undefined) {
        this.#at = quoted.after;
        return quoted.node;
      }
      this.#context.fault(this.#at);
    }
    const plain = this.#plain(text, end);
    const alias = /^\*(\S+)$/.exec(plain.value)?.[1];
    return (alias === undefined ? undefined : anchors.get(alias)) ?? plain;
  }

  /** What is nested too deeply, up to the bracket that closes it. */
  #passOver(text: string, end: number, quotes: QuoteReader): ScalarNode {
    this.#context.fault(this.#at);
    let open = 0;
    while (this.#at < end) {
      const char = text[this.#at] ?? '';
      const quoted = char === '"' || char === "'" ? quotes.read(this.#at) : undefined;
      this.#at = quoted?.after ?? this.#at + 1;
      if (char === '{' || char === '[') open += 1;
      if (char === '}' || char === ']') open -= 1;
      if (open === 0) break;
    }
    return empty(this.#at);
  }

  #plain(text: string, end: number): ScalarNode {
    const start = this.#at;
    const parts: string[] = [];
    let last = start;
    for (;;) {
      plainEnd.lastIndex = this.#at;
      const stop = Math.min(plainEnd.exec(text)?.index ?? end, end);
      const part = text.slice(this.#at, stop).trimEnd();
      // A line that has a key of its own is not this text's: a comma or a bracket is missing.
      if (parts.length > 0 && text[stop] === ':') break;
      parts.push(part);
      last = this.#at + part.length;
      this.#at = stop;
      const next = text[stop] === '\n' ? nextLine(text, stop, end) : undefined;
      if (next === undefined) break;
      this.#at = next;
    }
    // Spaces of other kinds are trimmed, too: what is nothing else has been read all the same.
    if (last > start) this.#at = last;
    const value = parts.join(' ');
    return { kind: 'scalar', value, start, end: last, style: 'plain' };
  }

  /** Passes over what is between; gives the character that comes next, or nothing where the collection cannot go on. */
  #skip(commas = true): string {
    const { text, end, parent } = this.#context;
    while (this.#at < end && !this.#isOver) {
      const char = text[this.#at] ?? '';
      if (char === '\n') {
        this.#at += 1;
        blockKey.lastIndex = this.#at;
        if (parent >= 0 && blockKey.test(text) && indentAt(text, this.#at) <= parent) {
          this.#isOver = true;
          this.#at -= 1;
        }
      } else if (char === ' ' || char === '\t' || char === '\r' || (commas && char === ',')) {
        this.#at += 1;
      } else if (this.#isComment(char)) {
        this.#toLineEnd();
      } else return char;
    }
    return '';
  }

  #isComment(char: string): boolean {
    const { text } = this.#context;
    if (char === '#') return /[\s,]/.test(text[this.#at - 1] ?? '\n');
    return char === '/' && /^\/\/[ \t]/.test(text.slice(this.#at, this.#at + 3));
  }

  #toLineEnd(): void {
    const found = this.#context.text.indexOf('\n', this.#at);
    this.#at = found < 0 ? this.#context.end : Math.min(found, this.#context.end);
  }
}

/** Where a plain text goes on behind a line's end, if what is there can be text. */
function nextLine(text: string, at: number, end: number): number | undefined {
  let next = at;
  while (next < end && /\s/.test(text[next] ?? '')) next += 1;
  return next < end && !/[,[\]{}#]/.test(text[next] ?? '') ? next : undefined;
}

function indentAt(text: string, at: number): number {
  let first = at;
  while (text[first] === ' ') first += 1;
  return first - at;
}

function empty(at: number): ScalarNode {
  return { kind: 'scalar', value: '', start: at, end: at, style: 'plain' };
}
