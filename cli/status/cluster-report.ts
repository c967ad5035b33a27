import { printable } from '../../core/git/mirror.ts';
import { wayOut } from '../cluster/complaint.ts';
import type { Cluster } from '../cluster/open.ts';
import { describeError } from '../terminal/output.ts';
import type { Output } from '../terminal/output.ts';
import type { ClusterView, RegionView } from './clusters.ts';
import type { Survey } from './survey.ts';

/** So many are spelt out; the rest is counted. */
const spelt = 10;

/** What each cluster says of each region: where it stands, and all that is not in order. */
export function printClusters(
  output: Output,
  found: Survey,
  clusters: readonly ClusterView[],
): void {
  for (const { context, regions, errors } of clusters) {
    for (const view of regions) {
      output.line(`\n${output.paint('bold', context)}: ${standing(view)}`);
      for (const { text } of view.complaints) output.line(`  ${output.paint('red', '!')} ${text}`);
      printFailed(output, found, view);
    }
    for (const error of errors) output.warn(describeError(error), error.hint);
  }
}

/** Such as `us-east at snapshot 8 of 9, 40 of 41 secrets applied, root 3 (namespace edgeseal-system)`. */
function standing({ followed, published }: RegionView): string {
  const { status, region, namespace } = followed;
  const at = status?.snapshot?.sequence;
  const newest = published === undefined || published === at ? '' : ` of ${published}`;
  const words = [
    at === undefined ? 'no snapshot yet' : `snapshot ${at}${newest}`,
    ...(status?.secrets === undefined
      ? []
      : [`${status.secrets.applied} of ${status.secrets.listed} secrets applied`]),
    ...(status?.root === undefined || status.root === null ? [] : [`root ${status.root.number}`]),
  ];
  return `${region} at ${words.join(', ')} (namespace ${namespace})`;
}

function printFailed(output: Output, { rows }: Survey, { followed, applied }: RegionView): void {
  const told = rows.flatMap(({ file, namespace, name }) => {
    const { why } = applied.get(file) ?? {};
    if (why === undefined) return [];
    const version = why.version === 0 ? '' : ` ${why.version}`;
    return [
      `${namespace}/${name}${version}: ${printable(why.reason, 40)}: ${printable(why.message, 500)}`,
    ];
  });
  for (const line of told.slice(0, spelt)) output.line(`  ${output.paint('red', '!')} ${line}`);
  const failing = Math.max(followed.status?.secrets?.failing ?? 0, told.length);
  const shown = Math.min(told.length, spelt);
  // Named on the command line, some secrets are not the question.
  if (told.length > spelt) output.line(`  ${failing - shown} more: --output json`);
}

/** What is left to do for the clusters, each with its command. */
export function clusterSteps(
  found: Survey,
  clusters: readonly ClusterView[],
  limit = spelt,
): string[] {
  const steps: string[] = [];
  for (const { context, cluster, regions } of clusters) {
    for (const { followed, complaints, applied, published } of regions) {
      const { region, status } = followed;
      for (const { step } of complaints) {
        if (step !== undefined) steps.push(`${context}, ${region}: ${step}`);
      }
      if (cluster !== undefined) steps.push(...waysOut(cluster, found, region, applied));
      const at = status?.snapshot?.sequence ?? 0;
      if (published !== undefined && at < published && complaints.length === 0)
        steps.push(
          `${context} has not taken in snapshot ${published} of ${region} yet: edgeseal wait --all --region ${region} ${cluster?.flags ?? ''}`,
        );
      else if (published === undefined || at > published)
        if (at > 0)
          steps.push(`what ${context} has of ${region} is not known here: edgeseal status --fetch`);
    }
  }
  return steps.length <= limit
    ? steps
    : [...steps.slice(0, limit), `${steps.length - limit} more: --output json`];
}

/** So many secrets with one fault are named in commands; more, and one command for all is shorter. */
const named = 3;
const forAll = ['NoKey', 'NotEntitled'];

function waysOut(
  cluster: Cluster,
  { rows }: Survey,
  region: string,
  applied: RegionView['applied'],
): string[] {
  const byReason = new Map<string, string[]>();
  const messages = new Map<string, string>();
  for (const { file, namespace, name } of rows) {
    const { why } = applied.get(file) ?? {};
    if (why === undefined) continue;
    const secret = `${namespace}/${name}`;
    messages.set(secret, why.message);
    byReason.set(why.reason, [...(byReason.get(why.reason) ?? []), secret]);
  }
  return [...byReason].flatMap(([reason, secrets]) => {
    const isMany = secrets.length > named && forAll.includes(reason);
    return (isMany ? ['--all'] : secrets).flatMap((secret) => {
      const message = messages.get(secret) ?? '';
      const way = wayOut(cluster, secret, region, { reason, message });
      const who = isMany ? `${secrets.length} secrets` : secret;
      return way === undefined ? [] : [`${who} in ${cluster.context}: ${way}`];
    });
  });
}
