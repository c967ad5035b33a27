import { Cursor } from './cursor.ts';
import { FlowReader } from './flow-reader.ts';
import { MergeKeys } from './merge-key.ts';
import type { DocumentNode, Entry, Node, ScalarNode } from './node.ts';
import { readBlockScalar } from './scalar-reader.ts';

/** Blocks inside of each other; what is deeper is read as text. */
const maxDepth = 100;

/**
 * Reads one document of YAML or JSON with the place of each value, and reads on where a parser gives up: at wrong
 * indentation, a tab, a missing bracket or quote, a template's gap. Linear in the length; throws nothing.
 */
export class BlockReader extends Cursor {
  readonly #anchors = new Map<string, Node>();
  readonly #merges = new MergeKeys();
  #depth = 0;
  #fault: number | undefined;

  /** All roots that there are: one, unless texts stand one after the other, as JSON's lines do. */
  *read(): Generator<Pick<DocumentNode, 'root' | 'fault'>> {
    this.toToken();
    while (this.column >= 0) {
      this.#fault = undefined;
      const { at: before, line } = this;
      const root = this.#node(-1);
      if (this.at === before) this.nextLine();
      yield { root, fault: this.#fault };
      // A part of a large file of JSON in one line may begin anywhere.
      if (root.kind === 'scalar' && root.style === 'plain') this.#toBrace(before, root.end, line);
    }
  }

  /** Back to the first brace of a line that was read as text. */
  #toBrace(at: number, end: number, line: number): void {
    const text = this.text.slice(at, end);
    const brace = at + text.indexOf('{"');
    if (brace <= at || text.includes('\n')) return;
    this.at = brace;
    this.line = line;
    this.column = 0;
  }

  /** @param parent the column that what belongs to the node is deeper than */
  #node(parent: number): Node {
    if (this.#depth >= maxDepth) return this.#plain(parent);
    this.#depth += 1;
    const node = this.isDash() ? this.#seq(parent) : this.#mapOrScalar(parent);
    this.#depth -= 1;
    return node;
  }

  #mapOrScalar(parent: number): Node {
    if (this.#isExplicit()) return this.#map(parent);
    // `- &anchor key: value`: the anchor is the map's, or the key's; the first is what people mean.
    const properties = /(?:[&!][^\s]*[ \t]+)+/y;
    properties.lastIndex = this.at;
    const [before = ''] = properties.exec(this.text) ?? [];
    const at = this.at;
    this.at += before.length;
    if (this.key() === undefined) {
      this.at = at;
      return this.#inline(parent);
    }
    const map = this.#map(parent);
    const anchor = /&(\S+)/.exec(before)?.[1];
    if (anchor !== undefined) this.#anchors.set(anchor, map);
    return map;
  }

  #seq(parent: number): Node {
    const column = this.column;
    const start = this.at;
    const items: Node[] = [];
    while (this.isDash() && this.column > parent) {
      // A dash further out belongs to somebody else; further in, to a list whose indentation slipped.
      if (this.column < column) break;
      const dash = this.column;
      this.at += 1;
      items.push(this.#item(dash));
    }
    return { kind: 'seq', start, end: this.at, items };
  }

