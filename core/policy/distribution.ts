import { EdgesealError } from '../errors.ts';
import type { DistributionPolicy } from '../format/distribution-policy.ts';
import { byName } from '../format/names.ts';

/** Where the regions of a secret come from, so that messages can say it. */
export interface Assignment {
  regions: string[];
  by: 'policy' | 'defaultRegions';
}

/**
 * The regions that may read a secret. An entry `namespace/name` names that one secret, an entry `name` the
 * secret of that name in every namespace.
 *
 * @param policy absent where the repository has no policy file
 * @throws EdgesealError `policy-unassigned` where neither an entry nor defaultRegions says anything
 */
export function assignedRegions(
  policy: DistributionPolicy | undefined,
  defaultRegions: readonly string[] | undefined,
  namespace: string,
  name: string,
): Assignment {
  const named: string[] = [];
  for (const [region, rule] of policy?.regions ?? []) {
    if (rule.secrets.some((entry) => entry === name || entry === `${namespace}/${name}`))
      named.push(region);
  }
  if (named.length > 0) return { regions: named.sort(byName), by: 'policy' };
  if (defaultRegions !== undefined && defaultRegions.length > 0) {
    return { regions: [...defaultRegions].sort(byName), by: 'defaultRegions' };
  }
  throw new EdgesealError(
    'policy-unassigned',
    `no entry of the distribution policy names ${namespace}/${name}, and there are no defaultRegions`,
    {
      file: policy?.file,
      hint: `say which regions may read it: edgeseal seal --regions REGION,REGION ... (this also writes the policy)`,
    },
  );
}
