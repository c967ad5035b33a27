import { readFileSync } from 'node:fs';
import { anonymous } from '../faults.ts';
import { pathsOf } from './strace.ts';
import type { Call } from './strace.ts';

export const injections = ['signal=KILL', 'error=EIO', 'error=ENOSPC'] as const;

/** A system call at which strace does harm. */
export interface Spot {
  call: string;
  injection: (typeof injections)[number];
  /** Names and numbers, with random parts taken out. */
  place: string;
  /** The words before the program, but for where strace is to write. */
  strace: string[];
}

/** What makes something, changes it, or makes it durable; `openat` where it is to write. */
const names = [
  'openat',
  'write',
  'ftruncate',
  'fchmod',
  'fsync',
  'fdatasync',
  'rename',
  'unlink',
  'unlinkat',
  'rmdir',
  'symlink',
  'mkdir',
];

/**
 * The spots of a clean run: calls of the main thread by their number, those of other threads and of the process that
 * fetches by their path, where that is the same in each run.
 */
export function spotsOf(calls: readonly Call[], folder: string): Spot[] {
  const spots: Spot[] = [];
  const numbers = new Map<string, number>();
  const next = (key: string): number => {
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    return number;
  };
  const main = calls[0]?.pid;
  for (const call of calls) {
    const { name, pid, result } = call;
    if (!names.includes(name)) continue;
    const number = next(`${pid} ${name}`);
    const path =
      pathsOf(name === 'write' ? { ...call, args: call.args.slice(0, 1) } : call).at(-1) ?? '';
    const onPath = next(`${pid} ${name} ${path}`);
    const isOurs = ['store', 'unsealed'].some((top) => path.startsWith(`${folder}/${top}`));
    if (!isOurs || (result < 0 && name !== 'mkdir')) continue;
    if (name === 'openat' && !call.args.some(({ text }) => text.includes('O_CREAT'))) continue;
    const inFolder = path.slice(folder.length + 1);
    const isSameEachTime =
      inFolder.startsWith('store/mirrors.git/') || anonymous(inFolder) === inFolder;
    if (pid !== main && !isSameEachTime) continue;
    for (const injection of injections) {
      if (injection === 'error=ENOSPC' && /^(unlink|rmdir|fchmod)/.test(name)) continue;
      const when = pid === main ? number : onPath;
      const how = pid === main ? [] : ['-f', '-P', `${FOLDER}/${inFolder}`];
      const strace = [
        ...how,
        '-y',
        '-e',
        `trace=${name}`,
        '-e',
        `inject=${name}:${injection}:when=${when}`,
      ];
      const place = `${anonymous(inFolder)}${pid === main ? '' : ' (beside)'}`;
      spots.push({ call: name, injection, place, strace });
    }
  }
  return spots;
}

/** Stands for the folder of the run, which is another one each time. */
const FOLDER = '@';

/** The words before a program. */
export function injectAt(spot: Spot, folder: string, log: string): string[] {
  return [
    'strace',
    '-o',
    log,
    ...spot.strace.map((word) => word.replace(`${FOLDER}/`, `${folder}/`)),
  ];
}

/** Whether it has hit a file of ours: which number a call has may differ a little from run to run. */
export function hasHit(log: string, folder: string, { injection }: Spot): boolean {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  if (injection !== 'signal=KILL')
    return lines.some((line) => line.includes('(INJECTED)') && line.includes(folder));
  // The call that it died in is the last one of that process.
  const died = lines.findIndex((line) => line.includes('+++ killed by SIGKILL'));
  return died > 0 && lines[died - 1]!.includes(folder);
}
