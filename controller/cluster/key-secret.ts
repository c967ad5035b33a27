import { generateRegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { bindingOf, usedAnnotation } from '../../core/format/ownership.ts';
import type { Scope } from '../../core/format/ownership.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { KeySource, KeyText } from '../keys.ts';
import type { OwnSecret, SecretReader } from './secret-reader.ts';

/** What a key that is made here is called in its Secret. */
const item = 'region.key';

/** The region's private keys in a Secret of the cluster; each of its values is a key file. */
export class KeySecret implements KeySource {
  readonly name: string;
  readonly #reader: SecretReader;
  #secret: OwnSecret | undefined;
  /** Whether the API server says that there is no such Secret. */
  isMissing = false;

  constructor(name: string, reader: SecretReader) {
    this.name = name;
    this.#reader = reader;
  }

  async look(): Promise<string> {
    this.#secret = await this.#reader.read(this.name);
    this.isMissing = this.#secret === undefined;
    if (this.#secret === undefined) {
      throw new EdgesealError('seal-no-key', 'there is no such Secret', {
        file: `Secret ${this.name}`,
        hint: `put it back from your backup: kubectl apply -f BACKUP`,
      });
    }
    const { uid, resourceVersion } = this.#secret.metadata;
    return `${uid} ${resourceVersion}`;
  }

  async read(): Promise<KeyText[]> {
    const values = Object.entries(this.#secret?.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return values.map(([name, value]) => ({
      place: `Secret ${this.name}, ${name}`,
      text: new SecretBytes(Buffer.from(value, 'base64')),
    }));
  }

  /**
   * Whether a controller of this region has accepted a snapshot with these keys: then there was a high-water mark, and one
   * that is not there was lost.
   */
  isUsed(scope: Scope): boolean {
    const { namespace = '', annotations = {} } = this.#secret?.metadata ?? {};
    return annotations[usedAnnotation] === bindingOf(scope, namespace, this.name);
  }

  /**
   * Has the Secret say that it is used, which outlives the store and the mark. A backup of the key alone does not carry it.
   *
   * @throws KubeError
   */
  async noteUse(scope: Scope): Promise<void> {
    if (this.#secret === undefined || this.isUsed(scope)) return;
    const { namespace = '' } = this.#secret.metadata;
    await this.#reader.annotate(
      this.#secret,
      usedAnnotation,
      bindingOf(scope, namespace, this.name),
    );
  }

  /**
   * Makes a key. Of two controllers that try, one is refused and reads the other's.
   *
   * @returns whether it was made here
   */
  async make(region: string): Promise<boolean> {
    const { line } = await generateRegionKey();
    try {
      return await this.#reader.create(this.name, item, line, region);
    } finally {
      line.wipe();
    }
  }
}
