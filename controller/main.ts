import { loadSettings } from './config.ts';
import type { Settings } from './config.ts';
import { KeyRing, keySources } from './keys.ts';
import type { KeySecret } from './cluster/key-secret.ts';
import { Loop } from './loop.ts';
import type { SecretTexts } from './mirrors/credentials.ts';
import type { ObjectFeed } from './objects/feed.ts';
import { Region } from './region.ts';
import type { RegionParts } from './region.ts';
import { Round } from './round.ts';
import { Counters } from './status/counters.ts';
import { openLog } from './status/log.ts';
import type { Log } from './status/log.ts';
import { StatusFile } from './status/status-file.ts';
import type { Status } from './status/status.ts';
import { StatusServer } from './status/server.ts';
import { diskError, makeDirectoryDurably } from './store/disk.ts';
import { targetsFrom } from './targets/choice.ts';
import type { ClusterWay, TargetChoice } from './targets/choice.ts';

/** How a controller is run. */
export interface RunOptions {
  /** RegionSync file. */
  config: string;
  env: NodeJS.ProcessEnv;
  /** One round, and no server. */
  once: boolean;
  /** Aborted when the controller is to stop: the running apply is finished, nothing is half done. */
  signal: AbortSignal;
  /** Takes the log, a line at a time. Default: stdout, at once. */
  write?: (line: string) => void;
  /** Milliseconds since 1970; tests give their own. */
  now?: () => number;
}

/** What a controller is given by the cluster that its configuration lies in. */
export interface ClusterParts {
  way: ClusterWay;
  secrets: SecretTexts;
  keySecret: (name: string) => KeySecret;
  publish: (status: Status) => void;
  log: Log;
  counters: Counters;
}

/** How a controller is put together: as it is run, by a configuration that was read. */
export interface AssemblyOptions extends Omit<RunOptions, 'config' | 'env'> {
  env?: NodeJS.ProcessEnv;
  /** In a cluster, whoever reads the configuration there also serves health and metrics. */
  cluster?: ClusterParts;
}

/** A controller that is put together, but not yet running. */
export interface Assembly {
  region: Region;
  round: Round;
  loop: Loop;
  counters: Counters;
  /** undefined where nothing is to be served */
  server: StatusServer | undefined;
  now: () => number;
  /** Lets everything go; what is under way has to be stopped before. */
  close: () => Promise<void>;
}

/**
 * Runs a controller until it is told to stop, or for one round.
 *
 * @returns the last status
 * @throws EdgesealError for a configuration that cannot be used, an address that cannot be listened on, and a
 * store that cannot be made
 */
export async function runController(options: RunOptions): Promise<Status> {
  const settings = await loadSettings(options.config, options.env);
  const { region, round, loop, now, close } = await assemble(settings, options);
  try {
    if (options.once) return await round.run(options.signal);
    await loop.run(region, round, now, options.signal);
    return round.publish();
  } finally {
    await close();
  }
}

/** Puts together everything that runs; {@link runController} runs it, tests drive it round by round. */
export async function assemble(settings: Settings, options: AssemblyOptions): Promise<Assembly> {
  try {
    makeDirectoryDurably(settings.store, 0o700);
  } catch (error) {
    throw diskError(error, settings.store);
  }
  const { cluster } = options;
  const log = cluster?.log ?? (await openLog({ region: settings.region }, options.write));
  const counters = cluster?.counters ?? new Counters();
  const loop = new Loop(settings.intervalMs);
  const targets = await targetsFrom(settings, options.env ?? {}, cluster?.way);
  const { secret } = settings.keys;
  const keySecret = secret === undefined ? undefined : cluster?.keySecret(secret.name);
  const objects = targets.find((choice) => choice.objects !== undefined)?.objects;
  const parts: RegionParts = {
    settings,
    targets,
    keys: new KeyRing(keySources(settings.keys, keySecret)),
    keySecret,
    secrets: cluster?.secrets,
    publish: cluster?.publish,
    counters,
    log,
    now: options.now ?? Date.now,
    wake: () => {
      loop.wake();
    },
  };
  const file = new StatusFile(settings.store);
  const feed = await feedOf(parts, objects, cluster?.way);
  const region = new Region(parts, feed);
  const round = new Round(region, parts, file);
  const server =
    options.once || cluster !== undefined || settings.listen === undefined
      ? undefined
      : await StatusServer.listen(settings.listen, {
          status: () => round.status,
          counters,
          isAlive: () => isAlive(loop, settings),
          issuedAt: () => region.intake.issuedAt,
        });
  log.info('started', {
    target: targets.map(({ target }) => target.description).join(', '),
    mirrors: region.intake.mirrors.map(({ name }) => name),
    port: server?.port,
  });
  const close = async (): Promise<void> => {
    await server?.close();
    await region.close();
    log.info('stopped');
  };
  return { region, round, loop, counters, server, now: parts.now, close };
}

async function feedOf(
  parts: RegionParts,
  share: TargetChoice['objects'],
  way: ClusterWay | undefined,
): Promise<ObjectFeed | undefined> {
  const { objects } = parts.settings;
  if (share === undefined || way === undefined || objects === undefined) return undefined;
  const { ObjectFeed } = await import('./objects/feed.ts');
  return new ObjectFeed({ ...parts, objects, share, way });
}

/** Whether rounds still begin. */
export function isAlive(loop: Loop, { intervalMs, limits }: Settings): boolean {
  return performance.now() - loop.roundAt < 10 * intervalMs + 2 * limits.fetchTimeoutMs;
}
