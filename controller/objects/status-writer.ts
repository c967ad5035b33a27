import type { EdgeSecretStatus } from '../../core/format/status.ts';
import { patchTypes } from '../../core/kube/client.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { KubeError, isKubeStatus } from '../../core/kube/error.ts';
import { backoffMs } from '../mirrors/backoff.ts';
import type { Log } from '../status/log.ts';
import { fieldManager } from '../targets/kubernetes/manifest.ts';
import { partsOf } from '../targets/target.ts';
import { objectPath } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { statusFor } from './verdict.ts';
import type { Verdict } from './verdict.ts';

const WORKERS = 4;
const BASE_MS = 1000;
const CAP_MS = 60_000;

/** Writes what is to be said of objects into their status: only where that is something else than what is there. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #catalog: Catalog;
  readonly #region: string;
  readonly #log: Log;
  #failures = 0;
  #notBefore = 0;

  constructor(client: KubeClient, catalog: Catalog, region: string, log: Log) {
    this.#client = client;
    this.#catalog = catalog;
    this.#region = region;
    this.#log = log;
  }

  /** When what could not be written is due again; undefined where nothing is left. */
  get dueAt(): number | undefined {
    return this.#catalog.touched.size === 0 ? undefined : this.#notBefore;
  }

  /** @param verdict undefined for an object of which nothing can be said yet */
  async write(
    verdict: (key: string) => Verdict | undefined,
    now: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (now < this.#notBefore) return;
    const keys = [...this.#catalog.touched];
    this.#catalog.touched.clear();
    let fault: KubeError | undefined;
    const worker = async (): Promise<void> => {
      for (let key = keys.pop(); key !== undefined; key = keys.pop()) {
        const said =
          signal.aborted || fault !== undefined ? 'later' : await this.#one(key, verdict);
        if (said === 'later') this.#catalog.touched.add(key);
        else if (said instanceof KubeError) {
          this.#catalog.touched.add(key);
          fault = said;
        }
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    if (fault === undefined) {
      this.#failures = 0;
      return;
    }
    this.#failures += 1;
    this.#notBefore = now + backoffMs(this.#failures, BASE_MS, CAP_MS);
    if (this.#failures === 1) this.#log.warn('status not written', { message: fault.message });
  }

  async #one(
    key: string,
    verdict: (key: string) => Verdict | undefined,
  ): Promise<KubeError | 'done'> {
    const entry = this.#catalog.entries.get(key);
    const wanted = entry === undefined ? undefined : verdict(key);
    if (entry === undefined || wanted === undefined) return 'done';
    const status = statusFor(wanted, entry, this.#region);
    if (status === undefined) return 'done';
    const { namespace, name } = partsOf(key);
    const { uid } = entry;
    try {
      await this.#client.request('PATCH', `${objectPath(namespace, name)}/status`, {
        // What is no longer said has to be taken out by name.
        body: { metadata: { uid }, status: { ...nothing, ...status } },
        contentType: patchTypes.merge,
        query: { fieldManager },
      });
      // The watch brings it, too; by then the next verdict may have to be compared with it.
      if (this.#catalog.entries.get(key) === entry) entry.said = status;
      return 'done';
    } catch (error) {
      // It is gone, or another one of its name is there: the watch brings that.
      if (isKubeStatus(error, 404, 409)) return 'done';
      if (error instanceof KubeError) return error;
      throw error;
    }
  }
}

const nothing: Record<keyof EdgeSecretStatus, null> = {
  observedGeneration: null,
  region: null,
  version: null,
  conditions: null,
};
