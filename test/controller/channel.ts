import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderIndexes, renderSecret, renderSnapshot } from '../../core/channel/render.ts';
import { sha256Of } from '../../core/channel/snapshot-check.ts';
import type { VerifiedSnapshot } from '../../core/channel/snapshot-check.ts';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { secretPath } from '../../core/format/names.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { apiVersion } from '../../core/format/schema.ts';
import {
  channelPaths,
  formatHeartbeat,
  formatSnapshot,
  parseSnapshot,
} from '../../core/format/snapshot.ts';
import type { IndexEntry, Snapshot } from '../../core/format/snapshot.ts';
import { formatTrustRoot } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { createSecret, setItems } from '../../core/secret/change.ts';
import { statementBytes } from '../../core/secret/statement.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { Planted } from '../support/planted.ts';
import { armor, ed25519Pair, plainBlob, plainSigner, sshsigBlob } from '../trust/ssh-fixtures.ts';
import type { Pair } from '../trust/ssh-fixtures.ts';

export const repositoryId = '00000000-0000-4000-8000-0000000c0de5';

const identity = ['-c', 'user.name=edgeseal', '-c', 'user.email=publish@example.com'];

const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };

type SignatureNamespace = (typeof signatureNamespaces)[keyof typeof signatureNamespaces];

/** A made-up person or machine that signs, without files and without ssh-keygen. */
export class TestSigner {
  readonly pair: Pair = ed25519Pair();
  readonly line = `ssh-ed25519 ${plainBlob(this.pair.raw).toString('base64')} made-up`;

  sign(message: Uint8Array, namespace: SignatureNamespace): string {
    const key = plainBlob(this.pair.raw);
    return armor(sshsigBlob({ key, namespace, message, signature: plainSigner(this.pair) }));
  }
}

/** How a snapshot is to differ from an honest one. */
export interface Twist {
  snapshot?: (snapshot: Snapshot) => Snapshot;
  publisher?: TestSigner;
  /** Changes files after everything was signed. */
  files?: (files: Map<string, Uint8Array>) => void;
  heartbeat?: Date;
}

/**
 * A region's channel in a bare repository: real keys, seals, signatures, snapshots and commits, made by
 * core's own functions, without a secrets repository and without `publish`.
 */
export class TestChannel {
  readonly folder: string;
  readonly path: string;
  readonly region: string;
  readonly ref: string;
  readonly author = new TestSigner();
  readonly publisher = new TestSigner();
  readonly heartbeat = new TestSigner();
  readonly rootSigner = new TestSigner();
  readonly secrets = new Map<string, EdgeSecret>();
  readonly key: RegionKey;
  readonly keyLine: string;
  /** The root that snapshots name. */
  root: AcceptedRoot;
  readonly #planted = new Planted();
  readonly #leaks: string[] = [];
  readonly #rootFiles = new Map<string, Uint8Array>();
  readonly #entries = new Map<string, { entry: IndexEntry; bytes: Uint8Array }>();
  #last: VerifiedSnapshot | undefined;
  #committed = new Map<string, Uint8Array>();

