import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../../test/support/cluster/client.ts';
import type { Server } from '../../test/support/cluster/server.ts';

const POLL_MS = 25;
const PATIENCE_MS = 240_000;

/** A figure of `/proc/<pid>/status`, in MB. NaN where that process is gone. */
export function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(text)?.[1]) / 1000;
  } catch {
    return Number.NaN;
  }
}

/** The most that any child of this process has needed, looked at now and then: it may be gone at the end. */
export class ChildPeak {
  readonly #pid: number;
  megabytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  look(): void {
    try {
      const children = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, 'utf8');
      for (const child of children.trim().split(' ').filter(Boolean)) {
        const peak = memoryOf(Number(child), 'VmHWM');
        if (peak > this.megabytes) this.megabytes = peak;
      }
    } catch {
      // The process has ended: there is no more to see.
    }
  }
}

/**
 * How many Secrets the cluster has, without reading one: a list of one item says how many are left. So looking costs
 * the API server next to nothing, while a watch would cost it an event for each Secret.
 */
export async function countSecrets(cluster: Cluster): Promise<number> {
  const { body } = await cluster.request('GET', '/api/v1/secrets?limit=1', undefined, {
    headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
  });
  const { items, metadata } = body as {
    items: unknown[] | null;
    metadata: { remainingItemCount?: number };
  };
  return (items?.length ?? 0) + (metadata.remainingItemCount ?? 0);
}

/**
 * Waits until the cluster has so many Secrets.
 *
 * @param servers whose end is a failure
 * @returns `performance.now()` of the moment, at most a few milliseconds late
 */
export async function untilSecrets(
  cluster: Cluster,
  count: number,
  servers: Server[],
  each: () => void = () => undefined,
): Promise<number> {
  return until(
    async () => (await countSecrets(cluster)) >= count,
    `${count} Secrets`,
    servers,
    each,
  );
}

/** Polls until something holds; throws with the programs' last words when one of them ends or nothing comes. */
export async function until(
  check: () => boolean | Promise<boolean>,
  what: string,
  servers: Server[] = [],
  each: () => void = () => undefined,
): Promise<number> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    each();
    if (await check()) return performance.now();
    const isDead = servers.some((server) => !server.running);
    if (isDead || performance.now() > deadline) {
      const logs = servers.map((server) => server.logTail()).join('\n');
      throw new Error(`no ${what}: ${isDead ? 'a program ended' : 'given up'}\n${logs}`);
    }
    await sleep(POLL_MS);
  }
}

export const median = (list: number[]): number =>
  list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
