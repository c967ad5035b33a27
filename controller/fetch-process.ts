import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EdgesealError } from '../core/errors.ts';
import type { FetchOutcome, FetchTask } from './fetch-message.ts';

export interface FetchLimits {
  timeoutMs: number;
  /** Resident memory and heap, in MiB. */
  memoryMiB: number;
}

const WATCH_MS = 200;

/** In the source tree a child is TypeScript; in the package all entries lie beside the chunks. */
function childEntry(): string {
  const name = import.meta.url.endsWith('.ts') ? './fetch-child.ts' : './fetch-child.js';
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * Lets a forked copy of this program ask one mirror, and kills it when it takes too long or too much
 * memory: what a mirror sends is unpacked there and nowhere else.
 *
 * @throws EdgesealError what the child reports, `git-limit` where it was killed, `input-cancelled` on abort
 */
export async function runFetch(
  task: FetchTask,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Extract<FetchOutcome, { ok: true }>> {
  const outcome = await converse(task, limits, signal);
  if (outcome.ok) return outcome;
  const { code, message, file, hint } = outcome;
  throw new EdgesealError(code, message, { file, hint });
}

function converse(
  task: FetchTask,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelled());
      return;
    }
    const { name } = task.request.spec;
    const heap = Math.max(48, Math.floor(limits.memoryMiB / 2));
    const child = fork(childEntry(), [], {
      execArgv: [`--max-old-space-size=${heap}`],
      // Nothing of ours: the environment of a pod is full of things that a mirror's bytes should not be near.
      env: passedOn(process.env),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    let fate: EdgesealError | undefined;
    let outcome: FetchOutcome | undefined;
    const kill = (why: EdgesealError): void => {
      fate ??= why;
      child.kill('SIGKILL');
    };
    const late = setTimeout(() => {
      kill(limit(`mirror ${name}: the fetch took longer than ${limits.timeoutMs / 1000} s`));
    }, limits.timeoutMs);
    const watch = setInterval(() => {
      if (residentMiB(child) > limits.memoryMiB) {
        kill(limit(`mirror ${name}: the fetch took more than ${limits.memoryMiB} MiB of memory`));
      }
    }, WATCH_MS);
    const abort = (): void => kill(cancelled());
    signal.addEventListener('abort', abort, { once: true });
    child.on('message', (message) => (outcome = message as FetchOutcome));
    child.on('error', () =>
      kill(limit(`mirror ${name}: the process that fetches cannot be started`)),
    );
    child.on('exit', () => {
      clearTimeout(late);
      clearInterval(watch);
      signal.removeEventListener('abort', abort);
      if (fate !== undefined) reject(fate);
      else if (outcome !== undefined) resolve(outcome);
      else reject(limit(`mirror ${name}: the process that fetches died of what it was sent`));
    });
    child.send(task);
  });
}

/** Only what TLS and temporary files need. */
function passedOn(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'TMPDIR', 'TZ'];
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}

/** 0 where it cannot be told: the heap's limit and the clock's hold all the same. */
function residentMiB(child: ChildProcess): number {
  try {
    const pages = readFileSync(`/proc/${String(child.pid)}/statm`, 'latin1').split(' ')[1];
    return (Number(pages) * 4096) / (1024 * 1024);
  } catch {
    return 0;
  }
}

function limit(message: string): EdgesealError {
  return new EdgesealError('git-limit', message, {
    hint: 'look at what this mirror serves; limits can be raised under spec.limits',
  });
}

function cancelled(): EdgesealError {
  return new EdgesealError('input-cancelled', 'the controller is stopping');
}
