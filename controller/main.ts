import { mkdirSync } from 'node:fs';
import { loadSettings } from './config.ts';
import type { Settings } from './config.ts';
import { Loop } from './loop.ts';
import { Region } from './region.ts';
import type { RegionParts } from './region.ts';
import { Round } from './round.ts';
import { Counters } from './status/counters.ts';
import { openLog } from './status/log.ts';
import { StatusFile } from './status/status-file.ts';
import type { Status } from './status/status.ts';
import { StatusServer } from './status/server.ts';
import { diskError } from './store/disk.ts';
import { targetFrom } from './targets/choice.ts';

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
export async function assemble(
  settings: Settings,
  options: Omit<RunOptions, 'config' | 'env'> & { env?: NodeJS.ProcessEnv },
): Promise<Assembly> {
  try {
    mkdirSync(settings.store, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(error, settings.store);
  }
  const log = await openLog({ region: settings.region }, options.write);
  const counters = new Counters();
  const loop = new Loop(settings.intervalMs);
  const parts: RegionParts = {
    settings,
    target: await targetFrom(settings, options.env ?? {}),
    counters,
    log,
    now: options.now ?? Date.now,
    wake: () => {
      loop.wake();
    },
  };
  const file = new StatusFile(settings.store);
  const region = new Region(parts);
  const round = new Round(region, parts, file);
  const stuckMs = 10 * settings.intervalMs + 2 * settings.limits.fetchTimeoutMs;
  const server =
    options.once || settings.listen === undefined
      ? undefined
      : await StatusServer.listen(settings.listen, {
          status: () => round.status,
          counters,
          isAlive: () => performance.now() - loop.roundAt < stuckMs,
          issuedAt: () => region.intake.issuedAt,
        });
  log.info('started', {
    target: parts.target.description,
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
