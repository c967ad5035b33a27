import { patchTypes } from '../../core/kube/client.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';

/** A Secret in the controller's own namespace. */
export interface OwnSecret extends KubeObject {
  /** Base64. */
  data?: Record<string, string>;
}

/** Reads the Secrets that a RegionSync names: region keys, and credentials of mirrors. */
export class SecretReader {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #known = new Map<string, OwnSecret>();

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /**
   * Reads one. While the API server does not answer, it is what it was: a site goes on without its control plane.
   *
   * @returns undefined where there is none
   * @throws KubeError where it was never read
   */
  async read(name: string): Promise<OwnSecret | undefined> {
    try {
      const secret = (await this.#client.request(
        'GET',
        `${this.#collection}/${name}`,
      )) as OwnSecret;
      this.#known.set(name, secret);
      return secret;
    } catch (error) {
      if (isKubeStatus(error, 404)) {
        this.#known.delete(name);
        return undefined;
      }
      const known = this.#known.get(name);
      if (known !== undefined && isEdgesealError(error, 'kube-unreachable')) return known;
      throw error;
    }
  }

  /** Its values as text, without a line feed at their ends; undefined where there is no such Secret. */
  async texts(name: string): Promise<Map<string, string> | undefined> {
    const secret = await this.read(name);
    if (secret === undefined) return undefined;
    return new Map(
      Object.entries(secret.data ?? {}).map(([item, value]) => [
        item,
        Buffer.from(value, 'base64')
          .toString('utf8')
          .replace(/\r?\n$/, ''),
      ]),
    );
  }

  /**
   * Makes one, unless somebody has made it meanwhile.
   *
   * @returns whether it is ours
   */
  async create(name: string, item: string, value: SecretBytes, region: string): Promise<boolean> {
    const metadata = {
      name,
      namespace: this.#namespace,
      labels: {
        'app.kubernetes.io/managed-by': 'edgeseal',
        'app.kubernetes.io/part-of': 'edgeseal',
        'edgeseal.dev/key-of': region,
      },
    };
    const data = { [item]: Buffer.from(value.reveal()).toString('base64') };
    try {
      await this.#client.request('POST', this.#collection, {
        body: { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data },
        query: { fieldManager: 'edgeseal' },
        // Nothing of what is said about a body with a private key in it is passed on.
        redact: () => '',
      });
      return true;
    } catch (error) {
      if (isKubeStatus(error, 409)) return false;
      throw error;
    }
  }

  /**
   * Sets an annotation of the very Secret that was read: one that was made anew meanwhile stays as it is.
   *
   * @throws KubeError
   */
  async annotate({ metadata }: OwnSecret, name: string, value: string): Promise<void> {
    const { uid } = metadata;
    await this.#client.request('PATCH', `${this.#collection}/${metadata.name}`, {
      body: { metadata: { uid, annotations: { [name]: value } } },
      contentType: patchTypes.merge,
      query: { fieldManager: 'edgeseal' },
    });
  }

  get #collection(): string {
    return `/api/v1/namespaces/${this.#namespace}/secrets`;
  }
}
