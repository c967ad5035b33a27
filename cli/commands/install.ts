import { EdgesealError } from '../../core/errors.ts';
import { emitYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import type { InstallValues } from '../../core/format/install-values.ts';
import { isLabel } from '../../core/format/names.ts';
import { duration, secondsOf } from '../../core/format/schema.ts';
import { customResourceDefinitions } from '../deploy-files.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { applyChanges, tryOut } from '../install/apply.ts';
import { regionFacts } from '../install/facts.ts';
import type { RegionFacts } from '../install/facts.ts';
import { findInstalled, remember, requireOnePlace, requireOnwards } from '../install/installed.ts';
import { leftovers, removeAll } from '../install/leftover.ts';
import { keySecretOf, labelsOf, partsOf } from '../install/manifest.ts';
import type { Manifest } from '../install/manifest.ts';
import { controllerObjects, namespaceObject } from '../install/objects.ts';
import { putKeys, readKeyFiles } from '../install/region-key.ts';
import type { KeyFile } from '../install/region-key.ts';
import { sayChanges } from '../install/report.ts';
import { untilEstablished, untilRolledOut } from '../install/rollout.ts';
import { chooseValues, wholeValues } from '../install/values.ts';
import type { ChoiceOptions, Choices } from '../install/values.ts';
import type { Io } from '../terminal/io.ts';
import { openCluster } from '../kube/access.ts';
import type { KubeAccess, KubeOptions } from '../kube/access.ts';
import { Output } from '../terminal/output.ts';
import { stage } from '../publish/stage.ts';

interface Options extends ChoiceOptions, KubeOptions {
  namespace?: string;
  key?: string[];
  print?: boolean;
  printValues?: boolean;
  dryRun?: boolean;
  wait?: string | boolean;
  renewFloor?: boolean;
  forceConflicts?: boolean;
}

/** The controller's namespace, where nobody says otherwise. */
export const defaultNamespace = 'edgeseal-system';

/** `edgeseal install REGION`: everything that a region's controller needs, in a cluster or as text. */
export async function run(io: Io, [region = '']: string[], options: Options): Promise<number> {
  const { namespace = defaultNamespace, key: keyFiles = [] } = options;
  requireNames(region, namespace);
  const waitMs = waitOf(options.wait);
  if (options.print === true || options.printValues === true) {
    requirePrintable(region, namespace, keyFiles);
    const facts = await regionFacts(io, region);
    const choices = await chooseValues(io, options, undefined);
    const values = await wholeValues(region, facts, choices, {
      generate: true,
      renewed: renewalOf(options, facts),
    });
    if (options.printValues === true) io.stdout.write(emitYaml(values as unknown as Json));
    else await print(io, values, namespace, choices);
    return exitCodes.ok;
  }
  const cluster = await openCluster(io, options);
  try {
    await requireOnePlace(cluster.client, namespace, region);
    const facts = await regionFacts(io, region);
    const installed = await findInstalled(cluster.client, namespace, region);
    if (installed !== undefined) requireOnwards(installed, facts, region);
    const keys = await readKeyFiles(io, keyFiles, region, facts);
    const choices = await chooseValues(io, options, installed?.choices);
    const values = await wholeValues(region, facts, choices, {
      generate: keys.length === 0 && (installed?.generate ?? true),
      renewed: renewalOf(options, facts),
    });
    const wanted = { namespace, values, choices, keys, facts };
    await install(io, cluster, wanted, options);
    if (waitMs !== undefined && options.dryRun !== true) {
      const workload = { kind: values.kind, metadata: partsOf(values, namespace) };
      const metadata = {
        name: workload.metadata.name,
        namespace,
        labels: labelsOf(workload.metadata),
      };
      const object: Manifest = { apiVersion: 'apps/v1', kind: values.kind, metadata };
      await stage(io, 'waiting for the pods', untilRolledOut(cluster.client, object, waitMs));
      new Output(io).line('the controller is up');
    }
    return exitCodes.ok;
  } finally {
    cluster.client.close();
  }
}

interface Wanted {
  namespace: string;
  values: InstallValues;
  choices: Choices;
  keys: KeyFile[];
  facts: RegionFacts;
}

/** Tries everything out before anything is applied, and says what changes. */
async function install(
  io: Io,
  { client, context }: KubeAccess,
  { namespace, values, choices, keys, facts }: Wanted,
  options: Options,
): Promise<void> {
  const output = new Output(io);
  const { dryRun = false, forceConflicts: force = false } = options;
  const parts = partsOf(values, namespace);
  const crds = (await customResourceDefinitions()) as unknown as Manifest[];
  const first = [namespaceObject(values, namespace), ...crds];
  const rest = remember(controllerObjects(values, namespace), choices);
  output.note(`region ${values.region} in context ${context}, namespace ${namespace}`);
  sayFloor(output, values, facts);

  // Nothing else can be tried out before its namespace and its kind are there.
  const early = await tryOut(client, first, { force, isEarly: false });
  if (!dryRun) {
    await applyChanges(client, early, force);
    await untilEstablished(client, crds);
  }
  const changes = await tryOut(client, rest, { force, isEarly: dryRun });
  const secret = { namespace, name: keySecretOf(values), labels: labelsOf(parts) };
  const isThere = early.every(({ what }) => what !== 'create') || !dryRun;
  if (keys.length > 0 && isThere) await putKeys(client, keys, secret, true);
  const old = await leftovers(client, parts.name, namespace, rest);
  if (!dryRun) {
    if (keys.length > 0) await putKeys(client, keys, secret, false);
    await applyChanges(client, changes, force);
    await removeAll(client, old);
  }
  for (const { text } of keys) text.wipe();
  sayChanges(output, [...early, ...changes], old, dryRun);
  if (keys.length > 0) {
    const items = keys.map(({ item }) => item).join(', ');
    output.line(
      `${dryRun ? 'would put' : 'put'}  ${items} into Secret ${namespace}/${secret.name}`,
    );
  }
  if (!dryRun) sayNext(output, values, { namespace, context, facts });
}

function sayFloor(output: Output, { floor, region }: InstallValues, facts: RegionFacts): void {
  if (floor.sequence === undefined)
    output.note(
      `floor: none, since ${facts.remote} has no channel of ${region} yet; publish it, then install again`,
    );
  else
    output.note(
      `floor: snapshot ${floor.sequence} of root ${floor.root ?? 1}, as ${facts.remote} has it`,
    );
  output.note(`root:  ${facts.root}`);
}

function sayNext(
  output: Output,
  values: InstallValues,
  at: { namespace: string; context: string; facts: RegionFacts },
): void {
  const { region, keys } = values;
  const { namespace, context, facts } = at;
  output.note(`\nSee how far it is: kubectl get regionsync ${region} -n ${namespace}`);
  if (!keys.secret.generate) return;
  output.note(
    facts.isKnown
      ? `If this cluster has no key of ${region} yet, its controller makes one. Seal for it with: edgeseal region add ${region} --context ${context}`
      : `${region} is not in regions/ yet. Once its controller has made a key: edgeseal region add ${region} --context ${context}`,
  );
  output.note(
    `Keep a copy of the key off the cluster: without one, losing the cluster means sealing for a new key.`,
  );
}

async function print(
  io: Io,
  values: InstallValues,
  namespace: string,
  choices: Choices,
): Promise<void> {
  const objects = [
    namespaceObject(values, namespace),
    ...(await customResourceDefinitions()),
    ...remember(controllerObjects(values, namespace), choices),
  ];
  const texts = objects.map((object) => emitYaml(object as unknown as Json));
  io.stdout.write(texts.join('---\n'));
}

function requireNames(region: string, namespace: string): void {
  if (!isLabel(region))
    throw new EdgesealError('input-usage', 'which region is this cluster to be?', {
      hint: 'edgeseal install us-east --context CONTEXT',
    });
  if (!isLabel(namespace))
    throw new EdgesealError('input-usage', `${namespace} is not a namespace name`);
}

/** What is printed ends up in files, in Git, in logs: no place for a private key. */
function requirePrintable(region: string, namespace: string, keyFiles: readonly string[]): void {
  const [file] = keyFiles;
  if (file === undefined) return;
  throw new EdgesealError('input-usage', '--print never prints a private key', {
    hint: `put it into the cluster yourself: kubectl create secret generic edgeseal-region-key-${region} -n ${namespace} --from-file=region.key=${file}`,
  });
}

function renewalOf({ renewFloor }: Options, { published }: RegionFacts): string | undefined {
  if (renewFloor !== true) return undefined;
  if (published !== undefined) return new Date().toISOString();
  throw new EdgesealError('input-usage', 'there is no floor to renew: nothing was published yet');
}

function waitOf(wait: string | boolean | undefined): number | undefined {
  if (wait === undefined || wait === false) return undefined;
  const text = wait === true ? '5m' : wait;
  if (duration.safeParse(text).success) return secondsOf(text) * 1000;
  throw new EdgesealError('input-usage', `--wait takes a duration such as 90s or 5m`);
}
