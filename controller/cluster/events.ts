import { randomBytes } from 'node:crypto';
import { printable } from '../../core/git/mirror.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { patchTypes } from '../../core/kube/client.ts';
import { KubeError } from '../../core/kube/error.ts';
import type { Log, LogFields } from '../status/log.ts';
import type { RegionObject } from './region-object.ts';

/** What is told of one line of the log. */
interface Telling {
  type: 'Normal' | 'Warning';
  reason: string;
  note: string;
}

/** As many at once, and then one in each such time: an Event costs the cluster a write. */
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** The same again within this time raises the number of the first. */
const SERIES_MS = 30 * 60_000;
/** The API server takes 1,024 bytes. */
const NOTE_LENGTH = 900;
const REMEMBERED = 256;

/**
 * Tells in Events what the log says, as far as a person at the cluster has to know it: the log holds no value, and says
 * nothing twice. Only the leader tells.
 */
export class EventTeller {
  readonly #client: KubeClient;
  readonly #object: () => RegionObject | undefined;
  readonly #isLeading: () => boolean;
  readonly #instance: string;
  readonly #told = new Map<string, { name: string; count: number; at: number }>();
  #tokens = BURST;
  #filledAt = performance.now();
  #queue: Promise<void> = Promise.resolve();

  /** @param instance which of the replicas this is */
  constructor(
    client: KubeClient,
    object: () => RegionObject | undefined,
    isLeading: () => boolean,
    instance: string,
  ) {
    this.#client = client;
    this.#object = object;
    this.#isLeading = isLeading;
    this.#instance = instance;
  }

  /** A log that also tells. */
  tee(log: Log): Log {
    const both =
      (level: keyof Log) =>
      (event: string, fields: LogFields = {}): void => {
        log[level](event, fields);
        const telling = tellingOf(event, fields);
        if (telling !== undefined) this.#tell(telling);
      };
    return { info: both('info'), warn: both('warn'), error: both('error') };
  }

  /** Waits until all is sent, or has failed. */
  async close(): Promise<void> {
    await this.#queue;
  }

  #tell(telling: Telling): void {
    const object = this.#object();
    if (object === undefined || !this.#isLeading()) return;
    const key = `${object.metadata.uid} ${telling.reason} ${telling.note}`;
    const before = this.#told.get(key);
    const now = performance.now();
    const isRepeated = before !== undefined && now - before.at < SERIES_MS;
    if (!this.#take(now)) return;
    const entry = isRepeated
      ? { ...before, count: before.count + 1, at: now }
      : { name: `${object.metadata.name}.${randomBytes(8).toString('hex')}`, count: 1, at: now };
    this.#told.delete(key);
    this.#told.set(key, entry);
    for (const oldest of this.#told.keys()) {
      if (this.#told.size <= REMEMBERED) break;
      this.#told.delete(oldest);
    }
    this.#queue = this.#queue.then(() => this.#send(object, telling, entry));
  }

  #take(now: number): boolean {
    const gained = Math.floor((now - this.#filledAt) / REFILL_MS);
    this.#filledAt += gained * REFILL_MS;
    this.#tokens = Math.min(BURST, this.#tokens + gained);
    if (this.#tokens === 0) return false;
    this.#tokens -= 1;
    return true;
  }

  async #send(
    object: RegionObject,
    { type, reason, note }: Telling,
    { name, count }: { name: string; count: number },
  ): Promise<void> {
    const { namespace = '', uid, resourceVersion, name: regarded } = object.metadata;
    const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
    const now = new Date().toISOString().replace('Z', '000Z');
    try {
      if (count > 1) {
        const body = { series: { count, lastObservedTime: now } };
        const contentType = patchTypes.merge;
        await this.#client.request('PATCH', `${path}/${name}`, { body, contentType });
        return;
      }
      const { apiVersion, kind } = object;
      const body = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { name, namespace },
        eventTime: now,
        type,
        reason,
        note: printable(note, NOTE_LENGTH),
        action: 'Sync',
        reportingController: 'edgeseal.dev/controller',
        reportingInstance: this.#instance.slice(0, 128),
        regarding: { apiVersion, kind, name: regarded, namespace, uid, resourceVersion },
      };
      await this.#client.request('POST', path, { body });
    } catch (error) {
      // The log has it; an Event is for convenience.
      if (!(error instanceof KubeError)) throw error;
    }
  }
}

function tellingOf(event: string, fields: LogFields): Telling | undefined {
  const text = (name: string): string => String(fields[name] ?? '');
  const names = Array.isArray(fields['names']) ? `: ${fields['names'].join(', ')}` : '';
  const is = (type: Telling['type'], reason: string, note: string): Telling => ({
    type,
    reason,
    note,
  });
  switch (event) {
    case 'snapshot accepted':
      return is(
        'Normal',
        'SnapshotAccepted',
        `snapshot ${text('sequence')} of root ${text('root')} from mirror ${text('mirror')}: ${text('changed')} changed, ${text('removed')} removed`,
      );
    case 'applied':
      return is('Normal', 'Applied', `applied ${text('count')}${names}`);
    case 'removed':
      return is('Normal', 'Removed', `removed ${text('count')}${names}`);
    case 'secret failed':
      return is(
        'Warning',
        'SecretFailed',
        `${text('secret')} version ${text('version')} is not applied, its last good value stays: ${text('reason')}: ${text('message')}`,
      );
    case 'secrets failed':
      return is('Warning', 'SecretsFailed', `${text('count')} are not applied: ${text('reason')}`);
    case 'drift mended':
      return is('Normal', 'DriftMended', `${text('secret')} was changed by somebody, and mended`);
    case 'pruning held':
      return is(
        'Warning',
        'PruningHeld',
        `${text('count')} deletions wait: see status.pruning, then set spec.prune.acknowledged to ${text('snapshot')}`,
      );
    case 'mark put back':
      return is(
        'Warning',
        'MarkPutBack',
        `the mark was gone from ${text('target')}: it is at ${text('sequence')} again, from the store`,
      );
    case 'bundle refused':
      return is(
        'Warning',
        'BundleRefused',
        `${text('mirror')}: ${text('file')}: ${text('message')}`,
      );
    case 'mirror':
      return is(
        ['Ok', 'Behind'].includes(text('state')) ? 'Normal' : 'Warning',
        `Mirror${text('state')}`,
        `${text('mirror')}: ${text('message')}`,
      );
    case 'equivocation':
      return is('Warning', 'Equivocation', `${text('mirror')}: ${text('message')}`);
    case 'key made':
      return is('Normal', 'KeyMade', `made a region key in the Secret ${text('secret')}`);
    case 'keys unreadable':
      return is('Warning', 'KeysUnreadable', text('message'));
    case 'region sync':
      return is('Warning', text('reason'), text('message'));
    case 'condition':
      // The others are told of by what has caused them.
      if (text('type') !== 'Ready' || ['Applied', 'Starting', 'Standby'].includes(text('reason')))
        return undefined;
      return is('Warning', text('reason'), text('message'));
    default:
      return undefined;
  }
}
