import type { KubeMeta } from '../../../core/kube/watch.ts';
import { keyOf } from '../target.ts';
import type { Written } from './journal.ts';

/** What was heard of one Secret. */
interface Report {
  /** undefined: it is not there, or no longer carries our label */
  uid: string | undefined;
  resourceVersion: string;
}

/**
 * What is known of our Secrets in the cluster, by their metadata alone: which of them are, for sure, what we
 * wrote. Reports of a watch run ahead of, and behind, the answers to our own writes; resource versions order them.
 */
export class Presence {
  readonly #known: Map<string, Written>;
  readonly #drifted = new Set<string>();
  /** Keys that are being written, and what was heard of them meanwhile: it may be our own doing. */
  readonly #writing = new Map<string, Report | undefined>();
  /** Whether what is known differs from what was saved. */
  isDirty = false;

  constructor(written: Map<string, Written>) {
    this.#known = written;
  }

  /** Whether it is what that sealed file gives. */
  holds(key: string, sha256: string): boolean {
    return this.#known.get(key)?.sha256 === sha256;
  }

  /** The object that is ours whatever its annotations say by now: nobody else can make one with its uid. */
  uidOf(key: string): string | undefined {
    return this.#known.get(key)?.uid;
  }

  get entries(): Iterable<[string, Written]> {
    return this.#known;
  }

  /**
   * Takes in a whole list.
   *
   * @param isCovered whether a Secret that is not in it is gone
   */
  list(
    items: KubeMeta[],
    resourceVersion: string,
    isOurs: (metadata: KubeMeta) => boolean,
    isCovered: (key: string) => boolean,
  ): void {
    const present = new Set<string>();
    for (const metadata of items) {
      const key = keyOf(metadata.namespace ?? '', metadata.name);
      present.add(key);
      // Also one that has become older: etcd may have been restored from a backup.
      if (isOurs(metadata) || this.#known.has(key)) this.#report(key, metadata, true);
    }
    for (const key of this.#known.keys())
      if (!present.has(key) && isCovered(key))
        this.#report(key, { uid: undefined, resourceVersion }, true);
  }

  changed(metadata: KubeMeta, isOurs: boolean): void {
    const key = keyOf(metadata.namespace ?? '', metadata.name);
    // Somebody else's, with a label of ours: what that is about, `apply` finds out when it comes to it.
    if (isOurs || this.#known.has(key)) this.#report(key, metadata);
  }

  removed(metadata: KubeMeta): void {
    const key = keyOf(metadata.namespace ?? '', metadata.name);
    if (!this.#known.has(key) && !this.#writing.has(key)) return;
    this.#report(key, { uid: undefined, resourceVersion: metadata.resourceVersion });
  }

  /** From here to {@link Presence.end}, reports about it wait: they may be of our own write. */
  begin(key: string): void {
    this.#writing.set(key, undefined);
  }

  /** It was written, or found to be as it is to be. */
  wrote(key: string, metadata: KubeMeta, sha256: string): void {
    const { uid, resourceVersion } = metadata;
    this.#known.set(key, { uid, resourceVersion, sha256 });
    this.isDirty = true;
  }

  /** It is no longer there, or no longer ours. */
  forget(key: string): void {
    if (this.#known.delete(key)) this.isDirty = true;
  }

  end(key: string): void {
    const report = this.#writing.get(key);
    this.#writing.delete(key);
    if (report !== undefined) this.#report(key, report);
  }

  /** Asks for it to be looked at again. */
  suspect(key: string): void {
    this.#drifted.add(key);
  }

  /** What is to be looked at again, once. */
  takeDrifted(): string[] {
    const keys = [...this.#drifted];
    this.#drifted.clear();
    return keys;
  }

  get hasDrifted(): boolean {
    return this.#drifted.size > 0;
  }

  #report(key: string, report: Report, isList = false): void {
    if (this.#writing.has(key)) {
      const before = this.#writing.get(key);
      if (before === undefined || isNewer(report, before)) this.#writing.set(key, report);
      return;
    }
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (known.uid === report.uid && known.resourceVersion === report.resourceVersion) return;
      if (!isList && !isNewer(report, known)) return;
    } else if (report.uid === undefined) return;
    const { uid = known?.uid ?? '', resourceVersion } = report;
    this.#known.set(key, { uid, resourceVersion, sha256: '' });
    this.isDirty = true;
    this.#drifted.add(key);
  }
}

/** Resource versions are decimal numbers that grow, over all objects (Kubernetes 1.35 says so, etcd always did). */
function isNewer(a: { resourceVersion: string }, b: { resourceVersion: string }): boolean {
  const [x, y] = [a.resourceVersion, b.resourceVersion];
  return x.length === y.length ? x > y : x.length > y.length;
}
