import { fingerprint, imageOf, isName } from './disk-model.ts';
import type { Fate, Node, Step } from './disk-model.ts';
import type { Recording } from './recording.ts';

/** What the disk may hold after a power cut. */
export interface Cut {
  /** After how many steps. */
  at: number;
  name: string;
  image: Node;
}

/** At how many steps before the cut a single one is lost or kept. */
const REACH = 12;

/**
 * What a disk may hold after a power cut at any time: after each step, what was synced is there, and of the rest
 * nothing, all names without their content, or with zeros, all content without its names, all but one, only one.
 * What comes out the same twice comes once.
 *
 * @param top the folder that the recording is of
 * @param stride the power is cut after every so manyth step
 */
export function* cutsOf(top: Node, { steps }: Recording, stride = 1): Generator<Cut> {
  const durableFrom = steps.map((step, i) => durableAt(steps, step, i));
  const seen = new Set<string>();
  for (let at = 0; at <= steps.length; at += stride) {
    const done = steps.slice(0, at);
    const open = done.flatMap((step, i) =>
      step.kind === 'sync' || durableFrom[i]! < at ? [] : [i],
    );
    const isOpen = new Set(open);
    const cut = (name: string, fateOf: (i: number) => Fate): Cut => ({
      at,
      name,
      image: imageOf(top, done, (i) => (isOpen.has(i) ? fateOf(i) : 'kept')),
    });
    const cuts = [
      cut('all that was not synced is lost', () => 'lost'),
      cut('names without content', (i) => (isName(steps[i]!) ? 'kept' : 'lost')),
      cut('names with zeros for content', (i) => (isName(steps[i]!) ? 'kept' : 'zeroed')),
      cut('content without names', (i) => (isName(steps[i]!) ? 'lost' : 'kept')),
      ...open
        .slice(-REACH)
        .flatMap((one) => [
          cut(`step ${one + 1} alone is lost`, (i) => (i === one ? 'lost' : 'kept')),
          cut(`step ${one + 1} alone is kept`, (i) => (i === one ? 'kept' : 'lost')),
        ]),
    ];
    for (const one of cuts) {
      const print = fingerprint(one.image);
      if (seen.has(print)) continue;
      seen.add(print);
      yield one;
    }
  }
}

/** The step after which this one outlasts a power cut. */
function durableAt(steps: readonly Step[], step: Step, index: number): number {
  const nodes: Node[] =
    step.kind === 'enter' || step.kind === 'leave'
      ? [step.folder]
      : step.kind === 'move'
        ? [step.from, step.folder]
        : [step.node];
  const found = steps.findIndex(
    (one, i) => i > index && one.kind === 'sync' && nodes.includes(one.node),
  );
  return found === -1 ? Infinity : found;
}
