/** A scalar, with the place of its text: offsets into the text that was read. */
export interface ScalarNode {
  kind: 'scalar';
  /** The text that it stands for. Folded block scalars keep their line breaks: nothing that is looked for needs them folded. */
  value: string;
  /** Offset of the first character of the value: behind the quote, or of a block scalar's first line of text. */
  start: number;
  /** Offset behind the last one. */
  end: number;
  style: 'plain' | 'single' | 'double' | 'block';
  /** Spaces that stand before each line of a block scalar. */
  indent?: number;
}

export interface Entry {
  key: string;
  value: Node;
}

export interface MapNode {
  kind: 'map';
  start: number;
  end: number;
  entries: Entry[];
}

export interface SeqNode {
  kind: 'seq';
  start: number;
  end: number;
  items: Node[];
}

/** Where an alias stood, the node of its anchor is: a graph, not always a tree. */
export type Node = ScalarNode | MapNode | SeqNode;

/** One document of a text. */
export interface DocumentNode {
  root: Node;
  /** Where it begins and ends, without its marker. */
  start: number;
  end: number;
  /** The first thing in it that YAML does not allow and that was read all the same: its offset. */
  fault: number | undefined;
}

/** The last entry of that name, as every JSON reader takes it. */
export function get(node: Node | undefined, ...path: string[]): Node | undefined {
  let at = node;
  for (const key of path) {
    if (at?.kind !== 'map') return undefined;
    at = at.entries.findLast((entry) => entry.key === key)?.value;
  }
  return at;
}

/** The text of a scalar at a path. */
export function textAt(node: Node | undefined, ...path: string[]): string | undefined {
  const at = get(node, ...path);
  return at?.kind === 'scalar' ? at.value : undefined;
}

/** The entries of a map, and none of anything else. */
export function entriesOf(node: Node | undefined): Entry[] {
  return node?.kind === 'map' ? node.entries : [];
}

/** The items of a sequence, and none of anything else. */
export function itemsOf(node: Node | undefined): Node[] {
  return node?.kind === 'seq' ? node.items : [];
}

/** `~`, `null` or nothing at all; in quotes these are texts. */
export function isNull({ style, value }: ScalarNode): boolean {
  return style === 'plain' && /^(?:~|null|Null|NULL|)$/.test(value);
}
