/** Which keyword ended, and where. */
export type OnKeyword = (keyword: number, end: number) => void;

/** Hits are collected so many at a time: the loop over the bytes then holds no call, and stays in machine code. */
const batch = 1024;

/** So much of a keyword is in the table; the rest is compared. Long keywords would make the table large, and cold. */
const planted = 5;

/**
 * Finds any of many short ASCII texts, whatever their case, in one pass (Aho and Corasick, 1975): a table of next
 * states by state and class of byte, with no failure links left to follow, so that each byte costs one look-up.
 * States are numbered by depth: the few that most bytes stay in lie together.
 */
export class KeywordAutomaton {
  readonly #classes = new Uint8Array(256);
  readonly #shift: number;
  readonly #next: Uint16Array;
  /** By state: whether a keyword ends there, and which. */
  readonly #isHit: Uint8Array;
  readonly #keywords: (number[] | undefined)[] = [];
  /** By keyword: what follows of it. */
  readonly #rests: readonly string[];
  readonly #ends = new Uint32Array(batch);
  readonly #states = new Uint16Array(batch);

  /** @param keywords lower-case ASCII, not empty; what `onKeyword` gets is an index of this list */
  constructor(keywords: readonly string[]) {
    const strange = /[^\x20-\x40[-~\n]/.exec(keywords.join('\n'));
    if (strange !== null)
      throw new TypeError(`a keyword must be lower-case ASCII, without ${strange[0]}`);
    const starts = keywords.map((keyword) => keyword.slice(0, planted));
    this.#rests = keywords.map((keyword) => keyword.slice(planted));
    this.#shift = Math.ceil(Math.log2(classify(starts, this.#classes)));
    const trie = plant(starts, this.#classes, this.#shift);
    this.#isHit = new Uint8Array(trie.size);
    this.#next = new Uint16Array(trie.size << this.#shift);
    this.#link(trie);
  }

  /** Breadth first, so that a state's longest proper suffix, which is shorter, has its whole row before it. */
  #link({ size, children, siblings, labels, ends }: Trie): void {
    const next = this.#next;
    const shift = this.#shift;
    const width = 1 << shift;
    const order = new Uint16Array(size);
    const fails = new Uint16Array(size);
    let last = 0;
    for (let state = 0; state <= last; state += 1) {
      const planted = order[state] as number;
      const fail = fails[state] as number;
      const inherited = state === 0 ? undefined : this.#keywords[fail];
      const own = ends[planted];
      const found = own && inherited ? [...own, ...inherited] : (own ?? inherited);
      this.#keywords.push(found);
      if (found !== undefined) this.#isHit[state] = 1;
      const row = state << shift;
      if (state > 0) next.copyWithin(row, fail << shift, (fail << shift) + width);
      for (let child = children[planted] as number; child > 0; child = siblings[child] as number) {
        const label = labels[child] as number;
        last += 1;
        order[last] = child;
        if (state > 0) fails[last] = next[(fail << shift) | label] as number;
        next[row | label] = last;
      }
    }
  }

  /** Calls `onKeyword` for each occurrence in `bytes`, in the order in which their first characters end. Linear. */
  scan(bytes: Uint8Array, onKeyword: OnKeyword): void {
    const ends = this.#ends;
    const states = this.#states;
    let at = 0;
    let state = 0;
    while (at < bytes.length) {
      const count = this.#collect(bytes, at, state);
      for (let hit = 0; hit < count; hit += 1) {
        const end = ends[hit] as number;
        for (const keyword of this.#keywords[states[hit] as number] ?? []) {
          const rest = this.#rests[keyword] as string;
          if (goesOn(bytes, end, rest)) onKeyword(keyword, end + rest.length);
        }
      }
      if (count < batch) return;
      at = ends[count - 1] as number;
      state = states[count - 1] as number;
    }
  }

  /** @returns how many hits it has written down; less than `batch` once the end is reached */
  #collect(bytes: Uint8Array, from: number, start: number): number {
    const classes = this.#classes;
    const next = this.#next;
    const shift = this.#shift;
    const isHit = this.#isHit;
    let state = start;
    let count = 0;
    for (let at = from; at < bytes.length; at += 1) {
      state = next[(state << shift) | (classes[bytes[at] as number] as number)] as number;
      if (isHit[state] === 0) continue;
      this.#ends[count] = at + 1;
      this.#states[count] = state;
      count += 1;
      if (count === batch) break;
    }
    return count;
  }
}

function goesOn(bytes: Uint8Array, at: number, rest: string): boolean {
  for (let index = 0; index < rest.length; index += 1) {
    const byte = bytes[at + index] ?? 0;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== rest.charCodeAt(index)) return false;
  }
  return true;
}

/** Gives each byte that keywords hold a class, upper case that of lower case. @returns how many there are, with "any other" */
function classify(keywords: readonly string[], classes: Uint8Array): number {
  let count = 1;
  for (const keyword of keywords) {
    for (let at = 0; at < keyword.length; at += 1) {
      const byte = keyword.charCodeAt(at);
      if (classes[byte] !== 0) continue;
      classes[byte] = count;
      if (byte >= 97 && byte <= 122) classes[byte - 32] = count;
      count += 1;
    }
  }
  return count;
}

interface Trie {
  size: number;
  children: Uint16Array;
  siblings: Uint16Array;
  labels: Uint8Array;
  ends: (number[] | undefined)[];
}

function plant(keywords: readonly string[], classes: Uint8Array, shift: number): Trie {
  let most = 1;
  for (const { length } of keywords) most += length;
  if (most > 65_535) throw new RangeError('too many keywords');
  const rows = new Uint16Array(most << shift);
  const children = new Uint16Array(most);
  const siblings = new Uint16Array(most);
  const labels = new Uint8Array(most);
  const ends: (number[] | undefined)[] = [];
  let size = 1;
  for (const [index, keyword] of keywords.entries()) {
    let state = 0;
    for (let at = 0; at < keyword.length; at += 1) {
      const label = classes[keyword.charCodeAt(at)] as number;
      const cell = (state << shift) | label;
      const known = rows[cell] as number;
      if (known > 0) {
        state = known;
        continue;
      }
      rows[cell] = size;
      labels[size] = label;
      siblings[size] = children[state] as number;
      children[state] = size;
      state = size;
      size += 1;
    }
    (ends[state] ??= []).push(index);
  }
  return { size, children, siblings, labels, ends };
}
