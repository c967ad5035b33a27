import { setTimeout as sleep } from 'node:timers/promises';
import { EdgesealError } from '../../core/errors.ts';
import { isLabel } from '../../core/format/names.ts';
import { duration, secondsOf } from '../../core/format/schema.ts';
import { printable } from '../../core/git/mirror.ts';
import type { ClusterOptions } from '../cluster/open.ts';
import { stage } from '../publish/stage.ts';
import { newestSnapshot } from '../renew-floor/newest.ts';
import type { WaitingController } from '../renew-floor/waiting.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { requireYes } from '../terminal/prompt.ts';

interface Options extends ClusterOptions {
  config?: string;
  bundle?: string;
  timeout?: string;
  yes?: boolean;
}

const AGAIN_MS = 1000;

/**
 * `edgeseal renew-floor`: the way out of FloorNeeded. The operator says that the newest snapshot there is to be found is
 * the newest that there was, once: as soon as the controller has accepted one, the word is taken back, so that the
 * next loss asks again.
 */
export async function run(io: Io, [region = '']: string[], options: Options): Promise<number> {
  const { config, bundle, timeout = '2m' } = options;
  if (!isLabel(region) || !duration.safeParse(timeout).success) {
    throw new EdgesealError(
      'input-usage',
      isLabel(region) ? '--timeout takes a duration such as 90s or 5m' : 'which region?',
      { hint: 'edgeseal renew-floor us-east --context CONTEXT' },
    );
  }
  const controller = await open(io, region, config, options);
  try {
    const { spec, ready, place } = controller;
    if (spec.region !== region)
      throw new EdgesealError('input-usage', `${place} is of ${spec.region}, not of ${region}`);
    const output = new Output(io);
    output.note(`region ${region} in ${place}`);
    if (ready?.reason !== 'FloorNeeded') return await withoutNeed(controller, output);
    output.note(`Ready is False, FloorNeeded: ${printable(ready.message, 1000)}\n`);
    const newest = await newestSnapshot(io, spec, bundle);
    const { root, sequence, where } = newest;
    output.note(
      `The newest snapshot that can be found: ${sequence} of root ${root} (${where}), verified.\nFrom then on the controller takes this one or a later one, and nothing older. That no later one was ever published is\nyour word: if ${where} was set back, values that were replaced would come back. Ask whoever publishes.`,
    );
    await requireYes(io, options.yes, {
      question: 'Renew the floor?',
      unasked: 'there is no terminal to ask on',
      hint: 'if it is the newest: --yes',
      refused: 'nothing was changed',
    });
    await controller.write({ root, sequence, renewed: new Date().toISOString() });
    output.line(`renewed: the floor of ${region} is snapshot ${sequence} of root ${root}`);
    if (controller.after !== undefined) {
      output.note(
        `Now ${controller.after}. Once it is Applied, run this command again: it takes the word back.`,
      );
      return exitCodes.ok;
    }
    return await untilUsed(io, output, controller, secondsOf(timeout) * 1000);
  } finally {
    controller.close();
  }
}

async function open(
  io: Io,
  region: string,
  config: string | undefined,
  options: ClusterOptions,
): Promise<WaitingController> {
  if (config === undefined) {
    const { controllerOfCluster } = await import('../renew-floor/cluster.ts');
    return await controllerOfCluster(io, region, options);
  }
  const { controllerOfFile } = await import('../renew-floor/file.ts');
  return await controllerOfFile(io, config);
}

/** @throws EdgesealError `input-usage`: a floor that nobody waits for is not to be renewed */
async function withoutNeed(controller: WaitingController, output: Output): Promise<number> {
  const { spec, ready, isFollowing } = controller;
  const { floor, region } = spec;
  if (floor?.renewed !== undefined && isFollowing) {
    await controller.write({ root: floor.root, sequence: floor.sequence });
    output.line(`taken back: the floor of ${region} stays, and the next loss asks again`);
    return exitCodes.ok;
  }
  const said = ready === undefined ? 'it has said nothing yet' : `Ready says ${ready.reason}`;
  const waits = floor?.renewed === undefined ? '' : '; its floor was renewed, and it waits';
  throw new EdgesealError(
    'input-usage',
    `the controller does not ask for a floor: ${said}${waits}`,
    {
      hint:
        ready === undefined ? 'start it first' : 'see docs/guides/controller.md for this reason',
    },
  );
}

/** Waits until the controller has accepted a snapshot, and takes the word back then. */
async function untilUsed(
  io: Io,
  output: Output,
  controller: WaitingController,
  timeoutMs: number,
): Promise<number> {
  const { region } = controller.spec;
  const until = performance.now() + timeoutMs;
  const wait = async (): Promise<WaitingController | undefined> => {
    while (performance.now() < until) {
      const now = await controller.again?.();
      if (now?.isFollowing === true && now.ready?.reason !== 'FloorNeeded') return now;
      await sleep(AGAIN_MS);
    }
    return undefined;
  };
  const now = await stage(io, 'waiting for the controller', wait());
  if (now === undefined) {
    output.warn(
      `${region} has not accepted a snapshot yet: while the floor is renewed, another loss would not ask`,
      `see what it waits for (edgeseal status), then run this command again`,
    );
    return exitCodes.kube;
  }
  const { ready, spec } = now;
  const { root, sequence } = spec.floor ?? { root: 0, sequence: 0 };
  await now.write({ root, sequence });
  output.line(`Ready says ${ready?.reason ?? ''}: it goes on, and the next loss asks again`);
  return exitCodes.ok;
}
