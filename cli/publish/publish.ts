import { setTimeout as sleep } from 'node:timers/promises';
import { EdgesealError } from '../../core/errors.ts';
import type { Plans } from './plan.ts';
import type { RegionOutcome } from './publication.ts';
import { runRound } from './round.ts';
import type { Round, RoundInput } from './round.ts';

/** Somebody else is publishing: after this many lost races it is better to say so than to go on. */
const rounds = 6;

/** Publishes; a region that loses a race is fetched and rendered again. */
export async function publish(input: RoundInput): Promise<Round> {
  const settled = new Map<string, RegionOutcome>();
  let names = input.names;
  let plans: Plans | undefined;
  for (let n = 1; ; n++) {
    const round = await runRound({ ...input, names });
    for (const outcome of round.outcomes) settled.set(outcome.region, outcome);
    plans = plans === undefined ? round.plans : joined(plans, round.plans, names);
    const lost = round.outcomes.filter(({ result }) => result === 'race');
    if (lost.length > 0 && n < rounds) {
      names = lost.map(({ region }) => region);
      await sleep(Math.random() * 200 * n);
      continue;
    }
    for (const outcome of lost) outcome.result = lostRace(outcome.region);
    return { ...round, plans, outcomes: [...settled.values()] };
  }
}

/** What earlier rounds said of regions that are settled, and what the last one says of the others. */
function joined(earlier: Plans, last: Plans, again: readonly string[]): Plans {
  const held = new Map(last.held);
  for (const [file, before] of earlier.held) {
    const regions = new Map([...before.regions].filter(([region]) => !again.includes(region)));
    const now = held.get(file);
    if (now !== undefined)
      held.set(file, { ...now, regions: new Map([...regions, ...now.regions]) });
    else if (regions.size > 0) held.set(file, { ...before, regions });
  }
  const missing = [...earlier.missing].filter(([, { region }]) => !again.includes(region));
  const named = new Set(last.warnings.map(({ file, error }) => `${file} ${error.message}`));
  const warnings = earlier.warnings.filter((w) => !named.has(`${w.file} ${w.error.message}`));
  return {
    regions: last.regions,
    held,
    warnings: [...warnings, ...last.warnings],
    missing: new Map([...missing, ...last.missing]),
  };
}

function lostRace(region: string): EdgesealError {
  return new EdgesealError(
    'git-race',
    `somebody else published ${region} each time it was tried (${rounds} times)`,
    { hint: `when they are done: edgeseal publish ${region}` },
  );
}
