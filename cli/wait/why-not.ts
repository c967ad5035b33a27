import { printable } from '../../core/git/mirror.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { complaintsOf, wayOut } from '../cluster/complaint.ts';
import type { Cluster } from '../cluster/open.ts';
import { silentSince } from '../cluster/silence.ts';
import type { ChannelMemory } from './channel-memory.ts';
import type { Lacking, Standing } from './standing.ts';

/** So many secrets are told of; the rest is counted. */
const spelt = 10;

/** Why a wait came to nothing, and what to do. */
export interface WhyNot {
  reasons: string[];
  steps: string[];
}

/** Explains it from what the RegionSync says and from what is published, after asking the remote once more. */
export async function whyNot(
  cluster: Cluster,
  state: RepositoryState,
  memory: ChannelMemory,
  { followed, lacking }: Standing,
): Promise<WhyNot> {
  await memory.fetch();
  const published = await memory.published();
  const { region, status } = followed;
  const silent = await silentSince(cluster, followed);
  const complaints = complaintsOf(cluster, followed, state, silent);
  const reasons = complaints.map(({ text }) => text);
  const steps = complaints.flatMap(({ step }) => step ?? []);
  const newest = memory.channel?.verified.snapshot.sequence;
  const at = status?.snapshot?.sequence ?? 0;
  if (memory.fault !== undefined)
    reasons.push(`what is published could not be asked for: ${memory.fault.message}`);
  const unpublished = lacking.filter(
    ({ file, wanted }) => (published.get(file)?.version ?? 0) < wanted,
  );
  for (const one of lacking.slice(0, spelt))
    reasons.push(reasonOf(one, unpublished.includes(one), published.get(one.file)?.version));
  if (lacking.length > spelt)
    reasons.push(`${lacking.length - spelt} more: edgeseal status ${cluster.flags}`);
  const isBehind = newest !== undefined && at < newest;
  if (isBehind)
    reasons.push(
      `the cluster is at ${at === 0 ? 'no snapshot' : `snapshot ${at}`}, published is ${newest}`,
    );
  for (const { secret, applied } of lacking.slice(0, spelt)) {
    const way =
      applied.why === undefined ? undefined : wayOut(cluster, secret, region, applied.why);
    if (way !== undefined) steps.push(way);
  }
  if (unpublished.length > 0)
    steps.push(`see what keeps it from being published: edgeseal status --fetch`);
  if (steps.length === 0)
    steps.push(
      `see the controller's log: kubectl ${cluster.flags} -n ${followed.namespace} logs -l app.kubernetes.io/instance=edgeseal-${region}`,
    );
  return { reasons, steps: [...new Set(steps)] };
}

function reasonOf(
  { secret, wanted, applied: { version, why } }: Lacking,
  isUnpublished: boolean,
  published: number | undefined,
): string {
  const has =
    version === undefined
      ? ''
      : version === null
        ? ', the cluster has none'
        : `, the cluster has ${version}`;
  const text =
    why === undefined ? '' : `: ${printable(why.reason, 40)}: ${printable(why.message, 500)}`;
  const words = isUnpublished
    ? `is not published (${published === undefined ? 'the channel does not have it' : `the channel has ${published}`})`
    : 'is not applied';
  return `${secret} version ${wanted} ${words}${has}${text}`;
}
