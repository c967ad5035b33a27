import { quietMirrorStates } from '../../core/format/status.ts';
import { adoptAnnotation } from '../../core/format/ownership.ts';
import { printable } from '../../core/git/mirror.ts';
import { keyState, rootRegion } from '../../core/repository/root-keys.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { kubectl } from './open.ts';
import type { Cluster } from './open.ts';
import type { FollowedRegion } from './region-sync.ts';

/** Something about a region's controller that is not as it should be. */
export interface Complaint {
  /** Such as `Ready False KeyLost: ...`. */
  text: string;
  /** The way out, where it is one command. */
  step?: string;
}

/** Mirrors in these states are no fault of anybody. */
/** Conditions that repeat what Ready says, in words for other programs. */
const repeated = ['Stalled', 'Reconciling'];
/** Told in other words, and one by one. */
const spelt = ['SecretsFailed', 'PruningHeld', 'Alarm', 'MirrorFault', 'Suspended'];

/**
 * Everything that a RegionSync says is not in order, but for single secrets.
 *
 * @param silent since when its controller does not renew its Lease
 */
export function complaintsOf(
  cluster: Cluster,
  followed: FollowedRegion,
  state: RepositoryState,
  silent: string | undefined,
): Complaint[] {
  const { status, namespace, region } = followed;
  const at = kubectl(cluster, namespace);
  const pods = `${at} get pods -l app.kubernetes.io/instance=edgeseal-${region}`;
  const complaints: Complaint[] = [];
  if (silent !== undefined)
    complaints.push({
      text: `no controller is at work since ${silent}: what follows is from then`,
      step: pods,
    });
  if (status === undefined) {
    complaints.push({ text: 'its controller has not said anything yet', step: pods });
    return [...complaints, ...ofSpec(cluster, followed, state)];
  }
  if ((status.observedGeneration ?? followed.generation) < followed.generation)
    complaints.push({ text: 'its controller has not taken in the last change of the RegionSync' });
  for (const { type, status: is, reason, message } of status.conditions ?? []) {
    const isBad = is === (type === 'Degraded' ? 'True' : 'False');
    if (isBad && !repeated.includes(type) && !spelt.includes(reason))
      complaints.push({
        text: `${type} is ${is}, ${reason}: ${printable(message, 500)}`,
        ...readyStep(cluster, region, reason),
      });
  }
  return [
    ...complaints,
    ...ofSpec(cluster, followed, state),
    ...ofStatus(cluster, followed, state),
  ];
}

/** The way out of what no controller can mend by itself. */
function readyStep({ flags }: Cluster, region: string, reason: string): { step?: string } {
  if (reason === 'KeyLost' || reason === 'KeyMissing')
    return { step: `edgeseal install ${region} ${flags} --key BACKUP-FILE` };
  if (reason === 'FloorNeeded') {
    const renew = `edgeseal renew-floor ${region} ${flags}`;
    return { step: `see that the published snapshot is the newest one, then: ${renew}` };
  }
  return {};
}

function ofSpec(
  cluster: Cluster,
  { spec, namespace, region }: FollowedRegion,
  state: RepositoryState,
): Complaint[] {
  const complaints: Complaint[] = [];
  if (spec.suspend === true)
    complaints.push({
      text: 'suspended: nothing is fetched or applied; what is applied stays',
      step: patch(cluster, namespace, region, { suspend: false }),
    });
  // A clone that accepted a later root does not know those before it.
  if (state.roots[0]?.number === 1 && !state.roots.some(({ sha256 }) => sha256 === spec.root))
    complaints.push({
      text: `it is pinned to trust root ${spec.root.slice(0, 16)}..., which this repository does not have: wrong cluster, or another repository of the same id`,
    });
  return complaints;
}

