import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubeCondition, RegionSyncStatus } from '../../core/format/status.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { KubeError, isKubeStatus } from '../../core/kube/error.ts';
import type { Log } from '../status/log.ts';
import type { Reason } from '../status/reason.ts';
import type { Status } from '../status/status.ts';
import type { RegionObject, RegionWatch } from './region-object.ts';
import { regionSyncs } from './region-object.ts';

/** What the object's status is made of. */
export interface Said {
  /** Of the controller, as it says everywhere; undefined before it has said anything. */
  status: Status | undefined;
  /** The generation of the spec that this is about. */
  generation: number;
  /** What stands before the controller's own Ready. */
  ready?: { status: 'False'; reason: Reason; message: string } | undefined;
}

/** Nothing moves until a person does something. */
const stalling = new Set<string>([
  'InvalidSpec',
  'KeyLost',
  'KeyMissing',
  'FloorNeeded',
  'StoreCorrupt',
  'StoreNotOurs',
]);
const RETRY_MS = 1000;
const RETRY_CAP_MS = 30_000;

/**
 * The one place that writes the status of a RegionSync: only the leader, only when it says something else than what is
 * there, and never over what somebody else has written meanwhile.
 */
export class ObjectStatus {
  readonly #client: KubeClient;
  readonly #watch: RegionWatch;
  readonly #isLeading: () => boolean;
  readonly #log: Log;
  #said: Said | undefined;
  #writing: Promise<void> | undefined;
  #isAgain = false;
  readonly #stop = new AbortController();

  constructor(client: KubeClient, watch: RegionWatch, isLeading: () => boolean, log: Log) {
    this.#client = client;
    this.#watch = watch;
    this.#isLeading = isLeading;
    this.#log = log;
  }

  /** Takes what is to be said. It is written as soon as the API server takes it. */
  say(said: Said): void {
    if (!this.#isLeading()) return;
    this.#said = said;
    this.#isAgain = true;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Waits for what is being written, for a moment. */
  async close(): Promise<void> {
    const patience = AbortSignal.timeout(2000);
    patience.addEventListener('abort', () => this.#stop.abort());
    await this.#writing;
  }

  async #write(): Promise<void> {
    let failures = 0;
    while (this.#isAgain && !this.#stop.signal.aborted) {
      this.#isAgain = false;
      try {
        await this.#put();
        failures = 0;
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        failures += 1;
        const isConflict = error.status === 409;
        if (failures === 1 && !isConflict)
          this.#log.warn('status not written', { message: error.message });
        const wait = Math.min(RETRY_MS * 2 ** (failures - 1), RETRY_CAP_MS);
        await sleep(isConflict ? RETRY_MS / 10 : wait, undefined, {
          signal: this.#stop.signal,
        }).catch(() => undefined);
        this.#isAgain = true;
      }
    }
  }

  async #put(): Promise<void> {
    const object = this.#watch.current;
    if (object === undefined || this.#said === undefined || !this.#isLeading()) return;
    const status = statusFor(this.#said, object.status);
    if (isDeepStrictEqual(status, object.status)) return;
    const { name, namespace = '', uid, resourceVersion } = object.metadata;
    const path = `${regionSyncs(namespace)}/${name}`;
    try {
      const made = (await this.#client.request('PUT', `${path}/status`, {
        body: { ...object, metadata: { name, namespace, uid, resourceVersion }, status },
        query: { fieldManager: 'edgeseal' },
      })) as RegionObject;
      this.#take(object, made);
    } catch (error) {
      if (isKubeStatus(error, 409))
        this.#take(object, (await this.#client.request('GET', path)) as RegionObject);
      throw error;
    }
  }

  /** The watch brings it too, a little later; by then the next status may have to be compared with it. */
  #take(before: RegionObject, after: RegionObject): void {
    if (this.#watch.current === before && after.metadata.generation === before.metadata.generation)
      this.#watch.current = after;
  }
}

/** Puts it into the object's form. A transition's time is kept from what the object says, whoever has written that. */
function statusFor(said: Said, before: RegionSyncStatus | undefined): RegionSyncStatus {
  const { status, generation, ready } = said;
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
  const conditions = conditionsOf(said).map((condition) => {
    const last = before?.conditions?.find(({ type }) => type === condition.type);
    const lastTransitionTime = last?.status === condition.status ? last.lastTransitionTime : now;
    return { ...condition, lastTransitionTime, observedGeneration: generation };
  });
  if (status === undefined) {
    // It is not known yet what there is: what was said of it stays.
    const others = ready === undefined ? [] : (before?.conditions ?? []);
    const kept = others.filter(
      ({ type }) => !isOurs(type) && !conditions.some((c) => c.type === type),
    );
    return plain({
      ...before,
      observedGeneration: generation,
      conditions: [...conditions, ...kept],
    });
  }
  const { keys, root, snapshot, mirrors, secrets, pruning, alarm } = status;
  return plain({
    observedGeneration: generation,
    conditions,
    keys,
    root,
    snapshot,
    mirrors,
    secrets,
    pruning,
    alarm,
  });
}

/** Those that stand only while they are true. */
const isOurs = (type: string): boolean => type === 'Reconciling' || type === 'Stalled';

function conditionsOf({ status, ready }: Said): Omit<KubeCondition, 'lastTransitionTime'>[] {
  const conditions = (status?.conditions ?? []).map(({ type, status: is, reason, message }) =>
    type === 'Ready' && ready !== undefined
      ? { type, ...ready }
      : { type: type, status: is, reason: reason, message },
  );
  if (status === undefined && ready !== undefined) conditions.push({ type: 'Ready', ...ready });
  const own = conditions.find(({ type }) => type === 'Ready');
  if (own?.status !== 'False' || own.reason === 'Suspended') return conditions;
  const { reason, message } = own;
  const type = stalling.has(reason) ? 'Stalled' : 'Reconciling';
  return [...conditions, { type, status: 'True', reason, message }];
}

/** As the API server gives it back: without nulls. */
function plain(status: Record<string, unknown>): RegionSyncStatus {
  return JSON.parse(
    JSON.stringify(status, (_, value: unknown) => value ?? undefined),
  ) as RegionSyncStatus;
}
