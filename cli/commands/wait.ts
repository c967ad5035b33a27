import { EdgesealError } from '../../core/errors.ts';
import { duration, secondsOf } from '../../core/format/schema.ts';
import { isSettled } from '../cluster/applied.ts';
import type { Evidence } from '../cluster/applied.ts';
import { explained } from '../cluster/fault.ts';
import { openContext } from '../cluster/open.ts';
import type { Cluster, ClusterOptions } from '../cluster/open.ts';
import { chooseRegionSync, readRegionSyncs, usualNamespace } from '../cluster/region-sync.ts';
import type { FollowedRegion } from '../cluster/region-sync.ts';
import { writtenVersions } from '../cluster/secrets.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import type { OpenRepository } from '../repository.ts';
import { ChannelMemory } from '../wait/channel-memory.ts';
import { goalOf, goalOfAll } from '../wait/goal.ts';
import type { Goal } from '../wait/goal.ts';
import { ProgressLine } from '../wait/progress-line.ts';
import { standingOf, standingWords } from '../wait/standing.ts';
import { untilApplied } from '../wait/until-applied.ts';
import type { Outcome } from '../wait/until-applied.ts';
import { whyNot } from '../wait/why-not.ts';
import type { WhyNot } from '../wait/why-not.ts';

interface Options extends ClusterOptions {
  all?: boolean;
  region?: string;
  version?: string;
  timeout?: string;
  output?: 'text' | 'json';
}

/** `edgeseal wait`: until a cluster has applied what the working tree has; else it says why not. */
export async function run(io: Io, [name]: string[], options: Options): Promise<number> {
  if ((name === undefined) !== (options.all === true)) {
    throw new EdgesealError(
      'input-usage',
      name === undefined ? 'which secret is waited for?' : 'name a secret or say --all, not both',
      { hint: 'edgeseal wait NAMESPACE/NAME --context CONTEXT, or all: edgeseal wait --all' },
    );
  }
  if (options.all === true && options.version !== undefined)
    throw new EdgesealError('input-usage', '--version is of one secret, not of all');
  const timeoutMs = timeoutOf(options.timeout ?? '5m');
  const repository = await openRepository(io);
  const known = repository.state.regions.get(options.region ?? '');
  if (options.region !== undefined && known === undefined) {
    throw new EdgesealError('policy-region', `there is no region ${options.region}`, {
      hint: `known regions: ${[...repository.state.regions.keys()].join(', ')}`,
    });
  }
  const cluster = await openContext(io, options);
  try {
    const place = await placeOf(cluster, repository, options);
    const goal =
      name === undefined
        ? await goalOfAll(repository, place.region)
        : await goalOf(io, repository, place.region, { name, version: options.version });
    return await waitFor(io, repository, cluster, { ...place, goal, timeoutMs }, options);
  } finally {
    cluster.client.close();
  }
}

async function placeOf(
  cluster: Cluster,
  { state }: OpenRepository,
  { region, namespace }: Options,
): Promise<{ region: string; namespace: string }> {
  try {
    const objects = await readRegionSyncs(cluster, namespace);
    const wanted = { repository: state.repository.spec.id, region };
    const { metadata } = chooseRegionSync(cluster, objects, wanted);
    return { region: metadata.name, namespace: metadata.namespace ?? usualNamespace };
  } catch (error) {
    throw explained(error, cluster, namespace ?? usualNamespace);
  }
}

async function waitFor(
  io: Io,
  repository: OpenRepository,
  cluster: Cluster,
  about: { region: string; namespace: string; goal: Goal; timeoutMs: number },
  options: Options,
): Promise<number> {
  const { region, namespace, goal, timeoutMs } = about;
  const output = new Output(io);
  const memory = new ChannelMemory(io, repository, region);
  await memory.refresh();
  sayGoal(output, cluster, goal, options);
  const line = new ProgressLine(io);
  let outcome: Outcome;
  try {
    outcome = await untilApplied({
      cluster,
      namespace,
      region,
      timeoutMs,
      judge: async (followed) =>
        standingOf(followed, await evidenceOf(cluster, memory, followed), goal),
      say: (standing) => line.show(standingWords(standing, goal)),
      away: (error) => {
        if (error instanceof EdgesealError) line.show(`${describeError(error)}; still trying`);
      },
    });
  } finally {
    line.end();
  }
  if (outcome.result === 'applied') return sayApplied(output, cluster, goal, outcome, options);
  const why = await whyNot(cluster, repository.state, memory, outcome.standing);
  return sayWhyNot(output, cluster, goal, outcome, why, options);
}

