/**
 * `npm run bench -- history`: 5,000 publishes of one channel of 200 secrets (`--quick`: 500), followed by a controller all the
 * time. What a fetch moves and takes, the store on disk and the controller's memory, at the beginning and at the end.
 * The controller runs in this process, beside the publisher and the server; its fetches are children, as always.
 */
import { execFileSync } from 'node:child_process';
import { SoakSite } from '../test/soak/site.ts';

const publishes = process.argv.includes('--quick') ? 500 : 5000;
const SECRETS = 200;
/** Of one fetch in this many publishes each. */
const EVERY = 5;

interface Window {
  moved: number;
  ms: number;
  disk: number;
  files: number;
  heap: number;
}

const site = await SoakSite.make(['http']);
const { channel } = site;
const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length >> 1] ?? 0;

try {
  const names = Array.from({ length: SECRETS }, (_, i) => `ns-${i % 5}/s${i}`);
  for (const name of names) await channel.seal(name, { password: `made-up ${name}` });
  channel.publish();
  const first = performance.now();
  await site.round(60);
  const whole = { moved: site.moved, ms: performance.now() - first };
  const windows: Window[] = [];
  let [moved, ms]: number[][] = [[], []];
  const size = publishes / 10;
  for (let n = 1; n <= publishes; n += 1) {
    await channel.seal(names[(n * 7) % SECRETS]!, { password: `made-up ${n}` });
    channel.publish();
    // The publisher's repository is its host's to keep in order.
    if (n % 500 === 0) execFileSync('git', ['-C', channel.path, 'gc', '-q', '--prune=now']);
    if (n % EVERY === 0) {
      const [before, began] = [site.moved, performance.now()];
      const status = await site.round(60);
      if (status.snapshot?.sequence !== n + 1) throw new Error('the newest is not accepted');
      moved?.push(site.moved - before);
      ms?.push(performance.now() - began);
    }
    if (n % size === 0) {
      globalThis.gc?.();
      const { bytes, files } = site.disk;
      const heap = process.memoryUsage().heapUsed;
      windows.push({ moved: median(moved ?? []), ms: median(ms ?? []), disk: bytes, files, heap });
      [moved, ms] = [[], []];
      site.forgetRequests();
    }
  }
  console.log(
    `${publishes} publishes of a channel of ${SECRETS} secrets, fetched after every ${EVERY}`,
  );
  console.log(
    `the first fetch, of all              ${(whole.moved / 1e3).toFixed(0)} KB, ${whole.ms.toFixed(0)} ms`,
  );
  for (const [i, { moved: bytes, ms: time, disk, files, heap }] of windows.entries())
    console.log(
      `after ${String((i + 1) * size).padStart(5)}   a fetch and its round ${(bytes / 1e3).toFixed(1)} KB, ${time.toFixed(0)} ms   ` +
        `store ${(disk / 1e3).toFixed(0)} KB in ${files} files   heap ${(heap / 1e6).toFixed(1)} MB`,
    );
  const [begin, end] = [windows[0]!, windows.at(-1)!];
  const ratio = (of: keyof Window): string => (end[of] / begin[of]).toFixed(2);
  console.log(
    `last tenth to first: moved ${ratio('moved')}, time ${ratio('ms')}, store ${ratio('disk')}, heap ${ratio('heap')} (goal: not growing)`,
  );
} finally {
  await site.remove();
}
