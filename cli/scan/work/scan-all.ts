import type { ScanInput } from '../source/input.ts';
import { scanBatch } from './batch.ts';
import type { ScanResult } from './batch.ts';
import { makeScanner } from './settings.ts';
import type { ScanSettings } from './settings.ts';

/** Less than this is looked at before a thread would have started. */
const smallBytes = 1024 * 1024;
const smallCount = 200;
/** A batch ends with the file that fills it. */
const batchBytes = 512 * 1024;
const batchCount = 128;
/** Results are waited for in order; so many batches may be ahead of the first one that is not there. */
const maxOpen = 64;

/**
 * Looks at all inputs: a few on this thread, many on worker threads. Results come in the order of the inputs, whichever thread
 * was first.
 *
 * @param onStep called as batches are done, with how many inputs that makes
 */
export async function* scanAll(
  settings: ScanSettings,
  inputs: Iterable<ScanInput> | AsyncIterable<ScanInput>,
  onStep: (done: number) => void,
): AsyncGenerator<ScanResult> {
  const open: Promise<{ count: number; results: ScanResult[] }>[] = [];
  let done = 0;
  const next = async (): Promise<ScanResult[]> => {
    const first = await open.shift();
    onStep((done += first?.count ?? 0));
    return first?.results ?? [];
  };
  let pool: import('./pool.ts').Pool | undefined;
  try {
    for await (const { batch, isAll } of batchesOf(inputs)) {
      if (isAll) {
        yield* await scanBatch(await makeScanner(settings), batch);
        onStep(batch.length);
        return;
      }
      pool ??= new (await import('./pool.ts')).Pool(settings);
      const count = batch.length;
      const { results } = await pool.send(batch);
      open.push(results.then((found) => ({ count, results: found })));
      open.at(-1)?.catch(() => undefined);
      if (open.length >= maxOpen) yield* await next();
    }
    while (open.length > 0) yield* await next();
  } finally {
    await pool?.close();
  }
}

/** Batches by size; the first one is held back until it is known whether it is all there is. */
async function* batchesOf(
  inputs: Iterable<ScanInput> | AsyncIterable<ScanInput>,
): AsyncGenerator<{ batch: ScanInput[]; isAll: boolean }> {
  let batch: ScanInput[] = [];
  let bytes = 0;
  let isFirst = true;
  for await (const input of inputs) {
    batch.push(input);
    bytes += input.size;
    const isFull = isFirst
      ? bytes > smallBytes || batch.length > smallCount
      : bytes > batchBytes || batch.length > batchCount;
    if (!isFull) continue;
    // What was held back is small files: as several batches they reach several threads.
    for (const part of isFirst ? halves(batch) : [batch]) yield { batch: part, isAll: false };
    isFirst = false;
    batch = [];
    bytes = 0;
  }
  if (isFirst || batch.length > 0) yield { batch, isAll: isFirst };
}

function halves(batch: ScanInput[]): ScanInput[][] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)].filter((part) => part.length > 0);
}
