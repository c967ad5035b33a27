import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgesealError } from '../../core/errors.ts';
import type { FetchOptions } from '../../core/git/fetch.ts';
import type { FetchAnswers, FetchTask, Fault } from './fetch-message.ts';

export interface FetchLimits {
  timeoutMs: number;
  /** Resident memory, in MiB; half of it is the heap's. */
  memoryMiB: number;
}

const WATCH_MS = 200;
/** What the process itself keeps to has this much time to be said: it knows how far it came. */
const SAY_MS = 1000;

/** In the source tree a child is TypeScript; in the package all entries lie beside the chunks. */
const childEntry = fileURLToPath(
  new URL(`./fetch-child${extname(import.meta.url)}`, import.meta.url),
);

/**
 * A conversation with a forked copy of this program that asks one mirror. What the mirror sends is unpacked
 * there and nowhere else; the copy is killed when it takes too long or too much memory, and here arrive
 * plain bytes of files that were asked for.
 */
export class FetchSession {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #release: () => void;
  #fate: EdgesealError | undefined;
  #waiting:
    { resolve: (answer: unknown) => void; reject: (error: EdgesealError) => void } | undefined;

  /**
   * Starts the process.
   *
   * @param name of the mirror, for messages
   */
  constructor(name: string, limits: FetchLimits, signal: AbortSignal) {
    this.#name = name;
    const heap = Math.max(48, Math.floor(limits.memoryMiB / 2));
    const child = fork(childEntry, [], {
      execArgv: [`--max-old-space-size=${heap}`, '--max-semi-space-size=1'],
      // Nothing of ours: the environment of a pod is full of things that a mirror's bytes should not be near.
      env: passedOn(process.env),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.#child = child;
    const { timeoutMs, memoryMiB } = limits;
    const late = setTimeout(() => {
      const message = `mirror ${name}: the fetch took longer than ${timeoutMs / 1000} s`;
      this.#kill(
        new EdgesealError('git-timeout', message, { hint: 'see spec.limits.fetchTimeout' }),
      );
    }, timeoutMs + SAY_MS);
    const watch = setInterval(() => {
      if (residentMiB(child) > memoryMiB)
        this.#kill(this.#limit(`the fetch took more than ${memoryMiB} MiB of memory`));
    }, WATCH_MS);
    const abort = (): void => this.#kill(cancelled());
    signal.addEventListener('abort', abort, { once: true });
    this.#release = () => {
      clearTimeout(late);
      clearInterval(watch);
      signal.removeEventListener('abort', abort);
    };
    child.on('message', (answer) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    });
    child.on('error', () => this.#kill(this.#limit('the process that fetches cannot be started')));
    child.on('exit', () => {
      this.#release();
      this.#end(this.#limit('the process that fetches died of what it was sent'));
    });
    if (signal.aborted) abort();
  }

  /** Asks where the branch is; nothing is fetched yet. Throws as {@link FetchSession.fetch}. */
  async ask(request: FetchOptions): Promise<FetchAnswers['ask']> {
    return this.#ask({ kind: 'ask', request });
  }

  /**
   * Brings the channel's commit.
   *
   * @param verified the commit that {@link FetchSession.differing} compares with
   * @throws EdgesealError as `fetchChannel`; `git-timeout` or `git-limit` where the process was
   * killed, `input-cancelled`
   */
  async fetch(
    task: Omit<Extract<FetchTask, { kind: 'fetch' }>, 'kind'>,
  ): Promise<FetchAnswers['fetch']> {
    return this.#ask({ kind: 'fetch', ...task });
  }

  /** One file of the fetched commit; undefined where there is none. Throws as {@link FetchSession.fetch}. */
  async read(path: string): Promise<Uint8Array | undefined> {
    for await (const [, bytes] of this.readAll([path])) return bytes;
    return undefined;
  }

  /** Many files, in any order, a few in memory at a time; undefined stands for one that is not there. */
  async *readAll(paths: string[]): AsyncGenerator<[path: string, bytes: Uint8Array | undefined]> {
    if (paths.length === 0) return;
    await this.#ask({ kind: 'open', paths });
    for (;;) {
      const { files, done } = await this.#ask({ kind: 'next' });
      yield* files;
      if (done) return;
    }
  }

  /** Paths that are not as in the last verified commit; undefined where that cannot be told. */
  async differing(): Promise<string[] | undefined> {
    return (await this.#ask({ kind: 'differing' })).paths;
  }

  /** The fetched commit was verified: the next fetch builds on it. */
  async accept(): Promise<void> {
    await this.#ask({ kind: 'accept' });
  }

  /** Lets the process end. Returns once it has. */
  async close(): Promise<void> {
    this.#release();
    this.#fate ??= cancelled();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill('SIGKILL');
    const stuck = setTimeout(() => this.#child.kill('SIGKILL'), 1000);
    await gone;
    clearTimeout(stuck);
  }

  #ask<K extends FetchTask['kind']>(
    task: Extract<FetchTask, { kind: K }>,
  ): Promise<FetchAnswers[K]> {
    return new Promise<FetchAnswers[K] | Fault>((resolve, reject) => {
      if (this.#fate !== undefined) {
        reject(this.#fate);
        return;
      }
      this.#waiting = { resolve: resolve as (answer: unknown) => void, reject };
      this.#child.send(task, (error) => {
        if (error !== null)
          this.#kill(this.#limit('the process that fetches died of what it was sent'));
      });
    }).then((answer) => {
      if (answer.ok) return answer;
      const { code, message, file, hint } = answer;
      throw new EdgesealError(code, message, { file, hint });
    });
  }

  #kill(why: EdgesealError): void {
    this.#child.kill('SIGKILL');
    this.#release();
    this.#end(why);
  }

  #end(why: EdgesealError): void {
    this.#fate ??= why;
    this.#waiting?.reject(this.#fate);
    this.#waiting = undefined;
  }

  #limit(message: string): EdgesealError {
    return new EdgesealError('git-limit', `mirror ${this.#name}: ${message}`, {
      hint: 'look at what this mirror serves; limits can be raised under spec.limits',
    });
  }
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

function cancelled(): EdgesealError {
  return new EdgesealError('input-cancelled', 'the controller is stopping');
}
