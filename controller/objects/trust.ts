import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { newestRoot } from '../../core/channel/pinned-root.ts';

/** Where trust roots are put for a region without a channel. */
const name = 'edgeseal-trust';

interface TrustObject extends KubeObject {
  data?: Record<string, string>;
}

/** The trust root in force where no channel brings one: the newest one in a ConfigMap that the pinned one leads to. */
export class TrustMap {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #pinned: string;
  #seen = '';
  /** undefined before the first one. */
  root: AcceptedRoot | undefined;

  /** @param own the controller's namespace @param pinned SHA-256 of the root that all trust starts from */
  constructor(client: KubeClient, own: string, pinned: string) {
    this.#client = client;
    this.#namespace = own;
    this.#pinned = pinned;
  }

  /**
   * Reads it where it is not as it was. The root that was in force stays where that fails.
   *
   * @param floor number of the highest root that was in force: whoever deletes a root must not bring its authors back
   * @returns whether another root is in force now
   * @throws EdgesealError `trust-pin`, `trust-root`, `trust-signature`, `kube-*`
   */
  async refresh(floor: number): Promise<boolean> {
    const object = await this.#get();
    const { uid, resourceVersion } = object.metadata;
    const seen = `${uid} ${resourceVersion} ${floor}`;
    if (seen === this.#seen) return false;
    const data = object.data ?? {};
    const root = await newestRoot(async (path) => fileIn(data, path), this.#pinned).catch(
      (error: unknown) => {
        throw isEdgesealError(error) ? error.at({ file: this.#place }) : error;
      },
    );
    const least = Math.max(floor, this.root?.number ?? 0);
    if (root.number < least) {
      throw new EdgesealError(
        'trust-root',
        `it leads to root ${root.number}, and root ${least} was in force before`,
        { file: this.#place, hint: `put all files of trust/ into it` },
      );
    }
    this.#seen = seen;
    const isOther = this.root?.sha256 !== root.sha256;
    this.root = root;
    return isOther;
  }

  async #get(): Promise<TrustObject> {
    const path = `/api/v1/namespaces/${this.#namespace}/configmaps/${name}`;
    try {
      return (await this.#client.request('GET', path)) as TrustObject;
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
      throw new EdgesealError('trust-pin', 'there is no trust root', {
        file: this.#place,
        hint: `in the secrets repository: kubectl -n ${this.#namespace} create configmap ${name} --from-file=trust`,
      });
    }
  }

  get #place(): string {
    return `ConfigMap ${this.#namespace}/${name}`;
  }
}

/** A root's file by the path that a channel has it under: `1.yaml` and `1.sig`, as in the repository's trust/. */
function fileIn(data: Record<string, string>, path: string): Uint8Array | undefined {
  const number = /(\d+)(?:\.sig)?$/.exec(path)?.[1] ?? '';
  const item = path === channelPaths.root(Number(number)) ? `${number}.yaml` : `${number}.sig`;
  return Object.hasOwn(data, item) ? Buffer.from(data[item] ?? '') : undefined;
}
