// A worker thread of `edgeseal scan`: takes batches of files, gives back what it has found in them.
import { parentPort, workerData } from 'node:worker_threads';
import type { ScanInput } from '../source/input.ts';
import { scanBatch } from './batch.ts';
import { makeScanner } from './settings.ts';
import type { ScanSettings } from './settings.ts';

const scanner = await makeScanner(workerData as ScanSettings);
parentPort?.on('message', ({ id, inputs }: { id: number; inputs: ScanInput[] }) => {
  scanBatch(scanner, inputs).then(
    (results) => parentPort?.postMessage({ id, results }),
    (error: unknown) => {
      // Ends the thread: the pool hears of it as the thread's error.
      throw error;
    },
  );
});
