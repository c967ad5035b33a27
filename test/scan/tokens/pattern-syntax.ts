/** A pattern, as far as rules use its syntax. */
export type Node =
  | { kind: 'set'; holds: Uint8Array }
  | { kind: 'sequence' | 'either'; nodes: Node[] }
  | { kind: 'repeat'; of: Node; least: number; most: number; lazy: boolean }
  | { kind: 'group'; of: Node; number: number }
  | { kind: 'ahead' | 'behind'; of: Node; positive: boolean }
  | { kind: 'again'; group: number }
  | { kind: 'edge'; end: boolean };

const opening = /\((?:\?(?:(?<look><?[=!])|:|<[A-Za-z]+>))?/y;
const quantifier = /(?:(?<one>[?*+])|\{(?<least>\d+)(?<to>,(?<most>\d*))?\})(?<lazy>\?)?/y;
const single = /\[(?:\\.|[^\]\\])*\]|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\[^1-9]|[^\\()|]/iy;

const sets = new Map<string, Uint8Array>();

/** By the code of an ASCII character, whether it is in a class. */
function setOf(source: string): Uint8Array {
  const known = sets.get(source);
  if (known !== undefined) return known;
  const pattern = new RegExp(`^${source}$`, 's');
  const holds = Uint8Array.from({ length: 128 }, (_, code) =>
    Number(pattern.test(String.fromCharCode(code))),
  );
  sets.set(source, holds);
  return holds;
}

/** Throws where a pattern uses more than this knows, such as the edge of a word. */
export function parsePattern(source: string): Node {
  let at = 0;
  let groups = 0;
  const node = either();
  if (at < source.length) throw new Error(`what is at ${at} of ${source}?`);
  return node;

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at += match[0].length;
    return match;
  }

  function either(): Node {
    const nodes = [sequence()];
    while (source[at] === '|') {
      at += 1;
      nodes.push(sequence());
    }
    return nodes.length === 1 ? nodes[0]! : { kind: 'either', nodes };
  }

  function sequence(): Node {
    const nodes: Node[] = [];
    while (at < source.length && source[at] !== '|' && source[at] !== ')') nodes.push(repeated());
    return nodes.length === 1 ? nodes[0]! : { kind: 'sequence', nodes };
  }

  function repeated(): Node {
    const of = atom();
    const match = take(quantifier);
    if (match === null) return of;
    const { one, least = '0', to, most, lazy } = match.groups!;
    const bounds = {
      least: one === undefined ? Number(least) : one === '+' ? 1 : 0,
      most:
        one === undefined
          ? to === undefined
            ? Number(least)
            : most === ''
              ? Infinity
              : Number(most)
          : one === '?'
            ? 1
            : Infinity,
    };
    return { kind: 'repeat', of, ...bounds, lazy: lazy !== undefined };
  }

  function atom(): Node {
    if (source[at] === '^' || source[at] === '$')
      return { kind: 'edge', end: source[at++] === '$' };
    const again = take(/\\([1-9])/y);
    if (again !== null) return { kind: 'again', group: Number(again[1]) };
    const open = take(opening);
    if (open !== null) {
      const look = open.groups!['look'];
      const number = open[0] === '(' || /^\(\?<[A-Za-z]/.test(open[0]) ? (groups += 1) : 0;
      const of = either();
      if (source[at] !== ')') throw new Error(`a group of ${source} is open`);
      at += 1;
      if (look !== undefined)
        return {
          kind: look.startsWith('<') ? 'behind' : 'ahead',
          of,
          positive: look.endsWith('='),
        };
      return number === 0 ? of : { kind: 'group', of, number };
    }
    const match = take(single);
    if (match === null || match[0] === '\\b' || match[0] === '\\B')
      throw new Error(`what is at ${at} of ${source}?`);
    return { kind: 'set', holds: setOf(match[0]) };
  }
}

/** How few, and how many, characters a node takes. */
export function widthOf(node: Node): [number, number] {
  switch (node.kind) {
    case 'set':
      return [1, 1];
    case 'sequence':
      return node.nodes
        .map(widthOf)
        .reduce((sum, [least, most]) => [sum[0] + least, sum[1] + most], [0, 0]);
    case 'either': {
      const widths = node.nodes.map(widthOf);
      return [
        Math.min(...widths.map(([least]) => least)),
        Math.max(...widths.map(([, most]) => most)),
      ];
    }
    case 'repeat': {
      const [least, most] = widthOf(node.of);
      return [least * node.least, most * node.most];
    }
    case 'group':
      return widthOf(node.of);
    default:
      return [0, 0];
  }
}
