import { relative } from 'node:path';
import { find, live, nodeOf, placeOf } from './disk-model.ts';
import type { Node, Step } from './disk-model.ts';
import { pathsOf } from '../syscalls/strace.ts';
import type { Call } from '../syscalls/strace.ts';

/** The calls that change files, and those that make changes durable. */
export const changing = [
  ...[
    'openat',
    'open',
    'creat',
    'write',
    'pwrite64',
    'writev',
    'pwritev',
    'ftruncate',
    'truncate',
    'fallocate',
  ],
  ...[
    'copy_file_range',
    'sendfile',
    'fchmod',
    'chmod',
    'fchmodat',
    'fsync',
    'fdatasync',
    'sync',
    'syncfs',
  ],
  ...[
    'rename',
    'renameat',
    'renameat2',
    'unlink',
    'unlinkat',
    'rmdir',
    'link',
    'linkat',
    'symlink',
    'symlinkat',
  ],
  ...['mkdir', 'mkdirat'],
];

/** With which it has to be recorded. */
export const umask = 0o022;

/** What a program did to one folder, in order, and what it said in between. */
export interface Recording {
  steps: Step[];
  /** `at`: how many steps were done before. */
  said: { at: number; text: string }[];
}

/**
 * Turns recorded calls into steps.
 *
 * @param top the folder as it was; then as the program left it
 * @throws for a call that this does not know to replay: a recording with a gap would prove nothing
 */
export function recordingOf(calls: readonly Call[], folder: string, top: Node): Recording {
  const recording: Recording = { steps: [], said: [] };
  const cursors = new Map<Node, number>();
  const inside = (path: string): string | undefined =>
    path.startsWith(`${folder}/`) ? relative(folder, path) : undefined;
  const step = (one: Step): void => {
    live(one);
    recording.steps.push(one);
  };

  for (const call of calls) {
    const { name, args, result } = call;
    if (name === 'write' && /^1$/.test(args[0]?.text ?? '') && result > 0)
      recording.said.push({ at: recording.steps.length, text: String(args[1]?.bytes) });
    const paths = pathsOf(/write/.test(name) ? { ...call, args: args.slice(0, 1) } : call);
    const path = inside(paths.at(-1) ?? '');
    if (path === undefined || result < 0 || Number.isNaN(result)) continue;
    const node = find(top, path);
    const place = placeOf(top, path);
    if (name === 'openat') open(args.map(({ text }) => text).join(' '), node, place);
    else if (name === 'write' && node !== undefined)
      write(node, args[1]!.bytes!.subarray(0, result));
    else if (name === 'pwrite64' && node !== undefined)
      step({
        kind: 'write',
        node,
        offset: Number(args.at(-1)!.text),
        bytes: args[1]!.bytes!.subarray(0, result),
      });
    else if (name === 'fsync' || name === 'fdatasync') {
      if (node !== undefined) step({ kind: 'sync', node });
    } else if (/^f?chmod(at)?$/.test(name)) {
      if (node !== undefined)
        step({ kind: 'mode', node, mode: Number.parseInt(args.at(-1)!.text, 8) });
    } else if (name === 'ftruncate' && node !== undefined) {
      step({ kind: 'truncate', node, length: Number(args.at(-1)!.text) });
    } else if (/^mkdir(at)?$/.test(name)) {
      const mode = Number.parseInt(args.at(-1)!.text, 8) & ~umask;
      step({ kind: 'enter', ...place!, node: nodeOf({ mode, entries: new Map() }) });
    } else if (/^symlink(at)?$/.test(name)) {
      const link = args.find(({ bytes }) => bytes !== undefined)!.bytes!.toString();
      step({ kind: 'enter', ...place!, node: nodeOf({ mode: 0o777 }, link) });
    } else if (/^(unlink(at)?|rmdir)$/.test(name)) step({ kind: 'leave', ...place!, node: node! });
    else if (/^rename/.test(name)) {
      const from = placeOf(top, inside(paths[0]!)!)!;
      step({
        kind: 'move',
        from: from.folder,
        name: from.name,
        folder: place!.folder,
        to: place!.name,
        node: find(top, inside(paths[0]!)!)!,
      });
    } else throw new Error(`a recording with ${name} of ${path}, which is not known here`);
  }
  return recording;

  function open(flags: string, node: Node | undefined, place: ReturnType<typeof placeOf>): void {
    if (node === undefined && flags.includes('O_CREAT')) {
      const mode = Number.parseInt(/ (0[0-7]+)/.exec(flags)?.[1] ?? '0600', 8) & ~umask;
      const made = nodeOf({ mode });
      step({ kind: 'enter', ...place!, node: made });
      cursors.set(made, 0);
    } else if (node !== undefined && /O_WRONLY|O_RDWR/.test(flags)) {
      if (flags.includes('O_TRUNC')) step({ kind: 'truncate', node, length: 0 });
      cursors.set(node, flags.includes('O_APPEND') ? node.bytes.length : 0);
    }
  }

  function write(node: Node, bytes: Buffer): void {
    const offset = cursors.get(node) ?? 0;
    step({ kind: 'write', node, offset, bytes });
    cursors.set(node, offset + bytes.length);
  }
}
