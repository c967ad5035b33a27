import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Mark } from '../../core/channel/mark.ts';
import type { Floor } from '../../core/channel/secret-check.ts';
import { EdgesealError, messageOf } from '../../core/errors.ts';
import { headOf, readChecked, requireProof } from './checked.ts';
import { diskError, makeDirectoryDurably, systemCode, writeDurably } from './disk.ts';
import type { StoreKey } from './store-key.ts';
import type { Pruned } from '../targets/target.ts';
import type { Blob } from './blob-store.ts';

/** A sealed file, by its hash, and the version that its listing gives it. */
export interface Version {
  sha256: string;
  version: number;
}

/** What is known of one secret. It outlives the secret: floors do. */
export interface SecretRecord {
  /** In the accepted listing; absent once deleted. */
  listed?: Version | undefined;
  /** The last one that was accepted and opened: what the target holds. */
  good?: Version | undefined;
  floor?: Floor | undefined;
  /** SHA-256 of the snapshot that first no longer listed it. */
  deleted?: string | undefined;
}

/** A publisher that signed two histories. It stays until the operator has acknowledged it. */
export interface Alarm {
  mirror: string;
  message: string;
  /** SHA-256 of the snapshot that did not fit. */
  snapshot: string;
  at: string;
  /** Nothing new is accepted until a valid higher sequence comes. */
  held: boolean;
  /** The operator has looked into it; what is held stays held. */
  acknowledged: boolean;
}

/** What must survive a restart. Everything in it was verified; a restart checks hashes against it. */
export interface State {
  repository: string;
  region: string;
  /** The pin that the accepted root was reached from. */
  pinned: string;
  root?: { number: number; sha256: string } | undefined;
  mark?: Mark | undefined;
  /** The commit of main that the accepted snapshot was rendered from. */
  source?: string | undefined;
  /** SHA-256 of each namespace's accepted index. */
  indexes: Map<string, string>;
  secrets: Map<string, SecretRecord>;
  blobs: Map<string, Blob>;
  alarm?: Alarm | undefined;
  /** Deletions of one day, counted from `since` (milliseconds). */
  pruned: Pruned;
  /** Those of a second target: each of the two has a day's share. */
  prunedBeside?: Pruned | undefined;
  /** Those of Secrets whose EdgeSecret objects went. */
  prunedByObjects?: Pruned | undefined;
}

export function emptyState(scope: { repository: string; region: string; root: string }): State {
  const { repository, region, root } = scope;
  return {
    repository,
    region,
    pinned: root,
    indexes: new Map(),
    secrets: new Map(),
    blobs: new Map(),
    pruned: { since: 0, count: 0 },
  };
}

const MAGIC = 'edgeseal-state-1';

/** The state file: one line with its SHA-256 and, with a key, an HMAC; then JSON. */
export class StateFile {
  readonly path: string;
  readonly #key: StoreKey;
  /** Whether what was loaded was written with another key than this, which is still accepted. */
  isOfOtherKey = false;

  constructor(store: string, key: StoreKey) {
    this.#key = key;
    this.path = join(store, 'state');
  }

