import { sha256Of } from '../../../core/channel/snapshot-check.ts';
import { channelPaths, formatIndex, parseIndex } from '../../../core/format/snapshot.ts';
import type { Index, Snapshot } from '../../../core/format/snapshot.ts';
import { formatTrustRoot } from '../../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../../core/format/trust-root.ts';
import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import { apiVersion } from '../../../core/format/schema.ts';
import { signatureNamespaces } from '../../../core/trust/signed-by.ts';
import { rootHash } from '../../../core/trust/root-chain.ts';
import type { TestSigner } from '../../controller/channel.ts';
import type { Site } from './site.ts';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString();

type FullEnvelope = Extract<EdgeSecret['spec']['envelopes'][number], { data: unknown }>;

/** A snapshot with the publisher's signature, whatever its text is. */
export async function publishText(
  site: Site,
  change: (text: string) => string,
  sign?: (bytes: Buffer) => string,
): Promise<void> {
  await site.publish();
  const { channel } = site;
  const { files } = channel;
  const bytes = Buffer.from(change(text(files.get(channelPaths.snapshot))), 'latin1');
  files.set(channelPaths.snapshot, bytes);
  const signed = sign?.(bytes) ?? channel.publisher.sign(bytes, signatureNamespaces.snapshot);
  files.set(channelPaths.snapshotSignature, Buffer.from(signed));
  channel.commit(files);
}

/** A snapshot that the publisher signed with other content. */
export async function publishSnapshot(
  site: Site,
  change: (snapshot: Snapshot) => Snapshot,
  signer?: TestSigner,
): Promise<void> {
  await publishText(
    site,
    (old) => JSON.stringify(change(JSON.parse(old) as Snapshot)),
    signer === undefined ? undefined : (bytes) => signer.sign(bytes, signatureNamespaces.snapshot),
  );
}

/** An index with any text, of which hash and size are as listed: the publisher lies, nobody else. */
export async function publishIndex(
  site: Site,
  namespace: string,
  change: (entries: Index) => Index | string,
): Promise<void> {
  const { channel } = site;
  const back = channel.fork();
  await site.publish();
  back();
  const path = channelPaths.index(namespace);
  const changed = change(parseIndex(channel.files.get(path)!, namespace));
  const bytes = typeof changed === 'string' ? Buffer.from(changed) : formatIndex(changed);
  const listed = { namespace, sha256: sha256Of(bytes), size: bytes.length };
  channel.publish({
    snapshot: (old) => ({
      ...old,
      indexes: old.indexes.map((index) => (index.namespace === namespace ? listed : index)),
    }),
    files: (files) => files.set(path, bytes),
  });
}

/** Publishes with other bytes in the place of sealed secrets, listed as they are: by `namespace/name`. */
export function publishListed({ channel }: Site, bytes: ReadonlyMap<string, Uint8Array>): void {
  const back = channel.fork();
  channel.publish();
  const { files } = channel;
  back();
  const indexes = new Map<string, Uint8Array>();
  for (const [name, content] of bytes) {
    const [namespace = '', secret = ''] = name.split('/');
    const path = channelPaths.index(namespace);
    const entries = parseIndex(indexes.get(namespace) ?? files.get(path)!, namespace);
    const listed = { sha256: sha256Of(content), size: content.length };
    const changed = entries.map((one) => (one.name === secret ? { ...one, ...listed } : one));
    indexes.set(namespace, formatIndex(changed));
  }
  channel.publish({
    snapshot: (old) => ({
      ...old,
      indexes: old.indexes.map((one) => {
        const index = indexes.get(one.namespace);
        if (index === undefined) return one;
        return { ...one, sha256: sha256Of(index), size: index.length };
      }),
    }),
    files: (all) => {
      for (const [namespace, index] of indexes) all.set(channelPaths.index(namespace), index);
      for (const [name, content] of bytes) all.set(`secrets/${name}.yaml`, content);
    },
  });
}

/** A trust root that nobody has adopted, with any signatures, for the strike that serves it. */
export function rootAfter(
  site: Site,
  change: (spec: TrustRootSpec) => unknown,
  signers: TestSigner[],
): { files: [string, Uint8Array][]; number: number; sha256: string } {
  const { root } = site.channel;
  const spec = structuredClone(root.spec);
  spec.number += 1;
  spec.previous = root.sha256;
  change(spec);
  const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
  const signed = signers.map((signer) => signer.sign(bytes, signatureNamespaces.root)).join('');
  const { number } = spec;
  const files: [string, Uint8Array][] = [
    [channelPaths.root(number), bytes],
    [channelPaths.rootSignature(number), Buffer.from(signed)],
  ];
  return { files, number, sha256: rootHash(bytes) };
}

/** A snapshot that names such a root, which the channel carries. */
export async function publishUnder(
  site: Site,
  root: ReturnType<typeof rootAfter>,
  signer: TestSigner,
): Promise<void> {
  const { number, sha256 } = root;
  await publishSnapshot(site, (old) => ({ ...old, root: { number, sha256 } }), signer);
  const { files } = site.channel;
  for (const [path, bytes] of root.files) files.set(path, bytes);
  site.channel.commit(files);
}

/** Publishes a secret after something was done to it, signed by its author as it then is. */
export async function publishChanged(
  site: Site,
  change: (secret: EdgeSecret, envelope: FullEnvelope) => unknown,
  how: { sign?: boolean; from?: EdgeSecret } = {},
): Promise<void> {
  const { channel } = site;
  const next = how.from ?? (await channel.seal('production/db', { password: site.value() }));
  const secret = structuredClone(next);
  change(secret, secret.spec.envelopes[0] as FullEnvelope);
  channel.put(how.sign === false ? secret : channel.signed(secret), 'production/db');
  channel.publish();
}

/** A secret with two envelopes, of which the later one overrides an item of the first. */
export async function overridden(site: Site): Promise<EdgeSecret> {
  const { channel } = site;
  await channel.seal('production/db', { password: site.value(), user: site.value() });
  return channel.set('production/db', { password: `${site.value()} again` });
}
