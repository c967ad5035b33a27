import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { MutationNews, MutationTask } from './mutation-child.ts';

/** What a run has come to. */
export interface MutationResult {
  subjects: number;
  refused: number;
  /** Accepted, because what was changed is not what was signed or says the same. */
  same: number;
  peakMB: number;
  /** What must never happen, in words, with the number of the case. */
  wrong: string[];
}

/** None takes a hundredth of it; it is there for what would never end. */
const HANG_MS = 30_000;
/** The fork of a controller that reads what a mirror sent gets about as much. */
const HEAP_MB = 192;

/** Runs cases in a process with little memory, which is killed once one of them hangs. */
export async function runMutations(task: MutationTask): Promise<MutationResult> {
  const child = fork(join(import.meta.dirname, 'mutation-child.ts'), [], {
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const result: MutationResult = { subjects: 0, refused: 0, same: 0, peakMB: 0, wrong: [] };
  let last = 'before the first case';
  return new Promise((resolve) => {
    const hang = setTimeout(() => {
      result.wrong.push(`hangs: ${last}`);
      child.kill('SIGKILL');
    }, HANG_MS);
    child.on('message', (news: MutationNews) => {
      hang.refresh();
      if (news.kind === 'case') last = `case ${news.number}, ${news.what}`;
      else if (news.kind === 'wrong')
        result.wrong.push(`case ${news.number}, ${news.what}: ${news.message}`);
      else Object.assign(result, { ...news, kind: undefined });
    });
    child.on('exit', (code, signal) => {
      clearTimeout(hang);
      if (code !== 0) result.wrong.push(`died (${signal ?? String(code)}): ${last}`);
      resolve(result);
    });
    child.send(task);
  });
}