  private constructor(region: string, key: RegionKey, keyLine: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'edgeseal-channel-'));
    this.path = join(this.folder, 'a/secrets.git');
    this.region = region;
    this.ref = `refs/heads/edgeseal/${region}`;
    this.key = key;
    this.keyLine = keyLine;
    mkdirSync(this.path, { recursive: true });
    this.#git(['init', '-q', '--bare', '.']);
    this.root = this.makeRoot();
  }

  static async make(region = 'us-east'): Promise<TestChannel> {
    const { key, line } = await generateRegionKey();
    return new TestChannel(region, key, Buffer.from(line.reveal()).toString());
  }

  /** Every trust root so far and its signatures, by their paths on the channel. */
  get rootFiles(): ReadonlyMap<string, Uint8Array> {
    return this.#rootFiles;
  }

  get sequence(): number {
    return this.#last?.snapshot.sequence ?? 0;
  }

  /** SHA-256 of the last snapshot. */
  get snapshot(): string {
    return this.#last?.sha256 ?? '';
  }

  /** The next trust root, signed by the root key; `change` edits what it says. */
  makeRoot(change: (spec: TrustRootSpec) => void = () => undefined): AcceptedRoot {
    const before = this.#rootFiles.size === 0 ? undefined : this.root;
    const spec: TrustRootSpec =
      before === undefined
        ? {
            repository: repositoryId,
            number: 0,
            previous: null,
            roots: { keys: [this.rootSigner.line], threshold: 1 },
            publishers: { keys: [this.publisher.line], threshold: 1 },
            authors: [{ name: 'author@example.com', keys: [this.author.line], namespaces: ['*'] }],
            regions: [
              {
                name: this.region,
                role: 'region',
                keys: [{ sha256: this.key.sha256, state: 'active' }],
              },
            ],
          }
        : structuredClone(before.spec);
    spec.number += 1;
    spec.previous = before?.sha256 ?? null;
    change(spec);
    const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
    const signature = this.rootSigner.sign(bytes, signatureNamespaces.root);
    this.#rootFiles.set(channelPaths.root(spec.number), bytes);
    this.#rootFiles.set(channelPaths.rootSignature(spec.number), Buffer.from(signature));
    this.root = { number: spec.number, sha256: rootHash(bytes), spec };
    return this.root;
  }

  /** Seals made-up values, signs, and lists the secret in the next publication. */
  async seal(
    name: string,
    values: Record<string, string>,
    options: { version?: number; author?: TestSigner; keys?: RegionKey[] } = {},
  ): Promise<EdgeSecret> {
    const [namespace = '', secret = ''] = name.split('/');
    const version = options.version ?? (this.secrets.get(name)?.spec.version ?? 0) + 1;
    for (const value of Object.values(values)) this.#planted.add(value);
    const recipients = (options.keys ?? [this.key]).map((key) => ({
      region: this.region,
      keyId: key.id,
      key: recipientOf(key),
    }));
    const identity = { repository: repositoryId, namespace, name: secret, template };
    const sealed = await createSecret(identity, version, recipients, itemsOf(values));
    return this.put(this.signed(sealed, options.author));
  }

  /** Adds a value in a further envelope. */
  async set(name: string, values: Record<string, string>): Promise<EdgeSecret> {
    const old = this.secrets.get(name)!;
    const recipient = { region: this.region, keyId: this.key.id, key: recipientOf(this.key) };
    const { version } = old.spec;
    for (const value of Object.values(values)) this.#planted.add(value);
    return this.put(
      this.signed(await setItems(old, repositoryId, version + 1, [recipient], itemsOf(values))),
    );
  }

  /** The secret with this author's signature. */
  signed(secret: EdgeSecret, author = this.author): EdgeSecret {
    const signature = author.sign(statementBytes(repositoryId, secret), signatureNamespaces.secret);
    const signatures = [{ author: 'author@example.com', signature }];
    return { ...secret, spec: { ...secret.spec, signatures } };
  }

  unsigned(secret: EdgeSecret): EdgeSecret {
    return { ...secret, spec: { ...secret.spec, signatures: [] } };
  }

  /** Lists a secret under its own name, or another. */
  put(secret: EdgeSecret, as = `${secret.metadata.namespace}/${secret.metadata.name}`): EdgeSecret {
    this.secrets.set(as, secret);
    const rendered = renderSecret(secret, this.region)!;
    const entry = { ...rendered.entry, name: as.split('/')[1]! };
    this.#entries.set(as, { ...rendered, entry });
    return secret;
  }

  remove(name: string): void {
    this.secrets.delete(name);
    this.#entries.delete(name);
  }

  /** Renders, signs and commits. @returns the commit */
  publish(twist: Twist = {}): string {
    const listing = new Map<string, IndexEntry[]>();
    const files = new Map<string, Uint8Array>(this.#rootFiles);
    for (const [key, { entry, bytes }] of this.#entries) {
      const [namespace = '', name = ''] = key.split('/');
      listing.set(namespace, [...(listing.get(namespace) ?? []), entry]);
      files.set(secretPath(namespace, name), bytes);
    }
    const { indexes, files: indexFiles } = renderIndexes(listing);
    for (const [path, bytes] of indexFiles) files.set(path, bytes);
    const content = { region: this.region, root: this.root, source: 'c'.repeat(40), indexes };
    const honest = parseSnapshot(renderSnapshot(this.#last, content));
    const snapshot = twist.snapshot?.(honest) ?? honest;
    const bytes = formatSnapshot(snapshot);
    const publisher = twist.publisher ?? this.publisher;
    files.set(channelPaths.snapshot, bytes);
    files.set(
      channelPaths.snapshotSignature,
      Buffer.from(publisher.sign(bytes, signatureNamespaces.snapshot)),
    );
    const sha256 = sha256Of(bytes);
    if (twist.heartbeat !== undefined) this.#beat(files, sha256, twist.heartbeat);
    twist.files?.(files);
    this.#last = { snapshot, bytes, sha256, root: this.root, newRoots: [] };
    return this.commit(files);
  }

  /** Takes the publisher's memory back to what it was, for a second history. */
  fork(): () => void {
    const last = this.#last;
    return () => {
      this.#last = last;
    };
  }

  /** Renews the heartbeat of the last snapshot. @returns the commit */
  beat(at: Date): string {
    const files = new Map(this.#committed);
    this.#beat(files, this.snapshot, at);
    return this.commit(files);
  }

  /** Commits these files, whatever they are. @returns the commit */
  commit(files: Map<string, Uint8Array>): string {
    const parts: (string | Uint8Array)[] = [
      `commit ${this.ref}\ncommitter edgeseal <publish@example.com> 1750000000 +0000\ndata 7\npublish\n`,
    ];
    const parent = this.head();
    if (parent !== undefined) parts.push(`from ${parent}\n`);
    for (const path of this.#committed.keys()) if (!files.has(path)) parts.push(`D ${path}\n`);
    for (const [path, bytes] of files) {
      if (this.#committed.get(path) === bytes) continue;
      parts.push(`M 100644 inline ${path}\ndata ${bytes.length}\n`, bytes, '\n');
    }
    parts.push('done\n');
    this.#git(['fast-import', '--quiet', '--done', '--force'], Buffer.concat(parts.map(toBytes)));
    this.#committed = new Map(files);
    return this.head()!;
  }

  /** The files of the last commit. */
  get files(): Map<string, Uint8Array> {
    return new Map(this.#committed);
  }

  head(): string | undefined {
    try {
      return this.#git(['rev-parse', '--verify', '-q', this.ref]);
    } catch {
      return undefined;
    }
  }

  /** Points the branch at another commit. */
  reset(commit: string): void {
    this.#git(['update-ref', this.ref, commit]);
  }

  /** Begins the branch anew with what it holds, and forgets all that came before. */
  orphan(): void {
    this.reset(this.#git([...identity, 'commit-tree', '-m', 'restart', `${this.ref}^{tree}`]));
    this.#git(['reflog', 'expire', '--expire=now', '--all']);
    this.#git(['gc', '-q', '--prune=now']);
  }

  /** Serves the branch under another name, too. */
  copyBranch(name: string): void {
    this.#git(['update-ref', `refs/heads/${name}`, this.ref]);
  }

  /** A copy of the repository as another mirror, `<folder>/<name>/secrets.git`. */
  mirror(name: string): string {
    const path = join(this.folder, name, 'secrets.git');
    rmSync(path, { recursive: true, force: true });
    execFileSync('git', ['clone', '-q', '--mirror', this.path, path]);
    return path;
  }

  /** Writes the branch as a bundle. */
  bundle(path: string): void {
    this.#git(['bundle', 'create', '-q', path, this.ref]);
  }

  repack(): void {
    this.#git(['repack', '-q', '-a', '-d']);
  }

  writeKey(path: string, line = this.keyLine): string {
    writeFileSync(path, `${line}\n`, { mode: 0o600 });
    return path;
  }

  /** Notes what was said of it somewhere: in a log, a status, an Event. */
  heard(where: string, text: string): void {
    const value = this.#planted.in(text);
    if (value !== undefined) this.#leaks.push(`${where} holds the plaintext ${value}`);
  }

  /**
   * Removes all that belongs to it, once that was searched for what was sealed.
   *
   * @throws Error where plaintext lies anywhere but in a directory target, which is `unsealed`
   */
  delete(): void {
    const isTarget = (path: string): boolean => /(?:^|\/)unsealed(?:$|\/)/.test(path);
    const found = [...this.#leaks, ...this.#planted.search(this.folder, isTarget)];
    rmSync(this.folder, { recursive: true, force: true });
    if (found.length > 0) throw new Error(found.join('\n'));
  }

  #beat(files: Map<string, Uint8Array>, snapshot: string, at: Date): void {
    const issuedAt = at.toISOString().replace(/\.\d{3}Z$/, 'Z');
    const { region } = this;
    const bytes = formatHeartbeat({ repository: repositoryId, region, snapshot, issuedAt });
    const signature = this.heartbeat.sign(bytes, signatureNamespaces.alive);
    files.set(channelPaths.alive, bytes);
    files.set(channelPaths.aliveSignature, Buffer.from(signature));
  }

  #git(args: string[], input?: Uint8Array): string {
    return execFileSync('git', ['-C', this.path, ...args], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input }),
    }).trim();
  }
}

function itemsOf(values: Record<string, string>): Map<string, SecretBytes> {
  return new Map(Object.entries(values).map(([key, v]) => [key, SecretBytes.fromText(v)]));
}

function toBytes(part: string | Uint8Array): Uint8Array {
  return typeof part === 'string' ? Buffer.from(part) : part;
}
