import type { EdgesealError } from '../../core/errors.ts';
import { listingOf } from '../cluster/listing.ts';
import type { Listing } from '../cluster/listing.ts';
import { CatFile } from '../git/commit-view.ts';
import type { Io } from '../terminal/io.ts';
import type { PublishedChannel } from '../publish/channel.ts';
import { listedSecrets } from '../publish/channel.ts';
import type { OpenRepository } from '../repository.ts';
import { channelState, fetchAll, knownRoots, mergedState } from '../status/sources.ts';

/** What a region's channel lists, fetched when a cluster stands on a snapshot that this clone has not seen. */
export class ChannelMemory {
  readonly #io: Io;
  readonly #repository: OpenRepository;
  readonly #region: string;
  readonly #known = new Map<string, Listing | undefined>();
  #channel: PublishedChannel | undefined;
  /** Why the remote could not be asked, at the last try. */
  fault: EdgesealError | undefined;

  constructor(io: Io, repository: OpenRepository, region: string) {
    this.#io = io;
    this.#repository = repository;
    this.#region = region;
  }

  /** The newest channel that this clone has. */
  get channel(): PublishedChannel | undefined {
    return this.#channel;
  }

  /** What the newest channel lists. */
  async published(): Promise<Listing> {
    return this.#channel === undefined ? new Map() : await listedSecrets(this.#channel);
  }

  /** What a snapshot lists; the remote is asked once for each that is not known here. */
  async listing(sha256: string): Promise<Listing | undefined> {
    if (this.#known.has(sha256)) return this.#known.get(sha256);
    let found = await this.#find(sha256);
    if (found === undefined) {
      await this.fetch();
      found = await this.#find(sha256);
    }
    this.#known.set(sha256, found);
    return found;
  }

  /** Asks the remote. What was fetched before stays where it cannot be reached. */
  async fetch(): Promise<void> {
    [this.fault] = await fetchAll(this.#io, this.#repository, [this.#region]);
    await this.refresh();
  }

  /** Reads what this clone has. */
  async refresh(): Promise<void> {
    const cat = new CatFile(this.#io, this.#repository.top);
    try {
      const known = { cat, roots: await this.#roots(), fetched: new Map() };
      const state = await channelState(this.#io, this.#repository, this.#region, known);
      const channel = state.channel;
      // Its indexes are read while git is at hand.
      if (channel !== undefined) await listedSecrets(channel);
      this.#channel = channel;
    } finally {
      cat.close();
    }
  }

  async #find(sha256: string): Promise<Listing | undefined> {
    const roots = await this.#roots();
    return await listingOf(this.#io, this.#repository, roots, this.#region, this.#channel, sha256);
  }

  async #roots(): ReturnType<typeof knownRoots> {
    const { commit } = await mergedState(this.#io, this.#repository);
    return await knownRoots(this.#io, this.#repository, commit);
  }
}