  #map(parent: number): Node {
    const start = this.at;
    const column = this.column;
    const entries: Entry[] = [];
    while (this.column > parent && !(this.isDash() && this.column <= column)) {
      if (this.column !== column) this.#faulty();
      const entry = this.#isExplicit() ? this.#explicit(column) : this.#entry(column);
      if (entry?.key === '<<') this.#merges.into(entries, entry.value);
      else if (entry !== undefined) entries.push(entry);
    }
    return { kind: 'map', start, end: this.at, entries };
  }

  #isExplicit(): boolean {
    return this.text[this.at] === '?' && /\s/.test(this.text[this.at + 1] ?? '\n');
  }

  /** `? key`, and in a line of its own `: value`. */
  #explicit(column: number): Entry | undefined {
    this.at += 1;
    const key = this.#item(column);
    if (this.text[this.at] !== ':' || this.column < 0) return undefined;
    this.at += 1;
    const value = this.#item(column);
    return { key: key.kind === 'scalar' ? key.value : '', value };
  }

  #entry(column: number): Entry | undefined {
    const key = this.isDash() ? undefined : this.key();
    if (key !== undefined) {
      this.at = key.after;
      return { key: key.name, value: this.#value(Math.min(column, this.column)) };
    }
    this.#faulty();
    const value = this.#stray(column);
    return value === undefined ? undefined : { key: '', value };
  }

  /** What stands where a key is expected, such as in a file of JSON of which the begin was cut off. */
  #stray(column: number): Node | undefined {
    if (this.isDash()) return this.#seq(column);
    if (/[{[]/.test(this.text[this.at] ?? '')) return this.#flow(-1);
    this.nextLine();
    return undefined;
  }

  /** What stands behind a mark that a block may follow in the same line. @param column of the mark */
  #item(column: number): Node {
    const from = this.at;
    this.skipSpaces();
    if (this.isLineOver()) {
      this.nextLine();
      return this.column > column ? this.#node(column) : empty(from);
    }
    this.column = this.at - this.line;
    return this.#node(column);
  }

  /** What stands behind a colon. */
  #value(column: number): Node {
    const from = this.at;
    this.skipSpaces();
    if (!this.isLineOver()) return this.#inline(column);
    this.nextLine();
    return this.#below(column) ?? empty(from);
  }

  /** A value that begins in a line after its key. */
  #below(column: number): Node | undefined {
    if (this.column > column) return this.#node(column);
    return this.column === column && column >= 0 && this.isDash()
      ? this.#seq(column - 1)
      : undefined;
  }

  /** A value that begins in this line and is no block, unless tag or anchor are all there is. */
  #inline(parent: number): Node {
    let anchor: string | undefined;
    let node: Node | undefined;
    for (;;) {
      const property = /[&!][^\s]*/y;
      property.lastIndex = this.at;
      const [found] = property.exec(this.text) ?? [];
      if (found === undefined) break;
      if (found.startsWith('&')) anchor = found.slice(1);
      this.at += found.length;
      this.skipSpaces();
      if (!this.isLineOver()) continue;
      const at = this.at;
      this.nextLine();
      node = this.#below(parent) ?? empty(at);
      break;
    }
    node ??= this.#content(parent);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #content(parent: number): Node {
    const first = this.text[this.at] ?? '';
    if (first === '|' || first === '>') {
      const block = readBlockScalar(this.text, this.at, this.end, parent);
      if (block !== undefined) {
        this.at = block.after;
        this.line = block.after;
        this.toToken();
        return block.node;
      }
    }
    if (first === '{' || first === '[') return this.#flow(parent);
    if (first === '"' || first === "'") {
      const quoted = this.#quoted();
      if (quoted !== undefined) return quoted;
      this.#faulty();
    }
    const plain = this.#plain(parent);
    const alias = /^\*(\S+)$/.exec(plain.value)?.[1];
    return (alias === undefined ? undefined : this.#anchors.get(alias)) ?? plain;
  }

  #flow(parent: number): Node {
    const context = {
      text: this.text,
      end: this.end,
      quotes: this.quotes,
      parent,
      anchors: this.#anchors,
      merges: this.#merges,
      fault: (at: number): void => this.#faulty(at),
    };
    const { node, after } = new FlowReader(context, this.at).read();
    this.at = after;
    this.skipSpaces();
    // Another text of JSON in the same line begins a document of its own; between may be what an array is made of.
    const next = parent < 0 ? /[{[\n]/g : undefined;
    if (next !== undefined) next.lastIndex = this.at;
    const found = next?.exec(this.text) ?? undefined;
    if (found !== undefined && found[0] !== '\n' && found.index < this.end) {
      this.at = found.index;
      this.line = found.index;
      this.column = 0;
    } else this.nextLine();
    return node;
  }

  #quoted(): ScalarNode | undefined {
    const quoted = this.quotes.read(this.at);
    if (quoted === undefined) return undefined;
    const before = this.at;
    this.at = quoted.after;
    this.skipSpaces();
    // A quote that closes in another line, with more behind it, is the next string's: one is missing here.
    const isBroken = !this.isLineOver() && this.text.slice(before, quoted.after).includes('\n');
    if (isBroken) this.at = before;
    else this.nextLine();
    return isBroken ? undefined : quoted.node;
  }

  /** The line's rest, and lines below that are deeper and begin no entry. */
  #plain(parent: number): ScalarNode {
    const start = this.at;
    let end = this.plainEnd();
    const parts = [this.text.slice(start, end)];
    const isCut = this.text[end] !== '\n' && this.text.slice(end, this.lineEnd()).trim() !== '';
    this.nextLine();
    for (;;) {
      if (isCut || this.column <= parent || this.key() !== undefined) break;
      end = this.plainEnd();
      parts.push(this.text.slice(this.at, end));
      this.nextLine();
    }
    return { kind: 'scalar', value: parts.join(' '), start, end, style: 'plain' };
  }

  #faulty(at = this.at): void {
    this.#fault ??= at;
  }
}

function empty(at: number): ScalarNode {
  return { kind: 'scalar', value: '', start: at, end: at, style: 'plain' };
}
