import type { Mark } from '../../core/channel/mark.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { UnsealedSecret } from '../../core/secret/unseal.ts';
import { keyOf, partsOf } from './target.ts';
import type { Owned, Owner, Tally, TallyPart, Target } from './target.ts';

/** The two parts of a target: a namespace is fed by the channel or by objects, never by both. */
export interface Shares {
  channel: Target;
  objects: Target & {
    /** Says what each Secret is to be deleted with; without it, nothing. */
    ownerOf: ((key: string) => Owner | undefined) | undefined;
  };
}

/**
 * Shares a target between a channel and objects, so that neither sees, changes or deletes what the other one feeds.
 *
 * @param isFedByObjects by namespace
 */
export function shareTarget(
  target: Target,
  isFedByObjects: (namespace: string) => boolean,
): Shares {
  const shared: Shared = { target, parts: [], open: new Set() };
  const channel = new Share(shared, (one) => !isFedByObjects(one), 'channel');
  const objects = new Share(shared, isFedByObjects, 'objects');
  shared.parts.push(channel, objects);
  return { channel, objects };
}

interface Shared {
  target: Target;
  parts: Share[];
  /** Those that have to be closed before the target is. */
  open: Set<Share>;
}

class Share implements Target {
  readonly description: string;
  readonly concurrency: number;
  readonly #shared: Shared;
  readonly #isMine: (namespace: string) => boolean;
  #drifted: string[] = [];
  ownerOf: ((key: string) => Owner | undefined) | undefined;

  readonly #part: TallyPart;

  constructor(shared: Shared, isMine: (namespace: string) => boolean, part: TallyPart) {
    this.#shared = shared;
    this.#part = part;
    this.#isMine = isMine;
    this.description = shared.target.description;
    this.concurrency = shared.target.concurrency;
  }

  async open(wake: () => void): Promise<void> {
    this.#shared.open.add(this);
    await this.#target.open(wake);
  }

  async inventory(): Promise<Map<string, Owned>> {
    const all = await this.#target.inventory();
    for (const [key, { namespace }] of all) if (!this.#isMine(namespace)) all.delete(key);
    return all;
  }

  holds(namespace: string, name: string, sha256: string): boolean {
    const owner = this.ownerOf?.(keyOf(namespace, name));
    return this.#isMine(namespace) && this.#target.holds(namespace, name, sha256, owner);
  }

  async apply(secret: UnsealedSecret, sha256: string): Promise<'applied' | 'unchanged'> {
    const owner = this.ownerOf?.(keyOf(secret.namespace, secret.name));
    if (this.#isMine(secret.namespace)) return this.#target.apply(secret, sha256, owner);
    throw new EdgesealError(
      'target-refused',
      `the namespace ${secret.namespace} is fed by EdgeSecret objects, not by the channel`,
      { hint: 'take it out of spec.objects.namespaces, or apply the secret as an object' },
    );
  }

  async remove(namespace: string, name: string): Promise<boolean> {
    return this.#isMine(namespace) && (await this.#target.remove(namespace, name));
  }

  async settle(): Promise<void> {
    await this.#target.settle();
  }

  async drifted(): Promise<string[]> {
    for (const key of await this.#target.drifted())
      for (const part of this.#shared.parts) part.#suspect(key);
    const mine = this.#drifted;
    this.#drifted = [];
    return mine;
  }

  async mark(): Promise<Mark | undefined> {
    return this.#target.mark();
  }

  async raiseMark(mark: Mark): Promise<void> {
    await this.#target.raiseMark(mark);
  }

  tallyOf(): Tally | undefined {
    return this.#target.tallyOf?.(this.#part);
  }

  async close(): Promise<void> {
    const { open } = this.#shared;
    open.delete(this);
    if (open.size === 0) await this.#target.close();
  }

  get #target(): Target {
    return this.#shared.target;
  }

  #suspect(key: string): void {
    if (this.#isMine(partsOf(key).namespace)) this.#drifted.push(key);
  }
}
