import { type Node, parsePattern, widthOf } from './pattern-syntax.ts';

/** Whether what follows matches from here. */
type Matcher = (at: number) => boolean;

/** Steps a character that are cheap enough for a text of any length. */
const cheap = 100;

/**
 * Says of which texts, made of near misses, a pattern costs more than in proportion to their length. Steps are counted, not
 * timed: by a matcher that goes back as those of JavaScript engines do. A quantifier's bound may lie above the length of
 * these texts; so what is cheap at that length may still grow.
 */
export function growths(pattern: RegExp, pieces: readonly string[]): string[] {
  return pieces.flatMap((piece) => {
    const [half, whole] = [800, 1_600].map(
      (length) =>
        steps(pattern, piece.repeat(Math.ceil(length / piece.length)).slice(0, length)) / length,
    ) as [number, number];
    if (whole <= cheap || whole <= half * 1.25) return [];
    return [`${JSON.stringify(piece)}: ${half}, then ${whole} steps a character`];
  });
}

/** How many characters are compared to find all matches in a text. */
export function steps({ source }: RegExp, text: string): number {
  let count = 0;
  const starts: number[] = [];
  const ends: number[] = [];
  let last = 0;
  const whole = compile(parsePattern(source), (at) => {
    last = at;
    return true;
  });
  for (let at = 0; at <= text.length;) at = whole(at) ? Math.max(last, at + 1) : at + 1;
  return count;

  function compile(node: Node, next: Matcher): Matcher {
    switch (node.kind) {
      case 'set':
        return (at) => holds(node.holds, at) && next(at + 1);
      case 'sequence':
        return node.nodes.reduceRight((rest, one) => compile(one, rest), next);
      case 'either': {
        const ways = node.nodes.map((one) => compile(one, next));
        return (at) => ways.some((way) => way(at));
      }
      case 'repeat':
        return node.of.kind === 'set' ? repeatSet(node, node.of.holds, next) : repeat(node, next);
      case 'edge':
        return (at) => at === (node.end ? text.length : 0) && next(at);
      case 'again':
        return (at) => {
          const piece = text.slice(starts[node.group], ends[node.group]);
          count += piece.length;
          return text.startsWith(piece, at) && next(at + piece.length);
        };
      case 'group': {
        const inner = compile(node.of, (at) => {
          ends[node.number] = at;
          return next(at);
        });
        return (at) => {
          starts[node.number] = at;
          return inner(at);
        };
      }
      case 'ahead': {
        const inner = compile(node.of, () => true);
        return (at) => inner(at) === node.positive && next(at);
      }
      case 'behind': {
        const ways = node.of.kind === 'either' ? node.of.nodes : [node.of];
        const found = ways.map((way) => endingAt(way));
        return (at) => found.some((matches) => matches(at)) === node.positive && next(at);
      }
    }
  }

  /** Whether a text of any of the lengths that a node can have ends here. */
  function endingAt(node: Node): Matcher {
    const [least, most] = widthOf(node);
    let end = 0;
    const inner = compile(node, (at) => at === end);
    return (at) => {
      for (let from = at - least; from >= Math.max(0, at - most); from -= 1) {
        end = at;
        if (inner(from)) return true;
      }
      return false;
    };
  }

  function holds(set: Uint8Array, at: number): boolean {
    count += 1;
    return set[text.charCodeAt(at)] === 1;
  }

  function repeatSet(
    { least, most, lazy }: Extract<Node, { kind: 'repeat' }>,
    set: Uint8Array,
    next: Matcher,
  ): Matcher {
    return (at) => {
      let length = 0;
      if (lazy) {
        for (; length <= most; length += 1) {
          if (length >= least && next(at + length)) return true;
          if (length === most || !holds(set, at + length)) return false;
        }
        return false;
      }
      while (length < most && holds(set, at + length)) length += 1;
      for (; length >= least; length -= 1) if (next(at + length)) return true;
      return false;
    };
  }

  function repeat(
    { of, least, most, lazy }: Extract<Node, { kind: 'repeat' }>,
    next: Matcher,
  ): Matcher {
    let done = 0;
    const inner: Matcher = compile(of, (at) => attempt(at));
    const attempt: Matcher = (at) => {
      const turn = done;
      const more = (): boolean => {
        done = turn + 1;
        const found = turn < most && inner(at);
        done = turn;
        return found;
      };
      if (turn < least) return more();
      return lazy ? next(at) || more() : more() || next(at);
    };
    return (at) => {
      const outer = done;
      done = 0;
      const found = attempt(at);
      done = outer;
      return found;
    };
  }
}
