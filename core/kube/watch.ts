import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from './client.ts';
import { KubeError, isKubeStatus } from './error.ts';
import type { KubeStatus } from './error.ts';

/** What an object is deleted with. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

/** What every object of the API has. */
export interface KubeMeta {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  deletionTimestamp?: string;
  managedFields?: unknown[];
  ownerReferences?: OwnerReference[];
}

export interface KubeObject {
  metadata: KubeMeta;
}

interface KubeList<T> {
  metadata: { resourceVersion: string; continue?: string };
  items: T[] | null;
}

/** What a watch is about. */
export interface WatchTarget {
  /** Collection, such as `/api/v1/secrets`. */
  path: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Asks for metadata alone, without managed fields: what is in a Secret then never leaves the API server. */
  metadataOnly?: boolean;
}

export interface WatchHandler<T> {
  /** The whole collection, at the start and whenever the watch had to begin anew: what is not in it is gone. */
  listed: (items: T[], resourceVersion: string) => void;
  changed: (item: T) => void;
  removed: (item: T) => void;
  /** The watch is interrupted, and goes on by itself; called once an interruption. */
  failed?: (error: KubeError) => void;
}

const PAGE = 500;
/** The server ends a watch after this many seconds; a silent disconnect is noticed a little later. */
const WATCH_SECONDS = 240;
/** Bookmarks come about once a minute: a longer silence means that nobody is there. */
const SILENCE_MS = 90_000;
const BASE_MS = 500;
const CAP_MS = 30_000;

export const metadataAccept = (kind: string): string =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1`;

/**
 * Reads a collection page by page.
 *
 * @returns the items, and the resource version that a watch goes on from
 * @throws KubeError
 */
// The kind of object is the caller's to know.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export async function listAll<T extends KubeObject>(
  client: KubeClient,
  target: WatchTarget,
  signal?: AbortSignal,
): Promise<{ items: T[]; resourceVersion: string }> {
  const items: T[] = [];
  let next: string | undefined;
  for (;;) {
    const { labelSelector, fieldSelector } = target;
    const list = (await client.request('GET', target.path, {
      query: { limit: PAGE, continue: next, labelSelector, fieldSelector },
      signal,
      ...(target.metadataOnly === true
        ? { accept: metadataAccept('PartialObjectMetadataList') }
        : {}),
    })) as KubeList<T>;
    for (const item of list.items ?? []) items.push(slim(item, target));
    next = list.metadata.continue;
    if (next === undefined || next === '')
      return { items, resourceVersion: list.metadata.resourceVersion };
  }
}

/**
 * Lists and then watches a collection, and goes on for as long as it takes: after an error, after `410 Gone` (by a
 * fresh list), and after a connection that has silently died.
 *
 * @param options.silenceMs after how long without a byte the connection counts as dead, in milliseconds
 * @param options.from resource version of a list that the caller has made; then there is none at the start
 * @returns once `signal` is aborted
 */
export async function watchAll<T extends KubeObject>(
  client: KubeClient,
  target: WatchTarget,
  handler: WatchHandler<T>,
  signal: AbortSignal,
  options: { silenceMs?: number | undefined; from?: string | undefined } = {},
): Promise<void> {
  const { silenceMs = SILENCE_MS } = options;
  const position: { at: string | undefined; failures: number } = {
    at: options.from,
    failures: 0,
  };
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    try {
      if (position.at === undefined) {
        const { items, resourceVersion } = await listAll<T>(client, target, signal);
        handler.listed(items, resourceVersion);
        position.at = resourceVersion;
      }
      await watchOnce(client, target, handler, position, signal, silenceMs);
    } catch (error) {
      if (isStopped()) return;
      if (!(error instanceof KubeError)) throw error;
      // What lies between is no longer known to the server, or (504) it was restored from a backup that is older: a
      // list tells.
      if (isKubeStatus(error, 410, 504)) position.at = undefined;
      else if (++position.failures === 1) handler.failed?.(error);
      const wait = Math.min(BASE_MS * 2 ** Math.min(position.failures, 10), CAP_MS);
      await sleep(error.retryAfterMs ?? randomInt(wait / 2, wait), undefined, { signal }).catch(
        () => undefined,
      );
    }
  }
}

/** At 10,000 objects, who manages which field would take more memory than all the rest. */
function slim<T extends KubeObject>(item: T, target: WatchTarget): T {
  if (target.metadataOnly === true) delete item.metadata.managedFields;
  return item;
}

/** One connection, until the server ends it. @throws KubeError where it breaks */
async function watchOnce<T extends KubeObject>(
  client: KubeClient,
  target: WatchTarget,
  handler: WatchHandler<T>,
  position: { at: string | undefined; failures: number },
  signal: AbortSignal,
  silenceMs: number,
): Promise<void> {
  const { path, labelSelector, fieldSelector } = target;
  const response = await client.open('GET', path, {
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: position.at,
      timeoutSeconds: WATCH_SECONDS,
      labelSelector,
      fieldSelector,
    },
    signal,
    timeoutMs: silenceMs,
    ...(target.metadataOnly === true ? { accept: metadataAccept('PartialObjectMetadata') } : {}),
  });
  const where = { method: 'WATCH', path };
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.resume();
    throw new KubeError(where, status, {});
  }
  try {
    for await (const { type, object } of eventsOf<T>(response)) {
      if (type === 'ERROR') throw new KubeError(where, object.code ?? 0, object);
      position.at = object.metadata.resourceVersion;
      position.failures = 0;
      if (type === 'ADDED' || type === 'MODIFIED') handler.changed(slim(object, target));
      else if (type === 'DELETED') handler.removed(object);
    }
  } catch (error) {
    response.destroy();
    if (error instanceof KubeError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new KubeError(where, 0, { message: `the watch breaks off: ${code ?? message}` });
  }
}

interface WatchEvent<T> {
  type: string;
  /** Of an `ERROR`, a Status. */
  object: T & KubeStatus & { code?: number };
}

async function* eventsOf<T>(response: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
    if (line !== '') yield JSON.parse(line) as WatchEvent<T>;
  }
  // readline ends quietly when its input breaks.
  if (response.errored !== null) throw response.errored;
}
