import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

interface Content {
  /** Of a directory: what lies in it. */
  entries?: Map<string, Node> | undefined;
  bytes: Buffer;
  mode: number;
}

/** A file, a link or a directory, by itself: it may lie in several places over time. */
export interface Node extends Content {
  link?: string | undefined;
  /** As it was before the first step, or when it was made. */
  begin: Content;
}

export function nodeOf(content: Partial<Content> & { mode: number }, link?: string): Node {
  const whole = { bytes: Buffer.alloc(0), ...content };
  const { entries } = whole;
  return { ...whole, link, begin: { ...whole, entries: entries && new Map(entries) } };
}

/** One step that a disk can make durable or lose by itself. */
export type Step =
  /** Content or mode; durable once the node is synced. */
  | { kind: 'write'; node: Node; offset: number; bytes: Buffer }
  | { kind: 'truncate'; node: Node; length: number }
  | { kind: 'mode'; node: Node; mode: number }
  /** Names; durable once one of the directories is synced. */
  | { kind: 'enter'; folder: Node; name: string; node: Node }
  | { kind: 'leave'; folder: Node; name: string; node: Node }
  | { kind: 'move'; from: Node; name: string; folder: Node; to: string; node: Node }
  | { kind: 'sync'; node: Node };

/** What becomes of a step that nothing has made durable yet. */
export type Fate = 'kept' | 'lost' | 'zeroed';

export const isName = ({ kind }: Step): boolean => ['enter', 'leave', 'move'].includes(kind);

/** Reads a folder as it is. */
export function readNode(path: string): Node {
  const stat = lstatSync(path);
  const mode = stat.mode & 0o7777;
  if (stat.isSymbolicLink()) return nodeOf({ mode }, readlinkSync(path));
  if (!stat.isDirectory()) return nodeOf({ mode, bytes: readFileSync(path) });
  const inner = readdirSync(path).map((name) => [name, readNode(join(path, name))] as const);
  return nodeOf({ mode, entries: new Map(inner) });
}

/** Finds what lies at a relative path; undefined where nothing does. */
export function find(top: Node, path: string): Node | undefined {
  let node: Node | undefined = top;
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.'))
    node = node?.entries?.get(name);
  return node;
}

/** Where something lies, or is to lie. */
export function placeOf(top: Node, path: string): { folder: Node; name: string } | undefined {
  const folder = find(top, dirname(path));
  return folder?.entries === undefined ? undefined : { folder, name: basename(path) };
}

/** Does a step to what the system sees, where nothing is ever lost. */
export function live(step: Step): void {
  apply(step, (node) => node);
}

function apply(step: Step, of: (node: Node) => Node): void {
  if (step.kind === 'sync') return;
  const node = of(step.node);
  if (step.kind === 'mode') node.mode = step.mode;
  else if (step.kind === 'truncate') node.bytes = resized(node.bytes, step.length);
  else if (step.kind === 'write') {
    node.bytes = resized(node.bytes, Math.max(node.bytes.length, step.offset + step.bytes.length));
    node.bytes.set(step.bytes, step.offset);
  } else if (step.kind === 'enter') of(step.folder).entries?.set(step.name, node);
  else if (step.kind === 'leave') drop(of(step.folder), step.name, node);
  else {
    drop(of(step.from), step.name, node);
    of(step.folder).entries?.set(step.to, node);
  }
}

/** Only the very entry: another one of that name came by a step that this one knows nothing of. */
function drop({ entries }: Node, name: string, node: Node): void {
  if (entries?.get(name) === node) entries.delete(name);
}

/** A copy, always: a node may be the original of an image. */
function resized(bytes: Buffer, length: number): Buffer {
  const made = Buffer.alloc(length);
  bytes.copy(made);
  return made;
}

/** What a disk holds after some of the steps; those nodes stay as they are. */
export function imageOf(top: Node, steps: readonly Step[], fateOf: (index: number) => Fate): Node {
  const copies = new Map<Node, Node>();
  const of = (node: Node): Node => {
    let copy = copies.get(node);
    if (copy === undefined) {
      const { link, begin } = node;
      copy = { ...begin, link, begin };
      copies.set(node, copy);
      copy.entries =
        begin.entries && new Map([...begin.entries].map(([name, one]) => [name, of(one)]));
    }
    return copy;
  };
  const image = of(top);
  for (const [i, step] of steps.entries()) {
    const fate = fateOf(i);
    if (fate === 'lost') continue;
    const isZeroed = fate === 'zeroed' && step.kind === 'write';
    apply(isZeroed ? { ...step, bytes: Buffer.alloc(step.bytes.length) } : step, of);
  }
  return image;
}

/** Writes an image into an empty folder. */
export function writeImage(image: Node, folder: string): void {
  for (const [name, node] of image.entries ?? []) {
    const path = join(folder, name);
    if (node.link !== undefined) {
      symlinkSync(node.link, path);
      continue;
    }
    if (node.entries === undefined) writeFileSync(path, node.bytes);
    else {
      mkdirSync(path);
      writeImage(node, path);
    }
    chmodSync(path, node.mode);
  }
}

const digests = new WeakMap<Buffer, string>();

function digestOf(bytes: Buffer): string {
  let digest = digests.get(bytes);
  if (digest === undefined)
    digests.set(bytes, (digest = createHash('sha256').update(bytes).digest('hex')));
  return digest;
}

/** The same for images that are the same. */
export function fingerprint(node: Node): string {
  const hash = createHash('sha256');
  const add = ({ entries, link, bytes, mode }: Node, name: string): void => {
    const shape = link === undefined ? mode : link;
    hash.update(`${name}\0${shape}\0${entries?.size ?? -1}\0${digestOf(bytes)}\0`);
    for (const [inner, one] of [...(entries ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
      add(one, inner);
  };
  add(node, '');
  return hash.digest('hex');
}
