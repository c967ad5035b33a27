import type { RegionKey } from '../crypto/region-key.ts';
import { EdgesealError } from '../errors.ts';
import { isElided, maxSecretBytes, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, Template } from '../format/edge-secret.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import { isWrappedFor, openDataKey, openItems } from './envelope.ts';

/** A Secret as one region sees it, in plaintext. */
export interface UnsealedSecret {
  namespace: string;
  name: string;
  version: number;
  template: Template;
  items: Map<string, SecretBytes>;
}

/**
 * Opens a sealed secret as one region. All or nothing: if any envelope that names the region cannot be
 * opened, the whole secret fails, because otherwise a publisher could roll a value back by hiding the
 * envelope that overrides it.
 *
 * @param repository the repository's UUID
 * @param keys the private keys held for this region
 * @returns undefined where no envelope names the region
 * @throws EdgesealError `seal-elided`, `seal-no-key`, `seal-wrap`, `seal-open` or `format-base64`
 */
export async function unsealSecret(
  secret: EdgeSecret,
  repository: string,
  region: string,
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
    const place = { field: `spec.envelopes[${index}]` };
    if (isElided(envelope)) {
      throw new EdgesealError(
        'seal-elided',
        `an envelope for ${region} was left out of this file`,
        place,
      );
    }
    const dataKey = await openDataKey(context, envelope, region, keys);
    if (dataKey === undefined)
      throw isWrappedFor(envelope, region, keys)
        ? spoiledWrap(`${namespace}/${name}`, region, place)
        : noKey(`${namespace}/${name}`, region, keys, place);
    for (const [item, value] of openItems(context, envelope, dataKey)) items.set(item, value);
    dataKey.wipe();
  }
  if (!named) return undefined;
  requireSize(items);
  return { namespace, name, version: secret.spec.version, template, items };
}

function noKey(
  secret: string,
  region: string,
  keys: readonly RegionKey[],
  place: { field: string },
): EdgesealError {
  const held = keys.map((key) => key.id).join(', ');
  return new EdgesealError(
    'seal-no-key',
    `no wrap for ${region} opens with the keys held (${held === '' ? 'none' : held})`,
    {
      ...place,
      hint: `if this key is new, whoever can open the secret runs: edgeseal reseal ${secret} --key FILE`,
    },
  );
}

function spoiledWrap(secret: string, region: string, place: { field: string }): EdgesealError {
  return new EdgesealError(
    'seal-wrap',
    `the wrap for ${region} names the key that is here, and does not open with it: it was spoiled, or belongs to another envelope`,
    {
      ...place,
      hint: `edgeseal verify ${secret} says whether main has it so, and how it is put back; if main is fine: edgeseal publish ${region}`,
    },
  );
}

/** Kubernetes refuses a Secret above 1 MiB; a hostile author must not fill memory with more. */
export function requireSize(items: ReadonlyMap<string, SecretBytes>): void {
  let total = 0;
  for (const value of items.values()) total += value.length;
  if (total > maxSecretBytes) {
    throw new EdgesealError(
      'input-too-large',
      `the values have ${total} bytes together, a Secret holds at most ${maxSecretBytes}`,
    );
  }
}
