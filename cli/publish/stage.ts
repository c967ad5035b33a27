import type { Io } from '../terminal/io.ts';

const afterMs = 1000;

/** Says on a terminal what is being waited for, where that takes longer than a second. */
export async function stage<T>(io: Io, what: string, work: Promise<T>): Promise<T> {
  const { stderr } = io;
  if (stderr.isTTY !== true) return await work;
  const started = Date.now();
  const timer = setInterval(() => {
    stderr.write(`\r${what} (${Math.round((Date.now() - started) / 1000)} s)\u001b[K`);
  }, afterMs);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (Date.now() - started >= afterMs) stderr.write('\r\u001b[K');
  }
}
