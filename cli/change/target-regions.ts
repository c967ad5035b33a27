import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { regionsOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { assignedRegions } from '../../core/policy/distribution.ts';
import { regionEntry } from '../../core/repository/recipients.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError } from '../terminal/output.ts';
import type { SecretRef } from '../secret-ref.ts';
import { requireRegions } from './region-plan.ts';

/**
 * The regions that a new value of a sealed secret goes to: those that the policy assigns and the secret is sealed for,
 * or those of them that a person names. A region that the policy has and the file has not yet would get a Secret of one
 * item; it gets all of it by `edgeseal reseal`.
 *
 * @throws EdgesealError `policy-mismatch` for a region that is not assigned
 */
export function targetRegions(
  io: Io,
  state: RepositoryState,
  ref: SecretRef,
  current: EdgeSecret | undefined,
  wanted: readonly string[] | undefined,
): string[] {
  const { namespace, name } = ref;
  const { regions, by } = assignedRegions(
    state.policy,
    state.repository.spec.defaultRegions,
    namespace,
    name,
  );
  const output = new Output(io);
  const sealed =
    current === undefined ? regions : [...new Set(current.spec.envelopes.flatMap(regionsOf))];
  const unsealed = regions.filter((region) => !sealed.includes(region));
  const missing = unsealed.filter((region) => isKnown(state, region, output));
  const over = sealed.filter(
    (region) => !regions.includes(region) && state.regions.get(region)?.recovery !== true,
  );
  if (over.length > 0) {
    output.warn(
      `${ref.file} is still sealed for ${over.join(', ')}, which may not read it any more`,
      `edgeseal reseal ${namespace}/${name}`,
    );
  }
  if (wanted !== undefined) {
    const chosen = requireRegions(state, wanted);
    const stranger = chosen.find((region) => !regions.includes(region));
    if (stranger !== undefined) {
      throw new EdgesealError(
        'policy-mismatch',
        `${namespace}/${name} does not go to ${stranger}: ${by === 'policy' ? 'the policy assigns' : 'defaultRegions assign'} ${regions.join(', ')}`,
        {
          file: state.policy?.file,
          hint: `to give it to more regions: edgeseal seal --regions ...`,
        },
      );
    }
    const partial = chosen.filter((region) => missing.includes(region));
    if (partial.length > 0) {
      output.warn(
        `${partial.join(', ')} gets this item only: ${ref.file} is not sealed for it otherwise`,
        `to give it all items, take this change back and first run: edgeseal reseal ${namespace}/${name} --with-recovery RECOVERY-KEY-FILE`,
      );
    }
    return chosen;
  }
  if (missing.length > 0) {
    output.warn(
      `${ref.file} is not sealed for ${missing.join(', ')} yet, so the new value is not either`,
      `edgeseal reseal ${namespace}/${name} --with-recovery RECOVERY-KEY-FILE`,
    );
  }
  const targets = regions.filter((region) => sealed.includes(region));
  if (targets.length > 0) return targets;
  for (const region of unsealed) regionEntry(state, region);
  throw new EdgesealError(
    'policy-mismatch',
    `${namespace}/${name} is sealed for no region that it is assigned to (${regions.join(', ')})`,
    { file: ref.file, hint: `seal it anew as a whole: edgeseal seal` },
  );
}

/** A region that there is not is a fault of the policy, which resealing does not mend. */
function isKnown(state: RepositoryState, region: string, output: Output): boolean {
  try {
    regionEntry(state, region);
    return true;
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    output.warn(describeError(error), error.hint);
    return false;
  }
}
