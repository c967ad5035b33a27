import { regionLabel } from '../../core/format/ownership.ts';
import { EdgesealError } from '../../core/errors.ts';
import { isLabel } from '../../core/format/names.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { findInstalled } from '../install/installed.ts';
import { leftovers, removeAll } from '../install/leftover.ts';
import type { Leftover } from '../install/leftover.ts';
import { ownedSecrets } from '../install/owned-secret.ts';
import { collectionPath, nameOf } from '../install/resource.ts';
import { untilGone } from '../install/rollout.ts';
import type { Io } from '../terminal/io.ts';
import { openCluster } from '../kube/access.ts';
import type { KubeOptions } from '../kube/access.ts';
import { Output } from '../terminal/output.ts';
import { confirm } from '../terminal/prompt.ts';
import { stage } from '../publish/stage.ts';
import { defaultNamespace } from './install.ts';

interface Options extends KubeOptions {
  namespace?: string;
  deleteSecrets?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

const podsGoneMs = 90_000;

/** `edgeseal uninstall REGION`: takes the controller out of a cluster; what it made stays, unless that is asked for. */
export async function run(io: Io, [region = '']: string[], options: Options): Promise<number> {
  const { namespace = defaultNamespace, deleteSecrets = false, dryRun = false } = options;
  if (!isLabel(region)) throw new EdgesealError('input-usage', `${region} is not a region name`);
  const { client, context } = await openCluster(io, options);
  const output = new Output(io);
  try {
    const name = `edgeseal-${region}`;
    const found = await leftovers(client, name, namespace, []);
    if (found.length === 0) {
      throw new EdgesealError(
        'kube-not-found',
        `context ${context} has nothing of region ${region} in namespace ${namespace}`,
        { hint: 'is it in another one? kubectl get regionsync -A' },
      );
    }
    const secrets = deleteSecrets ? await toDelete(client, namespace, region) : [];
    if (!dryRun && !(await agree(io, { region, context, secrets }, options)))
      throw new EdgesealError('input-cancelled', 'nothing was removed');
    if (!dryRun) await removeInOrder(io, client, { name, namespace, found, secrets });
    for (const one of [...found, ...secrets])
      output.line(`${dryRun ? 'would remove' : 'removed'}  ${nameOf(one)}`);
    sayWhatStays(output, region, namespace, deleteSecrets);
    return exitCodes.ok;
  } finally {
    client.close();
  }
}

async function toDelete(
  client: KubeClient,
  namespace: string,
  region: string,
): Promise<Leftover[]> {
  const installed = await findInstalled(client, namespace, region);
  if (installed !== undefined)
    return await ownedSecrets(client, { repository: installed.repository, region });
  throw new EdgesealError(
    'kube-not-found',
    `without the RegionSync ${namespace}/${region} nobody can say which Secrets are its own`,
    { hint: `install it again, then: edgeseal uninstall ${region} --delete-secrets` },
  );
}

async function agree(
  io: Io,
  what: { region: string; context: string; secrets: Leftover[] },
  { yes = false, deleteSecrets = false }: Options,
): Promise<boolean> {
  if (yes || !deleteSecrets) return true;
  const { region, context, secrets } = what;
  const [first] = secrets;
  const such = first === undefined ? '' : `, such as ${nameOf(first)}`;
  const count = secrets.length === 1 ? '1 Secret' : `${secrets.length} Secrets`;
  return await confirm(
    io,
    `Delete ${count} of ${region} in ${context}${such}? What uses them will fail.`,
  );
}

/** A controller that still runs would bring back each Secret that is deleted. */
async function removeInOrder(
  io: Io,
  client: KubeClient,
  all: { name: string; namespace: string; found: Leftover[]; secrets: Leftover[] },
): Promise<void> {
  const { name, namespace, found, secrets } = all;
  const runs = ({ kind }: Leftover): boolean => kind === 'Deployment' || kind === 'DaemonSet';
  await removeAll(client, found.filter(runs));
  if (secrets.length > 0) {
    const pods = collectionPath('Pod', namespace);
    const selector = `app.kubernetes.io/instance=${name}`;
    const gone = await stage(
      io,
      'waiting for the pods to end',
      untilGone(client, pods, selector, podsGoneMs),
    );
    if (!gone) {
      throw new EdgesealError(
        'kube-unreachable',
        'pods of the controller still run, and would make the Secrets again: none was deleted',
        { hint: `kubectl get pods -n ${namespace}; then run this command again` },
      );
    }
    await removeAll(client, secrets);
  }
  await removeAll(
    client,
    found.filter((leftover) => !runs(leftover)),
  );
}

function sayWhatStays(
  output: Output,
  region: string,
  namespace: string,
  deleteSecrets: boolean,
): void {
  const lines = [
    ...(deleteSecrets
      ? []
      : [
          `the Secrets that were made, as they are: kubectl get secrets -A -l ${regionLabel}=${region}`,
        ]),
    `the region's private key: Secret ${namespace}/edgeseal-region-key-${region}`,
    `the mark against replays: ConfigMap ${namespace}/edgeseal-mark-${region}`,
    `the namespace ${namespace}, and the CRDs with all RegionSyncs and EdgeSecrets`,
  ];
  output.note(`\nWhat stays:\n${lines.map((line) => `- ${line}`).join('\n')}`);
}
