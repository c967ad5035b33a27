import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../core/kube/client.ts';
import { KubeError, isKubeStatus } from '../../core/kube/error.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { Gate } from '../targets/led.ts';

/** How long a lease lasts, when its holder gives up, and how often it is tried for. */
export interface LeaseTimes {
  durationMs: number;
  renewMs: number;
  retryMs: number;
}

/** Derives the other times from a lease's duration, as Kubernetes' own components relate them: 15 s, 10 s, 2 s. */
export function leaseTimes(durationMs: number): LeaseTimes {
  return { durationMs, renewMs: (durationMs * 2) / 3, retryMs: (durationMs * 2) / 15 };
}

interface LeaseObject extends KubeObject {
  spec?: {
    holderIdentity?: string | null;
    leaseDurationSeconds?: number | null;
    acquireTime?: string | null;
    renewTime?: string | null;
    leaseTransitions?: number | null;
  };
}

/** What leadership is for, and who asks for it. */
interface Candidate {
  namespace: string;
  name: string;
  /** Another one for each process, so that a restarted one does not take itself for its predecessor. */
  identity: string;
  times: LeaseTimes;
}

/**
 * Leadership by a Lease. No clock of another machine counts: a foreign lease has run out when it has not changed for its
 * duration while we looked on. The holder gives up a third of the duration before anybody else may take over.
 */
export class Leadership implements Gate {
  readonly #client: KubeClient;
  readonly #candidate: Candidate;
  /** When the last renewal that succeeded was sent, by both clocks; undefined while somebody else leads. */
  #renewed: { monotonic: number; wall: number } | undefined;
  /** The lease as it was seen last, and since when it has not changed. */
  #observed: { record: string; at: number } | undefined;
  #holder: string | undefined;
  #wasLeading = false;
  term = 0;
  /** Why the last try came to nothing, where the API server did not answer. */
  fault: string | undefined;

  constructor(client: KubeClient, candidate: Candidate) {
    this.#client = client;
    this.#candidate = candidate;
  }

  /**
   * Whether this process may write now. To be asked before each write: a process that was frozen finds out here,
   * before any timer has told it. The wall clock can only end leadership: the other one stands still while a machine
   * sleeps.
   */
  get isLeading(): boolean {
    if (this.#renewed === undefined) return false;
    const { renewMs } = this.#candidate.times;
    const { monotonic, wall } = this.#renewed;
    return performance.now() - monotonic < renewMs && Date.now() - wall < renewMs;
  }

  get isOpen(): boolean {
    return this.isLeading;
  }

  /** Who leads, as far as is known here. */
  get holder(): string | undefined {
    return this.isLeading ? this.#candidate.identity : this.#holder;
  }

  get identity(): string {
    return this.#candidate.identity;
  }

  /**
   * Tries for the lease, and keeps it, until `signal` is aborted.
   *
   * @param changed called when this process becomes the leader, and when it no longer is
   */
  async run(signal: AbortSignal, changed: () => void): Promise<void> {
    const { retryMs } = this.#candidate.times;
    const isStopped = (): boolean => signal.aborted;
    while (!isStopped()) {
      await this.#try(signal);
      this.#tell(changed);
      await sleep(retryMs * (0.9 + Math.random() / 5), undefined, { signal }).catch(
        () => undefined,
      );
      this.#tell(changed);
    }
  }

  /** Lets another one lead at once; to be called when everything that writes has ended. */
  async release(): Promise<void> {
    if (!this.isLeading) return;
    this.#renewed = undefined;
    try {
      const lease = await this.#get(undefined);
      if (lease?.spec?.holderIdentity !== this.#candidate.identity) return;
      await this.#put(lease, { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 });
    } catch (error) {
      // Then it runs out by itself.
      if (!(error instanceof KubeError)) throw error;
    }
  }

  #tell(changed: () => void): void {
    const { isLeading } = this;
    if (isLeading === this.#wasLeading) return;
    this.#wasLeading = isLeading;
    changed();
  }

  async #try(signal: AbortSignal): Promise<void> {
    const sent = { monotonic: performance.now(), wall: Date.now() };
    try {
      const isOurs = await this.#acquire(signal);
      // A lapse that nobody has used begins a new term all the same: what happened meanwhile is not known.
      if (isOurs && !this.isLeading) this.term += 1;
      this.#renewed = isOurs ? sent : undefined;
      this.fault = undefined;
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      // At 409 somebody was faster; the next look says who.
      this.fault = error.status === 409 ? undefined : error.message;
    }
  }

  /** @returns whether the lease is ours from here on */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { identity, name, namespace, times } = this.#candidate;
    const lease = await this.#get(signal);
    const now = new Date().toISOString().replace('Z', '000Z');
    const mine = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(times.durationMs / 1000)),
      renewTime: now,
    };
    if (lease === undefined) {
      const spec = { ...mine, acquireTime: now, leaseTransitions: 0 };
      const metadata = { name, namespace };
      const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
      await this.#client.request('POST', this.#collection, { body, ...this.#within(signal) });
      return true;
    }
    const spec = lease.spec ?? {};
    const holder = spec.holderIdentity ?? '';
    this.#holder = holder === '' ? undefined : holder;
    if (holder === identity) {
      await this.#put(lease, { ...spec, ...mine }, signal);
      return true;
    }
    if (!this.#hasRunOut(lease, holder)) return false;
    const transitions = (spec.leaseTransitions ?? 0) + 1;
    const taken = { ...mine, acquireTime: now, leaseTransitions: transitions };
    await this.#put(lease, taken, signal);
    return true;
  }

  #hasRunOut(lease: LeaseObject, holder: string): boolean {
    const record = `${lease.metadata.uid} ${lease.metadata.resourceVersion}`;
    if (this.#observed?.record !== record) this.#observed = { record, at: performance.now() };
    if (holder === '') return true;
    const seconds = lease.spec?.leaseDurationSeconds ?? this.#candidate.times.durationMs / 1000;
    return performance.now() - this.#observed.at > seconds * 1000;
  }

  async #get(signal: AbortSignal | undefined): Promise<LeaseObject | undefined> {
    const path = `${this.#collection}/${this.#candidate.name}`;
    try {
      return (await this.#client.request('GET', path, this.#within(signal))) as LeaseObject;
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  /** The resource version goes along: of two who take it, one is refused. */
  async #put(lease: LeaseObject, spec: LeaseObject['spec'], signal?: AbortSignal): Promise<void> {
    await this.#client.request('PUT', `${this.#collection}/${this.#candidate.name}`, {
      body: { ...lease, spec },
      ...this.#within(signal),
    });
  }

  /** An API server that does not answer must not use up the time in which another one may. */
  #within(signal: AbortSignal | undefined): { signal: AbortSignal | undefined; timeoutMs: number } {
    const { retryMs, renewMs } = this.#candidate.times;
    return { signal, timeoutMs: Math.max(retryMs, renewMs / 2) };
  }

  get #collection(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#candidate.namespace}/leases`;
  }
}
