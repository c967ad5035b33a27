import type { RegionKey } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import { isElided, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import { isWrappedFor, openDataKey, openItems } from './envelope.ts';
import { requireSize } from './unseal.ts';
import type { UnsealedSecret } from './unseal.ts';

/** For each item that a region gets, the index of the envelope that it comes from. Sorted by item. */
export function itemSources(secret: EdgeSecret, region: string): Map<string, number> {
  const sources = new Map<string, number>();
  for (const [index, envelope] of secret.spec.envelopes.entries()) {
    if (isElided(envelope) || !regionsOf(envelope).includes(region)) continue;
    for (const item of Object.keys(envelope.data)) sources.set(item, index);
  }
  return new Map([...sources].sort(([a], [b]) => byName(a, b)));
}

/** Whether all these regions get the same items from the same envelopes, so that one view stands for all. */
export function seeTheSame(secret: EdgeSecret, regions: readonly string[]): boolean {
  const views = regions.map((region) => JSON.stringify([...itemSources(secret, region)]));
  return new Set(views).size <= 1;
}

/**
 * Opens a sealed secret as `region` gets it, by the wraps of any holder: the region itself, or a recovery
 * recipient that every envelope of it is wrapped for too. All or nothing, as for a cluster.
 *
 * @param repository the repository's UUID
 * @param holders region and recovery names that the keys belong to
 * @returns undefined where no envelope names the region
 * @throws EdgesealError `seal-elided`, `seal-no-key`, `seal-wrap`, `seal-open` or `format-base64`
 */
export async function unsealAs(
  secret: EdgeSecret,
  repository: string,
  region: string,
  holders: readonly string[],
  keys: readonly RegionKey[],
): Promise<UnsealedSecret | undefined> {
  const { namespace, name } = secret.metadata;
  const template = templateOf(secret);
  const context = { repository, namespace, name, type: template.type };
  const items = new Map<string, SecretBytes>();
  let named = false;
  for (const [index, envelope] of secret.spec.envelopes.entries()) {
    if (!regionsOf(envelope).includes(region)) continue;
    named = true;
    const field = `spec.envelopes[${index}]`;
    if (isElided(envelope)) {
      throw new EdgesealError('seal-elided', `an envelope for ${region} was left out`, { field });
    }
    const dataKey = await openAny(context, envelope, [region, ...holders], keys);
    const spoiled = [region, ...holders].find((holder) => isWrappedFor(envelope, holder, keys));
    if (dataKey === undefined && spoiled !== undefined) {
      throw new EdgesealError(
        'seal-wrap',
        `the wrap for ${spoiled} names a key given, and does not open with it: it was spoiled, or belongs to another envelope`,
        { field, hint: `how it is put back: edgeseal verify ${namespace}/${name}` },
      );
    }
    if (dataKey === undefined) {
      const held = keys.map((key) => key.id).join(', ');
      throw new EdgesealError(
        'seal-no-key',
        `an envelope for ${region} does not open with the keys given (${held === '' ? 'none' : held})`,
        {
          field,
          hint: `give the key of ${region}, or the recovery key, with --key FILE; a new key gets its wraps by: edgeseal reseal ${namespace}/${name} --key FILE`,
        },
      );
    }
    for (const [item, value] of openItems(context, envelope, dataKey)) items.set(item, value);
    dataKey.wipe();
  }
  if (!named) return undefined;
  requireSize(items);
  return { namespace, name, version: secret.spec.version, template, items };
}

/**
 * Opens an envelope's data key by the wraps of whichever holder one of the keys fits.
 *
 * @returns undefined where none does
 */
export async function openAny(
  context: { repository: string; namespace: string; name: string },
  envelope: FullEnvelope,
  holders: readonly string[],
  keys: readonly RegionKey[],
): Promise<SecretBytes | undefined> {
  for (const holder of new Set(holders)) {
    const dataKey = await openDataKey(context, envelope, holder, keys);
    if (dataKey !== undefined) return dataKey;
  }
  return undefined;
}
