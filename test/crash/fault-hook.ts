// Loaded with `node --import` before the built program, by tests only: it counts what the program does to the files below
// one folder, and does harm at one of these calls. It is a seam around node:fs, so it sees calls and not system calls;
// what it cannot see (threads, child processes, what one call is made of) the runs under strace reach.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, resolve, sep } from 'node:path';
import type { FaultTask } from './faults.ts';

const task = JSON.parse(process.env['EDGESEAL_FAULT'] ?? '') as FaultTask;
const roots = ['store', 'unsealed'].map((name) => join(task.root, name));
const raw = { ...fs };
const open = new Map<number, string>();
let count = 0;
let depth = 0;
let isHit = false;

type Call = (...args: never[]) => unknown;

/** Only what makes something new needs room. */
const needsRoom = new Set(['openSync', 'writeSync', 'writeFileSync', 'mkdirSync', 'symlinkSync']);
const changes = new Set([
  ...needsRoom,
  'renameSync',
  'rmSync',
  'rmdirSync',
  'unlinkSync',
  'fsyncSync',
  'fsync',
]);

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function failure(code: string, name: string, path: string): Error {
  const errno = { EIO: 5, ENOSPC: 28 }[code] ?? 5;
  const syscall = name.replace(/Sync.*$/, '');
  return Object.assign(new Error(`${code}: made up, ${syscall} '${path}'`), {
    code,
    errno: -errno,
    syscall,
    path,
  });
}

/** What has to happen at this call: an error to be thrown, or nothing; it may not come back. */
function fault(
  name: string,
  path: string,
  run: () => unknown,
  half?: () => void,
): Error | undefined {
  count += 1;
  if (task.log !== undefined)
    raw.appendFileSync(task.log, `${name} ${path.slice(task.root.length + 1)}\n`);
  if (task.at === 0 || count < task.at || (isHit && !task.fault.startsWith('always ')))
    return undefined;
  const [kind, code = 'EIO'] = task.fault.split(' ');
  if (kind === 'always') {
    const hits = code === 'ENOSPC' ? needsRoom.has(name) : changes.has(name);
    if (!hits) return undefined;
    isHit = true;
    return failure(code, name, path);
  }
  isHit = true;
  if (kind === 'once') return failure(code, name, path);
  if (kind === 'torn') half?.();
  if (kind === 'after') run();
  return die();
}

function inside(path: unknown): string | undefined {
  if (typeof path !== 'string') return undefined;
  const whole = resolve(path);
  return roots.some((root) => whole === root || whole.startsWith(root + sep)) ? whole : undefined;
}

/** @param half does a part of the call: what a kill in the middle of it leaves */
function wrap(
  name: keyof typeof fs,
  pathOf: (args: unknown[]) => unknown,
  half?: (args: never[]) => void,
): void {
  const call = raw[name] as Call;
  const wrapped = (...args: unknown[]): unknown => {
    const run = (): unknown => call(...(args as never[]));
    const path = depth === 0 ? inside(pathOf(args)) : undefined;
    const label = name === 'openSync' && args[1] === 'r' ? 'openSync(r)' : name;
    if (path === undefined) return run();
    depth += 1;
    try {
      const error = fault(label, path, run, half && (() => half(args as never[])));
      if (error !== undefined) throw error;
      const result = run();
      if (name === 'openSync') open.set(result as number, path);
      return result;
    } finally {
      depth -= 1;
    }
  };
  Object.assign(fs, { [name]: wrapped });
}

const first = ([path]: unknown[]): unknown => path;
const descriptor = ([fd]: unknown[]): unknown => open.get(fd as number);

for (const name of ['openSync', 'mkdirSync', 'rmdirSync', 'unlinkSync', 'readdirSync'] as const)
  wrap(name, first);
for (const name of ['fsyncSync', 'fchmodSync', 'fchownSync', 'readSync'] as const)
  wrap(name, descriptor);
for (const name of ['renameSync', 'symlinkSync'] as const) wrap(name, ([, to]) => to);
wrap('writeSync', descriptor, ([fd, bytes, from = 0]: unknown[]) => {
  const { length } = bytes as Uint8Array;
  raw.writeSync(
    fd as number,
    bytes as Uint8Array,
    from as number,
    Math.floor((length - (from as number)) / 2),
  );
});
wrap(
  'rmSync',
  ([path]) => (raw.existsSync(path as string) ? path : undefined),
  ([path]: unknown[]) => {
    if (!raw.lstatSync(path as string).isDirectory()) return;
    const [one] = raw.readdirSync(path as string);
    if (one !== undefined) raw.rmSync(join(path as string, one), { recursive: true });
  },
);

Object.assign(fs, {
  closeSync: (fd: number): void => {
    open.delete(fd);
    raw.closeSync(fd);
  },
  fsync: (fd: number, done: (error: Error | null) => void): void => {
    const path = open.get(fd);
    const run = (): void => raw.fsyncSync(fd);
    const error = path === undefined ? undefined : fault('fsync', path, run);
    if (error === undefined) raw.fsync(fd, done);
    else process.nextTick(done, error);
  },
});
syncBuiltinESMExports();
