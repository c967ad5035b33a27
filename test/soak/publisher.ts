import { generateRegionKey } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestSigner } from '../controller/channel.ts';
import type { SoakSite } from './site.ts';

/** The people on the other side: they publish, beat, and change keys; and what was published under each sequence. */
export class Publisher {
  /** Everything that the channel holds, by the sequence that it was published with. */
  readonly history = new Map<number, Map<string, string>>();
  readonly #site: SoakSite;
  readonly #now = new Map<string, string>();
  #keys: RegionKey[];
  #signer: TestSigner;
  #made = 0;
  keyChanges = 0;
  publications = 0;

  constructor(site: SoakSite) {
    this.#site = site;
    this.#keys = [site.channel.key];
    this.#signer = site.channel.publisher;
  }

  get names(): string[] {
    return [...this.#now.keys()];
  }

  /** Seals a new value for a secret, old or new. */
  async seal(name: string): Promise<void> {
    this.#made += 1;
    const value = `made-up-${this.#made}`;
    await this.#site.channel.seal(name, { password: value }, { keys: this.#keys });
    this.#now.set(name, value);
  }

  remove(name: string): void {
    this.#site.channel.remove(name);
    this.#now.delete(name);
  }

  publish(): void {
    const { channel, now } = this.#site;
    channel.publish({ publisher: this.#signer, heartbeat: new Date(now) });
    this.history.set(channel.sequence, new Map(this.#now));
    this.publications += 1;
  }

  /** What lies below the sequence that was accepted is not needed any more. */
  forgetBelow(sequence: number): void {
    for (const each of this.history.keys()) if (each < sequence) this.history.delete(each);
  }

  /** A second region key is made, everything sealed for it, the first one retired, its file removed. */
  async changeRegionKey(): Promise<() => Promise<void>> {
    const { channel, folder } = this.#site;
    const { key, line } = await generateRegionKey();
    this.keyChanges += 1;
    const file = `keys/later-${this.keyChanges}.key`;
    channel.writeKey(join(folder, file), Buffer.from(line.reveal()).toString());
    const [old] = this.#keys;
    this.#keys = [...this.#keys, key];
    this.#listKeys();
    for (const name of this.names) await this.seal(name);
    this.publish();
    return async () => {
      this.#keys = [key];
      this.#listKeys();
      for (const name of this.names) await this.seal(name);
      this.publish();
      const before = this.keyChanges === 1 ? 'first' : `later-${this.keyChanges - 1}`;
      if (old !== undefined) rmSync(join(folder, `keys/${before}.key`));
    };
  }

  /** The next root names another publisher. */
  changePublisher(): void {
    this.#signer = new TestSigner();
    this.#site.channel.makeRoot((spec) => {
      spec.publishers.keys = [this.#signer.line];
    });
    this.publish();
  }

  #listKeys(): void {
    this.#site.channel.makeRoot((spec) => {
      const [region] = spec.regions;
      if (region !== undefined)
        region.keys = this.#keys.map(({ sha256 }) => ({ sha256, state: 'active' as const }));
    });
  }
}
