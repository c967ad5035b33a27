import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ScanInput } from '../source/input.ts';
import type { ScanResult } from './batch.ts';
import type { ScanSettings } from './settings.ts';

/** More threads than this wait for the disk and for each other. */
const maxThreads = 8;
/** So many batches are at a thread, that it never waits for the next one. */
const ahead = 2;

interface Waiting {
  resolve: (results: ScanResult[]) => void;
  reject: (error: unknown) => void;
}

interface Thread {
  worker: Worker;
  busy: number;
}

/** Worker threads that look at batches of files. */
export class Pool {
  readonly #threads: Thread[];
  readonly #waiting = new Map<number, Waiting>();
  #sent = 0;
  #failure: unknown;
  #freed: (() => void)[] = [];

  constructor(settings: ScanSettings) {
    const url = new URL(`./scan-child${extname(import.meta.url)}`, import.meta.url);
    const count = Math.min(availableParallelism(), maxThreads);
    this.#threads = Array.from({ length: count }, () => this.#start(url, settings));
  }

  /** Waits for a thread that has room, and gives it a batch. @returns the batch's results, when they are there */
  async send(inputs: readonly ScanInput[]): Promise<{ results: Promise<ScanResult[]> }> {
    let thread = this.#free();
    while (thread === undefined) {
      await new Promise<void>((resolve) => {
        this.#freed.push(resolve);
      });
      thread = this.#free();
    }
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever a thread has thrown
    if (this.#failure !== undefined) throw this.#failure;
    const id = (this.#sent += 1);
    thread.busy += 1;
    const results = new Promise<ScanResult[]>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    // Thrown where it is awaited, in its turn.
    results.catch(() => undefined);
    thread.worker.postMessage({ id, inputs }, buffersOf(inputs));
    return { results };
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #free(): Thread | undefined {
    const [least] = [...this.#threads].sort((a, b) => a.busy - b.busy);
    return least !== undefined && (least.busy < ahead || this.#failure !== undefined)
      ? least
      : undefined;
  }

  #start(url: URL, settings: ScanSettings): Thread {
    const thread: Thread = { worker: new Worker(url, { workerData: settings }), busy: 0 };
    thread.worker.on('message', ({ id, results }: { id: number; results: ScanResult[] }) => {
      thread.busy -= 1;
      this.#waiting.get(id)?.resolve(results);
      this.#waiting.delete(id);
      this.#wake();
    });
    thread.worker.on('error', (error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
      this.#wake();
    });
    return thread;
  }

  #wake(): void {
    for (const resolve of this.#freed.splice(0)) resolve();
  }
}

/** Contents that lie in memory of their own move to the thread instead of being copied. */
function buffersOf(inputs: readonly ScanInput[]): ArrayBuffer[] {
  return inputs.flatMap(({ bytes }) =>
    bytes?.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
      ? [bytes.buffer]
      : [],
  );
}
