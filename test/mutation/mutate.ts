import type { Random } from './random.ts';

type Mutation = (bytes: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** A place and a length within it, seldom long. */
function range(bytes: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1);
  const length = random.next() < 0.7 ? random.below(8) : random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + length)];
}

const ofBytes: Record<string, Mutation> = {
  flip: (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  set: (bytes, random) => {
    bytes[random.below(bytes.length)] = random.pick([
      0,
      0xff,
      0x80,
      0x7f,
      10,
      32,
      random.below(256),
    ]);
    return bytes;
  },
  cut: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  behead: (bytes, random) => bytes.subarray(random.below(bytes.length)),
  drop: (bytes, random) => {
    const [from, to] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  double: (bytes, random) => {
    const [from, to] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  insert: (bytes, random) => {
    const at = random.below(bytes.length + 1);
    const made = Buffer.from(Array.from({ length: 1 + random.below(9) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, at), made, bytes.subarray(at)]);
  },
  zero: (bytes, random) => {
    const [from, to] = range(bytes, random);
    return bytes.fill(0, from, to);
  },
  swap: (bytes, random) => {
    const [a, b] = [random.below(bytes.length), random.below(bytes.length)];
    [bytes[a], bytes[b]] = [bytes[b] ?? 0, bytes[a] ?? 0];
    return bytes;
  },
  splice: (bytes, random, others) => {
    const other = random.pick(others);
    const [from, to] = range(other, random);
    const at = random.below(bytes.length + 1);
    const end = random.next() < 0.5 ? at : Math.min(bytes.length, at + to - from);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(end)]);
  },
  append: (bytes, random, others) => Buffer.concat([bytes, random.pick(others)]),
};

const scalars = [
  ...['null', '~', '', '""', "''", 'true', 'no', '0', '-0', '-1', '1', '2', '1e9', '1e411429'],
  ...[
    '0x10',
    '0o7',
    '.inf',
    '.nan',
    '9007199254740993',
    '99999999999999999999999',
    '1.5',
    '[]',
    '{}',
  ],
  ...[
    '[[[[]]]]',
    '&a b',
    '*a',
    '!!binary aGk=',
    '!!js/function a',
    '|',
    '>-',
    '"\\u0000"',
    '"\\ud800"',
  ],
  ...[
    '\ufeffa',
    'a\u202eb',
    '../../etc',
    '__proto__',
    'constructor',
    '*',
    'kube-system',
    'b'.repeat(70000),
  ],
];
const lines = [
  ...['---', '...', '%YAML 1.1', '# made up', '\t', '<<: {a: b}', '? a', '- ', '__proto__: {}'],
  ...[
    'a: &a [*a]',
    'kind: EdgeSecret',
    'metadata: {name: other, namespace: other}',
    '\u0000',
    '}',
    ']',
  ],
];

const ofText: Record<string, Mutation> = {
  'drop line': byLines((all, random) => all.splice(random.below(all.length), 1 + random.below(3))),
  'double line': byLines((all, random) => {
    const at = random.below(all.length);
    all.splice(random.below(all.length), 0, ...all.slice(at, at + 1 + random.below(6)));
  }),
  'swap lines': byLines((all, random) => {
    const [a, b] = [random.below(all.length), random.below(all.length)];
    [all[a], all[b]] = [all[b] ?? '', all[a] ?? ''];
  }),
  'add line': byLines((all, random) => {
    const indent = ' '.repeat(random.below(6));
    all.splice(random.below(all.length + 1), 0, indent + random.pick(lines));
  }),
  indent: byLines((all, random) => {
    const at = random.below(all.length);
    all[at] = random.next() < 0.5 ? ` ${all[at] ?? ''}` : (all[at] ?? '').replace(/^ /, '');
  }),
  value: byLines((all, random) => {
    const at = random.below(all.length);
    all[at] = (all[at] ?? '').replace(
      /(:|-) .*$/,
      (_, mark: string) => `${mark} ${random.pick(scalars)}`,
    );
  }),
  key: byLines((all, random) => {
    const at = random.below(all.length);
    const key = random.pick([
      '__proto__',
      'constructor',
      'a',
      '? a',
      '"a": b',
      '<<',
      'version',
      'regions',
    ]);
    all[at] = (all[at] ?? '').replace(/[A-Za-z]+:/, `${key}:`);
  }),
  'line ends': (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  nest: (bytes, random) => {
    const depth = 10 ** (1 + random.below(4));
    const [from] = range(bytes, random);
    const deep = random.next() < 0.5 ? '['.repeat(depth) : '{"a":'.repeat(depth);
    return Buffer.concat([bytes.subarray(0, from), Buffer.from(deep), bytes.subarray(from)]);
  },
};

type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };

const ofJson: Record<string, Mutation> = {
  'json value': byTree((parent, key, random) => {
    parent[key] = random.pick<Tree>([
      null,
      0,
      -1,
      1,
      2 ** 53,
      1.5,
      '',
      'made-up',
      [],
      {},
      true,
      [[]],
    ]);
  }),
  'json number': byTree((parent, key, random) => {
    const value = parent[key];
    if (typeof value === 'number') parent[key] = value + random.pick([-1, 1, 2 ** 31, 0.5]);
  }),
  'json drop': byTree((parent, key) => {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  }),
  'json double': byTree((parent, key) => {
    const value = parent[key] as Tree;
    if (Array.isArray(parent)) parent.push(value);
    else parent[`${key}2`] = value;
  }),
  'json text': byTree((parent, key, random) => {
    const value = parent[key];
    if (typeof value !== 'string' || value === '') return;
    const at = random.below(value.length);
    parent[key] =
      value.slice(0, at) +
      random.pick(['0', 'f', 'A', '\u0000', '\ud800', '']) +
      value.slice(at + 1);
  }),
  'json order': byTree((parent, key, random) => {
    if (Array.isArray(parent)) parent.sort(() => random.next() - 0.5);
    else {
      const value = parent[key] as Tree;
      delete parent[key];
      parent[key] = value;
    }
  }),
};

/** What can be done to a file of this form. */
export type Form = 'binary' | 'text' | 'json';

/**
 * Changes a file in one to three ways.
 *
 * @param others files that pieces are taken from
 * @returns the changed bytes, which may by chance be the same, and what was done
 */
export function mutate(
  original: Uint8Array,
  form: Form,
  random: Random,
  others: readonly Buffer[],
): { bytes: Buffer; how: string } {
  const kinds = {
    binary: [ofBytes],
    text: [ofBytes, ofText, ofText],
    json: [ofBytes, ofText, ofJson, ofJson],
  };
  let bytes: Buffer = Buffer.from(original);
  const done: string[] = [];
  for (let left = 1 + Math.floor(random.next() ** 3 * 3); left > 0; left -= 1) {
    const [name, mutation] = random.pick(Object.entries(random.pick(kinds[form])));
    done.push(name);
    if (bytes.length > 0) bytes = Buffer.from(mutation(bytes, random, others));
  }
  return { bytes, how: done.join(', ') };
}

function byLines(change: (lines: string[], random: Random) => unknown): Mutation {
  return (bytes, random) => {
    // Bytes that are no text survive as they are.
    const all = bytes.toString('latin1').split('\n');
    change(all, random);
    const text = all.join('\n');
    return /[^\u0000-\u00ff]/.test(text) ? Buffer.from(text) : Buffer.from(text, 'latin1');
  };
}

function byTree(
  change: (parent: { [key: string]: Tree }, key: string, random: Random) => unknown,
): Mutation {
  return (bytes, random) => {
    let tree: Tree;
    try {
      tree = JSON.parse(bytes.toString('utf8')) as Tree;
    } catch {
      return bytes;
    }
    const places: [{ [key: string]: Tree }, string][] = [];
    const walk = (value: Tree): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        places.push([value as { [key: string]: Tree }, key]);
        walk(inner);
      }
    };
    walk(tree);
    if (places.length > 0) {
      const [parent, key] = random.pick(places);
      change(parent, key, random);
    }
    return Buffer.from(JSON.stringify(tree));
  };
}
