import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import { isEdgesealError } from '../../core/errors.ts';
import { checkRegionSyncObject } from '../../core/format/region-sync.ts';
import { KubeClient } from '../../core/kube/client.ts';
import type { KubeEndpoint } from '../../core/kube/client.ts';
import { settingsOf } from '../config.ts';
import type { Settings } from '../config.ts';
import { isAlive } from '../main.ts';
import type { Counters } from '../status/counters.ts';
import type { Log } from '../status/log.ts';
import type { Status } from '../status/status.ts';
import { EventTeller } from './events.ts';
import { KeySecret } from './key-secret.ts';
import { Leadership, type LeaseTimes } from './lease.ts';
import { ObjectStatus } from './object-status.ts';
import type { Said } from './object-status.ts';
import { RegionWatch } from './region-object.ts';
import type { RegionObject } from './region-object.ts';
import { RegionRunner } from './region-runner.ts';
import { SecretReader } from './secret-reader.ts';
import { SavedSpec, saveSpec } from './spec-file.ts';

/** What a supervisor is given. */
export interface SupervisorParts {
  /** Of the RegionSync, which is the region's too. */
  name: string;
  namespace: string;
  endpoint: KubeEndpoint;
  lease: LeaseTimes;
  env: NodeJS.ProcessEnv;
  counters: Counters;
  log: Log;
  signal: AbortSignal;
  /** Serves health and metrics there. Throws an EdgesealError where that cannot be. */
  serve: (at: Settings['listen']) => Promise<void>;
}

const { promise: never } = Promise.withResolvers<never>();

/** How long the API server may take before what it said last time is used. */
const PATIENCE_MS = 3000;

/**
 * Runs the region that a RegionSync object describes: started anew, whole, when its spec changes; kept as it is while the
 * spec is wrong; stopped, with everything left in its place, when it is suspended or gone.
 */
