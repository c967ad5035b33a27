import { acceptFetch, emptyCache, isCacheGone } from '../../core/git/cache.ts';
import { openTree } from '../../core/git/channel-tree.ts';
import type { ChannelTree } from '../../core/git/channel-tree.ts';
import { fetchChannel, readRemoteRef } from '../../core/git/fetch.ts';
import type { FetchResult } from '../../core/git/fetch.ts';
import { EdgesealError, isEdgesealError, messageOf } from '../../core/errors.ts';
import type { FetchAnswers, FetchTask, Fault } from './fetch-message.ts';

/** Enough to make the messages few, little enough to be nothing in memory. */
const BATCH_BYTES = 512 * 1024;

type Question<K extends FetchTask['kind']> = Extract<FetchTask, { kind: K }>;

/**
 * The process that talks to one mirror, unpacks what it sends and reads files out of it, so that a hostile
 * pack can take down nothing but this. It answers until its parent lets go, and then ends.
 */
class Fetcher {
  #fetch: Question<'fetch'> | undefined;
  #result: FetchResult | undefined;
  #tree: ChannelTree | undefined;
  #files: Iterator<[string, Uint8Array | undefined]> | undefined;

  async answer(task: FetchTask): Promise<FetchAnswers[FetchTask['kind']]> {
    try {
      return await this.#answer(task);
    } catch (error) {
      if (this.#result?.owned !== true) throw error;
      const { gitdir } = this.#result;
      const isGone = isCacheGone(gitdir);
      if (!isEdgesealError(error, 'store-corrupt') && !isGone) throw error;
      // The cache is damaged where the fetch itself did not look, or is gone since: the next one is to bring it all.
      emptyCache(gitdir);
      if (!isGone) throw error;
      throw new EdgesealError('store-corrupt', 'the git cache is gone', {
        file: gitdir,
        cause: error,
      });
    }
  }

  async #answer(task: FetchTask): Promise<FetchAnswers[FetchTask['kind']]> {
    switch (task.kind) {
      case 'ask': {
        const { spec, ref, limits } = task.request;
        return { ok: true, ...(await readRemoteRef(spec, ref, limits)) };
      }
      case 'fetch':
        return this.#bring(task);
      case 'open':
        this.#files = this.#opened().readPaths(task.paths);
        return { ok: true };
      case 'next':
        return this.#batch();
      case 'differing':
        return { ok: true, paths: this.#differing() };
      case 'accept':
        this.#accept();
        return { ok: true };
    }
  }

  async #bring(task: Question<'fetch'>): Promise<FetchAnswers['fetch']> {
    this.#fetch = task;
    this.#result = await fetchChannel(task.request);
    return { ok: true, ...this.#result };
  }

  #opened(): ChannelTree {
    const { gitdir, oid, owned } = this.#fetched();
    this.#tree ??= openTree(gitdir, oid, owned, this.#fetch?.request.limits);
    return this.#tree;
  }

  #fetched(): FetchResult {
    if (this.#result === undefined) throw new EdgesealError('internal', 'nothing was fetched yet');
    return this.#result;
  }

  #batch(): FetchAnswers['next'] {
    const files: [string, Uint8Array | undefined][] = [];
    for (let bytes = 0; bytes < BATCH_BYTES;) {
      const next = this.#files?.next();
      if (next === undefined || next.done === true) return { ok: true, files, done: true };
      files.push(next.value);
      bytes += next.value[1]?.length ?? 0;
    }
    return { ok: true, files, done: false };
  }

  #differing(): string[] | undefined {
    const { gitdir, owned } = this.#fetched();
    const verified = this.#fetch?.verified;
    if (verified === undefined) return undefined;
    const tree = this.#opened();
    let now: string[];
    try {
      now = tree.list('');
    } catch (error) {
      // A link that nobody has listed is nothing to refuse it for, here as at the first fetch; a listed one is met
      // when it is read.
      if (isEdgesealError(error, 'git-object') || isEdgesealError(error, 'store-corrupt'))
        return undefined;
      throw error;
    }
    let before: ChannelTree | undefined;
    try {
      before = openTree(gitdir, verified, owned, this.#fetch?.request.limits);
      const then = new Map(before.list('').map((path) => [path, before?.oidOf(path)]));
      const changed = now.filter((path) => then.get(path) !== tree.oidOf(path));
      const present = new Set(now);
      return [...changed, ...[...then.keys()].filter((path) => !present.has(path))];
    } catch (error) {
      // A channel may be begun anew, and a cache is disposable. What another mirror has put beside the listed files
      // before must not be held against this one either.
      if (isEdgesealError(error)) return undefined;
      throw error;
    } finally {
      before?.close();
    }
  }

  #accept(): void {
    const { gitdir, oid, owned } = this.#fetched();
    const { request } = this.#fetch ?? {};
    if (!owned || request === undefined) return;
    // Packs are renamed on acceptance: what is open is let go first.
    this.#tree?.close();
    this.#tree = undefined;
    acceptFetch(gitdir, request.ref, oid);
  }
}

function faultOf(error: unknown): Fault {
  if (isEdgesealError(error)) {
    const { code, message, file, hint } = error;
    return { ok: false, code, message, file, hint };
  }
  return {
    ok: false,
    code: 'internal',
    message: messageOf(error),
    file: undefined,
    hint: undefined,
  };
}

const fetcher = new Fetcher();
process.once('disconnect', () => process.exit());
process.on('message', (task) => {
  void fetcher
    .answer(task as FetchTask)
    .catch(faultOf)
    .then((answer) => process.send?.(answer));
});
