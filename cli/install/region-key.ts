import { parseRegionKeys } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { patchTypes } from '../../core/kube/client.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { Io } from '../terminal/io.ts';
import { readKeyFile } from '../region-key/keys.ts';
import { read } from './apply.ts';
import type { RegionFacts } from './facts.ts';
import { collectionPath, objectPath } from './resource.ts';

/** A private key file that is to be put into the cluster. */
export interface KeyFile {
  /** Its item in the Secret. */
  item: string;
  text: SecretBytes;
}

/**
 * Reads the files of `--key`.
 *
 * @throws EdgesealError `trust-key` for a key that is not an active one of the region: sealed secrets would not open
 */
export async function readKeyFiles(
  io: Io,
  files: readonly string[],
  region: string,
  facts: RegionFacts,
): Promise<KeyFile[]> {
  const read: KeyFile[] = [];
  for (const file of files) {
    const text = await readKeyFile(io, file);
    const keys = await parseRegionKeys(text, file);
    const stranger = keys.find(({ sha256 }) => !facts.activeKeys.has(sha256));
    if (stranger !== undefined) {
      throw new EdgesealError('trust-key', `key ${stranger.id} is no active key of ${region}`, {
        file,
        hint: 'merged is what counts: see the active keys with edgeseal trust show',
      });
    }
    read.push({ item: `${keys[0]?.id ?? 'region'}.key`, text });
  }
  return read;
}

/**
 * Puts private keys into the region's Secret beside those that are there. Not by server-side apply, which would take
 * away the key that was installed before, and with it every secret that is sealed for it alone.
 */
export async function putKeys(
  client: KubeClient,
  keys: readonly KeyFile[],
  where: { namespace: string; name: string; labels: Record<string, string> },
  dryRun: boolean,
): Promise<void> {
  const { namespace, name, labels } = where;
  const data = Object.fromEntries(
    keys.map(({ item, text }) => [item, Buffer.from(text.reveal()).toString('base64')]),
  );
  const secret = { kind: 'Secret', metadata: { namespace, name } };
  const query = { fieldManager: 'edgeseal-keys', dryRun: dryRun ? 'All' : undefined };
  // What the server says of a body that it refuses may repeat it.
  const redact = (message: string): string =>
    Object.values(data).reduce((text, value) => text.replaceAll(value, '[key]'), message);
  if ((await read(client, secret)) === undefined) {
    await client.request('POST', collectionPath('Secret', namespace), {
      body: {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, labels },
        type: 'Opaque',
        data,
      },
      query,
      redact,
    });
  } else {
    await client.request('PATCH', objectPath(secret), {
      body: { data },
      contentType: patchTypes.merge,
      query,
      redact,
    });
  }
}