export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #leadership: Leadership;
  readonly #watch: RegionWatch;
  readonly #status: ObjectStatus;
  readonly #events: EventTeller;
  readonly #client: KubeClient;
  readonly #clients: KubeClient[];
  readonly #log: Log;
  readonly #runner: RegionRunner;
  readonly #saved = new SavedSpec();
  /** What was made of the spec: its uid and generation. */
  #handled = '';
  #ready: Said['ready'];
  #changed: () => void = () => undefined;
  #hasChanged = false;

  constructor(parts: SupervisorParts) {
    const { endpoint, namespace, name, lease, log } = parts;
    this.#parts = parts;
    // Each its own: a lease must not wait until a Secret was read, nor a status for a watch.
    const [leases, watches, others] = [1, 1, 4].map((sockets) => new KubeClient(endpoint, sockets));
    if (leases === undefined || watches === undefined || others === undefined) throw new Error();
    this.#client = others;
    this.#clients = [leases, watches, others];
    const pod = parts.env['POD_NAME'] ?? hostname();
    this.#leadership = new Leadership(leases, {
      namespace,
      name: `edgeseal-${name}`,
      identity: `${pod}_${randomUUID()}`,
      times: lease,
    });
    const isLeading = (): boolean => this.#leadership.isLeading;
    this.#watch = new RegionWatch(watches, namespace, name);
    this.#status = new ObjectStatus(others, this.#watch, isLeading, log);
    this.#events = new EventTeller(others, () => this.#watch.current, isLeading, pod);
    this.#log = this.#events.tee(log);
    const secrets = new SecretReader(others, namespace);
    this.#runner = new RegionRunner(parts.env, {
      way: { endpoint, namespace, gate: this.#leadership },
      secrets: (secret) => secrets.texts(secret),
      keySecret: (secret) => new KeySecret(secret, secrets),
      publish: (status) => this.#say(status),
      log: this.#log,
      counters: parts.counters,
    });
  }

  get settings(): Settings | undefined {
    return this.#runner.running?.settings;
  }

  get status(): Status | undefined {
    return this.#runner.status;
  }

  get issuedAt(): string | undefined {
    return this.#runner.running?.assembly.region.intake.issuedAt;
  }

  get isLeading(): boolean {
    return this.#leadership.isLeading;
  }

  get isAlive(): boolean {
    const { assembly, settings } = this.#runner.running ?? {};
    return assembly === undefined || settings === undefined || isAlive(assembly.loop, settings);
  }

  /** Why this replica could not take over; what a network or a mirror does is not its fault. */
  get unready(): string | undefined {
    if (this.#handled === '') return this.#watch.fault ?? 'the RegionSync was not read yet';
    if (this.#runner.running === undefined) return undefined;
    const ready = this.status?.conditions.find(({ type }) => type === 'Ready');
    if (ready === undefined) return 'the first round is under way';
    const isOurs = ready.reason === 'Starting' || /^Store(?!Behind)/.test(ready.reason);
    return isOurs ? `${ready.reason}: ${ready.message}` : undefined;
  }

  /** Goes on until it is told to stop; then the lease is free for the next one at once. */
  async run(): Promise<void> {
    const stop = new AbortController();
    const { signal } = this.#parts;
    const background = [
      this.#leadership.run(stop.signal, () => this.#leadershipChanged()),
      this.#watch.run(stop.signal, () => this.#wake()),
    ];
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    let isLate = false;
    const patience = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, PATIENCE_MS);
    try {
      while (!isAborted(signal)) {
        this.#hasChanged = false;
        await this.#handle(isLate);
        await Promise.race([this.#change(), this.#runner.running?.done ?? never]);
      }
    } finally {
      clearTimeout(patience);
      await this.#runner.stop();
      await this.#status.close();
      await this.#events.close();
      stop.abort();
      await Promise.all(background);
      await this.#leadership.release();
      for (const client of this.#clients) client.close();
    }
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#changed = resolve;
      if (this.#hasChanged) resolve();
    });
  }

  #wake(): void {
    this.#hasChanged = true;
    this.#changed();
  }

  #leadershipChanged(): void {
    const { isLeading, holder, fault } = this.#leadership;
    this.#log.info('leadership', { leading: isLeading, holder, message: fault });
    void this.#watch.refresh(this.#client).then(() => {
      this.#wake();
      this.#runner.running?.assembly.loop.hurry();
      this.#sayWhyNot();
    });
  }

  /** Brings what runs in line with the object. */
  async #handle(isLate: boolean): Promise<void> {
    const { current, isKnown } = this.#watch;
    if (!isKnown) {
      if (isLate && this.#handled === '') await this.#handleSaved();
      return;
    }
    if (current === undefined) {
      if (this.#handled === 'none') return;
      this.#handled = 'none';
      this.#ready = undefined;
      if (this.#runner.running !== undefined) this.#log.warn('region sync gone');
      await this.#runner.stop();
      return;
    }
    const { uid, generation = 0 } = current.metadata;
    const key = `${uid} ${generation}`;
    if (key === this.#handled) return;
    this.#handled = key;
    await this.#take(current, key, generation);
    this.#sayWhyNot();
  }

  async #take(object: RegionObject, key: string, generation: number): Promise<void> {
    const { env } = this.#parts;
    let settings: Settings;
    let isSuspended: boolean;
    try {
      const spec = checkRegionSyncObject(object);
      isSuspended = spec.suspend === true;
      settings = await settingsOf(spec, '/', env);
      await this.#parts.serve(settings.listen);
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      // What ran before goes on: a slip in a field must not end a site's updates.
      const field = error.field === undefined ? '' : `${error.field} `;
      const goesOn =
        this.#runner.running === undefined ? 'nothing is applied' : 'the one before goes on';
      this.#refuse('InvalidSpec', `${field}${error.message}; ${goesOn}`);
      return;
    }
    await this.#runner.stop();
    if (isSuspended) {
      this.#refuse(
        'Suspended',
        'spec.suspend is true: nothing is fetched or applied, what is applied stays',
      );
      return;
    }
    this.#ready = undefined;
    await this.#start(settings, generation);
    saveSpec(settings.store, key, object, settings.storeKey);
  }

  /** The API server does not answer: a site that starts without it goes on with what it said last. */
  async #handleSaved(): Promise<void> {
    const saved = await this.#saved.read(this.#parts);
    if (saved === undefined) return;
    const { object, key, settings } = saved;
    this.#handled = key;
    this.#log.warn('region sync from the store', { message: this.#watch.fault });
    await this.#start(settings, object.metadata.generation ?? 0);
  }

  async #start(settings: Settings, generation: number): Promise<void> {
    try {
      await this.#runner.start(settings, generation);
    } catch (error) {
      if (!isEdgesealError(error)) throw error;
      const place = error.file === undefined ? '' : `${error.file}: `;
      this.#refuse('StoreFailed', `${place}${error.message}`);
    }
  }

  #refuse(reason: 'InvalidSpec' | 'Suspended' | 'StoreFailed', message: string): void {
    this.#ready = { status: 'False', reason, message };
    this.#log.warn('region sync', { reason, message });
  }

  /** Has a round's status written, unless it is about a replica that does not lead. */
  #say(status: Status): void {
    if (this.#ready !== undefined) {
      this.#sayWhyNot();
      return;
    }
    const generation = this.#runner.running?.generation;
    if (generation === undefined || isStandby(status)) return;
    this.#status.say({ status, generation, ready: undefined });
  }

  /** Has it written why the spec is not followed, or that it is about to be. */
  #sayWhyNot(): void {
    const object = this.#watch.current;
    const generation = object?.metadata.generation;
    if (object === undefined || generation === undefined) return;
    const { status } = this.#runner;
    if (this.#ready !== undefined) {
      const own = status === undefined || isStandby(status) ? undefined : status;
      this.#status.say({ status: own, generation, ready: this.#ready });
    } else if (object.status?.conditions === undefined) {
      const message = 'the first round is under way';
      const ready = { status: 'False', reason: 'Starting', message } as const;
      this.#status.say({ status: undefined, generation, ready });
    }
  }
}

const isAborted = ({ aborted }: AbortSignal): boolean => aborted;

const isStandby = (status: Status): boolean =>
  status.conditions.some(({ type, reason }) => type === 'Ready' && reason === 'Standby');