/** Secrets themselves are asked only for what the status cannot tell: who waits often may not list them. */
async function evidenceOf(
  cluster: Cluster,
  memory: ChannelMemory,
  followed: FollowedRegion,
): Promise<Evidence> {
  const { status, spec } = followed;
  const sha256 = status?.snapshot?.sha256;
  const listing = sha256 === undefined ? undefined : await memory.listing(sha256);
  const { secrets } = status ?? {};
  const isUnderWay = secrets !== undefined && secrets.applied + secrets.failing < secrets.listed;
  const isTold = listing !== undefined && (isSettled(status) || isUnderWay);
  const failing = secrets?.failing ?? 0;
  const written =
    isTold && failing === 0 && spec.objects === undefined
      ? undefined
      : await writtenVersions(cluster, followed).catch((error: unknown) => {
          throw explained(error, cluster, followed.namespace);
        });
  return { listing, written };
}

function timeoutOf(text: string): number {
  const seconds = duration.safeParse(text).success ? secondsOf(text) : 0;
  // setTimeout takes no more, and takes what is more for nothing.
  if (seconds > 0 && seconds <= 24 * 86_400) return seconds * 1000;
  throw new EdgesealError('input-usage', `--timeout takes a duration such as 90s or 5m`);
}

function sayGoal(output: Output, { context }: Cluster, goal: Goal, options: Options): void {
  const { versions, region, source } = goal;
  const [version] = versions.values();
  const what =
    options.all === true
      ? `all ${versions.size} secrets of ${region}, ${source}`
      : `version ${version ?? ''}, ${source}`;
  output.note(`waiting until ${context} has ${what}, at most ${options.timeout ?? '5m'}`);
}

function sayApplied(
  output: Output,
  { context }: Cluster,
  { versions, region }: Goal,
  outcome: Outcome,
  options: Options,
): number {
  const { snapshot } = outcome.standing.followed.status ?? {};
  const sequence = snapshot?.sequence ?? null;
  if (options.output === 'json') output.json({ applied: true, context, region, sequence });
  else {
    const [[file, version] = ['', 0]] = versions;
    const where = `in ${context} (${region}, snapshot ${sequence ?? 'unknown'})`;
    output.line(
      options.all === true
        ? `all ${versions.size} secrets are applied ${where}`
        : `${file.replace(/^secrets\/|\.yaml$/g, '')}: version ${version} is applied ${where}`,
    );
  }
  return exitCodes.ok;
}

function sayWhyNot(
  output: Output,
  { context }: Cluster,
  { region }: Goal,
  { result, standing }: Outcome,
  { reasons, steps }: WhyNot,
  options: Options,
): number {
  if (options.output === 'json') {
    output.json({
      applied: false,
      result,
      context,
      region,
      sequence: standing.followed.status?.snapshot?.sequence ?? null,
      lacking: standing.lacking.map(({ secret, wanted, applied }) => ({
        secret,
        wanted,
        version: applied.version ?? null,
        ...(applied.why === undefined
          ? {}
          : { reason: applied.why.reason, message: applied.why.message }),
      })),
      reasons,
      next: steps,
    });
    return exitCodes.findings;
  }
  const words =
    result === 'timeout'
      ? `not applied within ${options.timeout ?? '5m'}`
      : 'waiting longer does not help';
  output.note(`edgeseal: ${words} (${region} in ${context}):`);
  for (const reason of reasons) output.note(`  ${reason}`);
  output.note(`\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}`);
  return exitCodes.findings;
}