function ofStatus(
  cluster: Cluster,
  { status = {}, namespace, region }: FollowedRegion,
  state: RepositoryState,
): Complaint[] {
  const { mirrors = [], pruning, alarm, keys = [] } = status;
  const complaints: Complaint[] = mirrors
    .filter((mirror) => !quietMirrorStates.includes(mirror.state))
    .map(({ name, state: is, message }) => ({
      text: `mirror ${printable(name)} is ${printable(is)}${message === undefined ? '' : `: ${printable(message, 500)}`}`,
    }));
  if (pruning !== undefined && pruning.pending > 0) {
    const names = (pruning.names ?? []).slice(0, 5).map((name) => printable(name));
    complaints.push({
      text: `${pruning.pending} deletions wait until somebody has looked: ${names.join(', ')}${pruning.pending > names.length ? ', ...' : ''}`,
      ...(/^[0-9a-f]{64}$/.test(pruning.acknowledge ?? '')
        ? {
            step: `if they are meant: ${patch(cluster, namespace, region, { prune: { acknowledged: pruning.acknowledge } })}`,
          }
        : {}),
    });
  }
  if (alarm !== undefined && alarm !== null) {
    complaints.push({
      text: `alarm since ${printable(alarm.at)}, mirror ${printable(alarm.mirror)}: ${printable(alarm.message, 500)}`,
      ...(/^[0-9a-f]{64}$/.test(alarm.snapshot)
        ? {
            step: `look into it (docs/guides/controller.md, Equivocation), then: ${patch(cluster, namespace, region, { alarm: { acknowledged: alarm.snapshot } })}`,
          }
        : {}),
    });
  }
  const fresh = keys.filter(({ sha256 }) => keyState(state.root, region, sha256) === undefined);
  for (const { id } of fresh) {
    complaints.push({
      text: `its key ${id} is not in trust root ${state.root.number}: nothing is sealed for it`,
      step: `edgeseal region add ${region} ${cluster.flags}`,
    });
  }
  const listed = rootRegion(state.root, region)?.keys ?? [];
  const active = keys.filter(({ sha256 }) => keyState(state.root, region, sha256) === 'active');
  if (keys.length > 0 && fresh.length === 0 && active.length === 0 && listed.length > 0)
    complaints.push({
      text: `none of its keys is active in trust root ${state.root.number}: ${keys.map(({ id }) => id).join(', ')}`,
      step: `edgeseal install ${region} ${cluster.flags} --key FILE, with an active one (edgeseal region list)`,
    });
  return complaints;
}

function patch(cluster: Cluster, namespace: string, region: string, spec: object): string {
  const body = JSON.stringify({ spec });
  return `${kubectl(cluster, namespace)} patch regionsync ${region} --type merge -p '${body}'`;
}

/** What has to be done about a secret that a cluster refuses; undefined where it mends itself or the message says it. */
export function wayOut(
  cluster: Cluster,
  secret: string,
  region: string,
  { reason, message }: { reason: string; message: string },
): string | undefined {
  const [namespace = '', name = ''] = secret.split('/');
  switch (reason) {
    case 'NoKey':
      return `edgeseal reseal ${secret} --with-recovery RECOVERY-KEY-FILE, then commit, push and publish`;
    case 'WrapSpoiled':
      return `edgeseal verify ${secret} says whether main has it so; if main is fine: edgeseal publish ${region}`;
    case 'NotEntitled':
      return `edgeseal sign ${secret}, then commit, push and publish`;
    case 'BelowFloor':
      return `make a new version: edgeseal rollback ${secret}, or edgeseal set ${secret} ITEM`;
    case 'NotOpened':
      return `seal it anew: edgeseal edit ${secret}`;
    case 'Malformed':
      return `edgeseal verify ${secret}`;
    case 'Withheld':
    case 'Misplaced':
      return `edgeseal publish ${region}`;
    case 'NamespaceMissing':
      return `kubectl ${cluster.flags} create namespace ${namespace}`;
    case 'Forbidden':
      return `edgeseal install ${region} ${cluster.flags}`;
    case 'Refused':
      return `see what refuses it: kubectl ${cluster.flags} -n ${namespace} get events,resourcequota`;
    case 'TargetRefused':
      // Other refusals say themselves what to do, and deleting what is there would be wrong for them.
      if (!message.includes('not ours')) return undefined;
      return `delete what is there, or let ${region} take it over: kubectl ${cluster.flags} -n ${namespace} annotate secret ${name} ${adoptAnnotation}=${region}`;
    default:
      return undefined;
  }
}