  /**
   * @returns undefined where there is none
   * @throws EdgesealError `store-corrupt` where it is cut, zero-filled or changed; `store-key` where somebody without
   * the store's key wrote it; `store-io`
   */
  load(scope: { repository: string; region: string }): State | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw diskError(error, this.path);
    }
    const corrupt = (message: string, cause?: unknown): EdgesealError =>
      new EdgesealError('store-corrupt', message, {
        file: this.path,
        cause,
        hint: `what is applied stays. To start anew from the mirrors, never below the mark that the target keeps: mv ${this.path} ${this.path}.broken`,
      });
    const checked = readChecked(bytes, MAGIC);
    if (checked === undefined) throw corrupt('the state is damaged');
    requireProof(checked, MAGIC, this.#key, this.path);
    this.isOfOtherKey = !this.#key.isCurrent(checked.proof);
    let state: State;
    try {
      state = unpack(JSON.parse(checked.body.toString('utf8')) as Packed);
    } catch (cause) {
      throw corrupt(`the state cannot be read: ${messageOf(cause)}`, cause);
    }
    if (state.repository !== scope.repository || state.region !== scope.region) {
      throw new EdgesealError(
        'store-corrupt',
        `this store belongs to ${state.repository}, region ${state.region}`,
        { file: this.path, hint: 'give each RegionSync a store of its own' },
      );
    }
    return state;
  }

  /** @throws EdgesealError `store-full` or `store-io`; the last state is then still there */
  save(state: State): void {
    const body = packed(state);
    try {
      makeDirectoryDurably(dirname(this.path), 0o700);
    } catch (error) {
      throw diskError(error, this.path);
    }
    writeDurably(this.path, [headOf(MAGIC, body, this.#key), ...body]);
  }
}

/** Characters. */
const PIECE = 64 * 1024;

type PackedVersion = [sha256: string, version: number] | 0;

/** Arrays instead of objects: at 10,000 secrets the names of the fields would be half of the file. */
interface Packed extends Omit<State, 'indexes' | 'secrets' | 'blobs'> {
  indexes: [string, string][];
  packs: string[];
  blobs: [sha256: string, size: number, pack: number, offset: number][];
  secrets: [
    key: string,
    listed: PackedVersion,
    /** 1: the listed one. */
    good: PackedVersion | 1,
    floor: Floor | 0,
    deleted: string | 0,
  ][];
}

/** The JSON of a {@link Packed}, in pieces: as one text, 10,000 secrets would need 15 MB for a moment at each change. */
function packed(state: State): Buffer[] {
  const packs = new Map<string, number>();
  for (const { pack: name } of state.blobs.values()) {
    if (!packs.has(name)) packs.set(name, packs.size);
  }
  const { indexes, secrets, blobs, ...rest } = state;
  const head = JSON.stringify({ ...rest, indexes: [...indexes], packs: [...packs.keys()] });
  return [
    Buffer.from(`${head.slice(0, -1)},"blobs":[`),
    ...rows(blobs.values(), (b) => [b.sha256, b.size, packs.get(b.pack) ?? 0, b.offset]),
    Buffer.from('],"secrets":['),
    ...rows(secrets, ([key, { listed, good, floor, deleted }]) => [
      key,
      packVersion(listed),
      good !== undefined && good.sha256 === listed?.sha256 ? 1 : packVersion(good),
      floor ?? 0,
      deleted ?? 0,
    ]),
    Buffer.from(']}'),
  ];
}

function* rows<T>(
  list: Iterable<T>,
  rowOf: (one: T) => Packed['blobs' | 'secrets'][number],
): Generator<Buffer> {
  let text = '';
  let between = '';
  for (const one of list) {
    text += between + JSON.stringify(rowOf(one));
    between = ',';
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

function packVersion(version: Version | undefined): PackedVersion {
  return version === undefined ? 0 : [version.sha256, version.version];
}

function unpack({ packs, ...packed }: Packed): State {
  const blobs = new Map<string, Blob>();
  // Each hash as one string, however often it occurs.
  const shared = (sha256: string): string => blobs.get(sha256)?.sha256 ?? sha256;
  for (const [sha256, size, index, offset] of packed.blobs) {
    blobs.set(sha256, { sha256, size, pack: packs[index] ?? '', offset });
  }
  const secrets = new Map<string, SecretRecord>();
  for (const [key, listed, good, floor, deleted] of packed.secrets) {
    const version = (v: PackedVersion): Version | undefined =>
      v === 0 ? undefined : { sha256: shared(v[0]), version: v[1] };
    const first = version(listed);
    secrets.set(key, {
      listed: first,
      good: good === 1 ? first : version(good),
      floor: floor === 0 ? undefined : floor,
      deleted: deleted === 0 ? undefined : deleted,
    });
  }
  return { ...packed, indexes: new Map(packed.indexes), secrets, blobs };
}
