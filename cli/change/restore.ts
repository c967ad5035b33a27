import { EdgesealError } from '../../core/errors.ts';
import { isElided, regionsOf, sortRecipients } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope, Recipient } from '../../core/format/edge-secret.ts';
import { byName } from '../../core/format/names.ts';
import { assignedRegions } from '../../core/policy/distribution.ts';
import { recipientsFor, withRecovery } from '../../core/repository/recipients.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import { fullEnvelopes, removeRegions, withEnvelopes } from '../../core/secret/change.ts';
import type { SecretRef } from '../secret-ref.ts';

/** An old version brought up to what is allowed today. */
export interface Restored {
  secret: EdgeSecret;
  /** Regions that get it. */
  regions: string[];
  warnings: { message: string; hint: string }[];
}

/**
 * Makes a new version of an old one's envelopes. They are bound to the version that they came with, which stays.
 * Regions that may not read the secret any more are taken out and listed as exposed, wraps for revoked keys are
 * dropped, and wraps that were added since are kept.
 *
 * @param current the file as it is, if there is one
 * @param version above both
 * @throws EdgesealError `policy-mismatch` where nothing of it may be read by anybody any more
 */
export async function restore(
  state: RepositoryState,
  old: EdgeSecret,
  current: EdgeSecret | undefined,
  version: number,
  ref: SecretRef,
): Promise<Restored> {
  const { namespace, name } = ref;
  const { regions } = assignedRegions(
    state.policy,
    state.repository.spec.defaultRegions,
    namespace,
    name,
  );
  const allowed = new Set(withRecovery(state, regions));
  const newer = new Map<string, FullEnvelope>();
  for (const envelope of current?.spec.envelopes ?? []) {
    if (!isElided(envelope)) newer.set(envelope.commitment, envelope);
  }
  const envelopes = fullEnvelopes(old).map((envelope) =>
    withoutRevoked(state, withNewer(envelope, newer.get(envelope.commitment))),
  );
  const before = [...new Set(envelopes.flatMap(regionsOf))].sort(byName);
  const gone = before.filter((region) => !allowed.has(region));
  const secret =
    gone.length === 0
      ? withEnvelopes(old, version, envelopes)
      : removeRegions({ ...old, spec: { ...old.spec, envelopes } }, version, new Set(gone));
  const left = new Set(secret.spec.envelopes.flatMap(regionsOf));
  const restored = regions.filter((region) => left.has(region));
  if (restored.length === 0) {
    throw new EdgesealError(
      'policy-mismatch',
      `version ${old.spec.version} was sealed for ${before.join(', ')}, none of which may read it any more`,
      { file: ref.file, hint: `it is assigned to ${regions.join(', ')}: seal the values anew` },
    );
  }
  const warnings: Restored['warnings'] = [];
  if (gone.length > 0) {
    warnings.push({
      message: `version ${old.spec.version} was sealed for ${gone.join(', ')} too, which may not read it any more: taken out, but what it could read stays known to it`,
      hint: `replace the values at their source, then: edgeseal set ${namespace}/${name} ITEM`,
    });
  }
  const missing = [...(await missingWraps(state, secret, regions))].sort(byName);
  if (missing.length > 0) {
    warnings.push({
      message: `version ${old.spec.version} is not sealed for all keys of ${missing.join(', ')}, which came later: clusters with those cannot open it`,
      hint: `edgeseal reseal ${namespace}/${name} --with-recovery RECOVERY-KEY-FILE`,
    });
  }
  return { secret, regions: restored, warnings };
}

/** The same envelope may have been wrapped for further keys since, or have had a region taken out. */
function withNewer(envelope: FullEnvelope, newer: FullEnvelope | undefined): FullEnvelope {
  if (newer === undefined) return envelope;
  const wraps = new Map<string, Recipient>();
  for (const recipient of [...envelope.recipients, ...newer.recipients]) {
    const id = `${recipient.region}\n${recipient.key ?? ''}`;
    if (wraps.get(id)?.wrapped === undefined) wraps.set(id, recipient);
  }
  const named = new Set([...wraps.values()].map(({ region }) => region));
  const exposed = [...new Set([...(envelope.exposed ?? []), ...(newer.exposed ?? [])])]
    .filter((region) => !named.has(region))
    .sort(byName);
  return { ...envelope, recipients: sortRecipients([...wraps.values()]), exposed };
}

/** A key that was revoked since stays named without its wrap: what it could read is not forgotten. */
function withoutRevoked(state: RepositoryState, envelope: FullEnvelope): FullEnvelope {
  const recipients = envelope.recipients.map((recipient) => {
    const { region, key, wrapped } = recipient;
    if (wrapped === undefined || key === undefined) return recipient;
    const listed = state.regions.get(region)?.keys.filter((k) => k.key.id === key) ?? [];
    const states = listed.map((k) => keyState(state.root, region, k.key.sha256));
    return states.includes('active') || states.includes('retired') ? recipient : { region, key };
  });
  return { ...envelope, recipients: sortRecipients(recipients) };
}

/** Regions and recovery recipients that lack a wrap of an envelope for one of their active keys. */
async function missingWraps(
  state: RepositoryState,
  secret: EdgeSecret,
  regions: readonly string[],
): Promise<Set<string>> {
  const missing = new Set<string>();
  for (const { region, keyId } of await recipientsFor(state, regions)) {
    const named = fullEnvelopes(secret).filter((e) => regionsOf(e).includes(region));
    const held = named.filter((e) =>
      e.recipients.some((r) => r.region === region && r.key === keyId && r.wrapped !== undefined),
    );
    if (named.length === 0 || held.length < named.length) missing.add(region);
  }
  return missing;
}
