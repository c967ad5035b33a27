import { parseSecretPath } from '../../core/format/names.ts';
import { printable } from '../../core/git/mirror.ts';
import { appliedOf } from '../cluster/applied.ts';
import type { Applied, Evidence } from '../cluster/applied.ts';
import type { FollowedRegion } from '../cluster/region-sync.ts';
import type { Goal } from './goal.ts';

/** One secret that a cluster does not have yet as wanted. */
export interface Lacking {
  file: string;
  /** `namespace/name` */
  secret: string;
  wanted: number;
  applied: Applied;
}

/** How far a cluster is on the way to a goal. */
export interface Standing {
  followed: FollowedRegion;
  lacking: Lacking[];
  /** Those of them that waiting does not help: only another publication does. */
  hopeless: Lacking[];
}

/** What a controller says of these does not change by itself. */
const final = [
  'NotEntitled',
  'BelowFloor',
  'WrapSpoiled',
  'NotOpened',
  'Malformed',
  'Misplaced',
  'Withheld',
];

/** Compares what a cluster has with what is waited for. */
export function standingOf(followed: FollowedRegion, evidence: Evidence, goal: Goal): Standing {
  const lacking: Lacking[] = [];
  for (const [file, wanted] of goal.versions) {
    const applied = appliedOf(followed, evidence, file);
    if (applied.version !== undefined && applied.version !== null && applied.version >= wanted)
      continue;
    const { namespace = '', name = '' } = parseSecretPath(file) ?? {};
    lacking.push({ file, secret: `${namespace}/${name}`, wanted, applied });
  }
  const hopeless = lacking.filter(
    ({ wanted, applied: { why } }) =>
      why !== undefined && why.version >= wanted && final.includes(why.reason),
  );
  return { followed, lacking, hopeless };
}

/** Where it stands, in one line. */
export function standingWords({ followed, lacking }: Standing, goal: Goal): string {
  const { status, region, spec } = followed;
  const { snapshot, secrets } = status ?? {};
  const at =
    snapshot === undefined || snapshot === null
      ? 'no snapshot yet'
      : `snapshot ${snapshot.sequence}`;
  const count = secrets === undefined ? '' : `, ${secrets.applied} of ${secrets.listed} applied`;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const held =
    spec.suspend === true
      ? ', suspended'
      : ready?.status === 'False'
        ? `, ${printable(ready.reason, 40)}`
        : '';
  const [first] = lacking;
  const rest =
    first === undefined
      ? ''
      : goal.versions.size === 1
        ? `: waiting for ${first.secret} version ${first.wanted}${hasWords(first)}`
        : `: waiting for ${lacking.length} of ${goal.versions.size} secrets`;
  return `${region} at ${at}${count}${held}${rest}`;
}

/** What it has instead. */
export function hasWords({ applied: { version, why } }: Lacking): string {
  const words = [
    ...(version === undefined || version === null ? [] : [`has ${version}`]),
    ...(why === undefined ? [] : [printable(why.reason, 40)]),
  ];
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
