import { EdgesealError } from '../../core/errors.ts';
import { regionsOf, templateOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../../core/format/edge-secret.ts';
import { recipientsFor } from '../../core/repository/recipients.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { createSecret, fullEnvelopes, withEnvelopes } from '../../core/secret/change.ts';
import { sealEnvelope } from '../../core/secret/envelope.ts';
import { requireSize } from '../../core/secret/unseal.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { Edited } from './edit-text.ts';

export interface EditTarget {
  secret: EdgeSecret;
  /** Regions that a changed value goes to. */
  regions: string[];
  /** The region whose values are edited, where items differ per region. */
  region: string | undefined;
  version: number;
}

/** Items that not all regions get from the same envelope: their values may differ per region. */
export function differingItems(
  secret: EdgeSecret,
  isRecovery: (region: string) => boolean,
): Set<string> {
  const envelopes = fullEnvelopes(secret);
  const all = new Set(envelopes.flatMap(regionsOf).filter((r) => !isRecovery(r)));
  const names = new Set(envelopes.flatMap((e) => Object.keys(e.data)));
  return new Set(
    [...names].filter((item) => {
      const holders = envelopes.filter((e) => Object.hasOwn(e.data, item));
      const covered = holders.length === 1 && holders[0] !== undefined ? regionsOf(holders[0]) : [];
      return [...all].some((region) => !covered.includes(region));
    }),
  );
}

/**
 * Makes the new version of an edited secret: removed items go, what was typed is one new envelope (or two, when some of
 * it is for one region only), all other ciphertext stays.
 *
 * @throws EdgesealError `input-usage` for a new type while some values are not known: ciphertext is bound to the type
 */
export async function applyEdit(
  state: RepositoryState,
  { secret, regions, region, version }: EditTarget,
  edited: Edited,
): Promise<EdgeSecret> {
  const { template, changed } = edited;
  const { namespace, name } = secret.metadata;
  const identity = { repository: state.repository.spec.id, namespace, name, template };
  requireSize(changed);
  const removed = new Set(edited.removed);
  const left = fullEnvelopes(secret).map((e) => withoutItems(e, removed));
  if (template.type !== templateOf(secret).type) {
    const unknown = left.flatMap((e) => Object.keys(e.data)).find((item) => !changed.has(item));
    if (unknown !== undefined) {
      throw new EdgesealError(
        'input-usage',
        `the type can be changed only together with every value, and ${unknown} was not typed anew`,
        { field: 'type', hint: 'seal it anew as a whole: edgeseal seal' },
      );
    }
    return await createSecret(identity, version, await recipientsFor(state, regions), changed);
  }
  const differ = differingItems(secret, (r) => state.regions.get(r)?.recovery === true);
  const own = new Map([...changed].filter(([item]) => region !== undefined && differ.has(item)));
  const common = new Map([...changed].filter(([item]) => !own.has(item)));
  const added: FullEnvelope[] = [];
  const add = async (items: Map<string, SecretBytes>, targets: string[]): Promise<void> => {
    if (items.size === 0) return;
    const recipients = await recipientsFor(state, targets);
    added.push(
      await sealEnvelope({ ...identity, type: template.type }, version, recipients, items),
    );
  };
  await add(common, regions);
  await add(own, region === undefined ? [] : [region]);
  const base = { ...secret, spec: { ...secret.spec, template } };
  return withEnvelopes(base, version, [...left, ...added]);
}

function withoutItems(envelope: FullEnvelope, items: ReadonlySet<string>): FullEnvelope {
  const data = Object.create(null) as Record<string, string>;
  for (const [item, value] of Object.entries(envelope.data))
    if (!items.has(item)) data[item] = value;
  return { ...envelope, data };
}
