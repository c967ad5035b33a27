import type { Settings } from '../config.ts';
import { assemble } from '../main.ts';
import type { Assembly, ClusterParts } from '../main.ts';
import type { Status } from '../status/status.ts';

/** A region that runs. */
interface Running {
  settings: Settings;
  /** Of the spec that it was started from. */
  generation: number;
  assembly: Assembly;
  stop: AbortController;
  /** Settles when its loop has ended. */
  done: Promise<void>;
}

/** Starts and stops the one region of this process: whole, with nothing half applied in between. */
export class RegionRunner {
  readonly #env: NodeJS.ProcessEnv;
  readonly #cluster: ClusterParts;
  running: Running | undefined;
  #last: Status | undefined;

  constructor(env: NodeJS.ProcessEnv, cluster: ClusterParts) {
    this.#env = env;
    this.#cluster = cluster;
  }

  /** The last status, also of a region that was stopped. */
  get status(): Status | undefined {
    return this.running?.assembly.round.status ?? this.#last;
  }

  /** @throws EdgesealError for a store that cannot be made */
  async start(settings: Settings, generation: number): Promise<void> {
    const stop = new AbortController();
    const assembly = await assemble(settings, {
      once: false,
      env: this.#env,
      signal: stop.signal,
      cluster: this.#cluster,
    });
    const { loop, region, round, now } = assembly;
    const done = loop.run(region, round, now, stop.signal);
    // What it ends with is looked at by who waits for it.
    done.catch(() => undefined);
    this.running = { settings, generation, assembly, stop, done };
  }

  /** Returns once the secret that was being applied is finished and everything is let go of. */
  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    running.stop.abort();
    try {
      await running.done;
    } finally {
      this.#last = running.assembly.round.status;
      this.running = undefined;
      await running.assembly.close();
    }
  }
}
