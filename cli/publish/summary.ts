import { isEdgesealError } from '../../core/errors.ts';
import type { Io } from '../terminal/io.ts';
import { Output, describeError } from '../terminal/output.ts';
import type { HeldSecret } from './plan.ts';
import type { RegionOutcome } from './publication.ts';
import { printable } from './transport/remote.ts';
import { changesOf, heldSecrets, isPublished, noticesOf } from './report.ts';
import type { Notice } from './report.ts';
import type { Round } from './round.ts';
import { keyWords, missingWords } from '../trust/key-words.ts';

/** Prints a publication for people: one line a region, then what was held back, and the next step. */
export function printRound(
  io: Io,
  round: Round,
  dryRun: boolean,
  unpushed: readonly Notice[],
): void {
  const output = new Output(io);
  const outcomes = [...round.outcomes].sort((a, b) => (a.region < b.region ? -1 : 1));
  const width = Math.max(...outcomes.map(({ region }) => region.length));
  for (const outcome of outcomes) {
    output.line(`${outcome.region.padEnd(width)}  ${regionLine(output, round, outcome)}`);
    if (isEdgesealError(outcome.result) && outcome.result.hint !== undefined)
      output.line(`${' '.repeat(width)}  ${output.paint('dim', outcome.result.hint)}`);
    if (dryRun) printChanges(output, outcome, width);
  }
  for (const held of heldSecrets(round)) printHeld(output, held);
  printNotices(output, round.main.slice(0, 10), [...unpushed, ...noticesOf(round)]);
  output.note(lastLine(round, outcomes, dryRun));
}

function regionLine(output: Output, round: Round, outcome: RegionOutcome): string {
  const { dryRun } = round;
  const { draft, result, heartbeat, waiting } = outcome;
  if (isEdgesealError(result)) return `${output.paint('red', 'failed')}  ${describeError(result)}`;
  const alive = heartbeat ? ', heartbeat renewed' : '';
  if (draft?.snapshot === undefined) {
    const resumed = draft?.base.channel?.commit !== draft?.base.held;
    const what = resumed ? (dryRun ? 'would be put back' : 'put back') : 'unchanged';
    return `${what} at snapshot ${draft?.sequence ?? 0}${alive}`;
  }
  const { added, updated, removed } = changesOf(outcome);
  const counts = [
    ...(added.length > 0 ? [`${added.length} added`] : []),
    ...(updated.length > 0 ? [`${updated.length} updated`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
  ].join(', ');
  const { keys: publishers, threshold } = round.state.root.spec.publishers;
  if (waiting !== undefined && dryRun)
    return `would wait with snapshot ${draft.sequence}: ${counts || whatElse(outcome)}; ${threshold} of ${publishers.length} publishers have to sign it: ${waitingWords(round, waiting)}`;
  if (waiting !== undefined)
    return `${output.paint('yellow', 'signed')} snapshot ${draft.sequence}: ${counts || whatElse(outcome)}; not published: ${waitingWords(round, waiting)}${alive}`;
  const verb = dryRun ? 'would publish' : output.paint('green', 'published');
  const also = dryRun ? othersWords(round, outcome) : '';
  return `${verb} snapshot ${draft.sequence}: ${counts || whatElse(outcome)}${alive}${also}`;
}

/** Whose signatures a snapshot lacks. */
function waitingWords({ state }: Round, waiting: NonNullable<RegionOutcome['waiting']>): string {
  return missingWords(
    state.root.spec,
    waiting.map(({ key }) => key),
  );
}

/** Whose signatures it needs beside those that would be made here. */
function othersWords({ state }: Round, { draft }: RegionOutcome): string {
  const { spec } = state.root;
  const { keys, threshold } = spec.publishers;
  if (threshold === 1 || draft === undefined) return '';
  const others = draft.others.map(({ key }) => keyWords(key, spec));
  const by = others.length === 0 ? 'all of them here' : `signed by ${others.join(', ')}`;
  return `; ${threshold} of ${keys.length} publishers have to sign it: ${by}`;
}

/** Why there is a new snapshot though no secret differs. */
function whatElse({ draft }: RegionOutcome): string {
  if (draft?.base.channel === undefined) return 'no secrets yet';
  return `trust root ${draft.root}`;
}

function printChanges(output: Output, outcome: RegionOutcome, width: number): void {
  const { added, updated, removed } = changesOf(outcome);
  const marks: [string, string[]][] = [
    ['+', added],
    ['~', updated],
    ['-', removed],
  ];
  for (const [mark, names] of marks)
    for (const name of names) output.line(`${' '.repeat(width)}  ${mark} ${name}`);
}

function printHeld(output: Output, { file, errors, regions }: HeldSecret): void {
  const keeps = Map.groupBy(regions, ([, version]) => version);
  const words = [...keeps].map(([version, of]) => {
    const names = of.map(([region]) => region).join(', ');
    return version === undefined
      ? `stays out of ${names}`
      : `stays at version ${version} in ${names}`;
  });
  output.line(`${output.paint('red', 'held')}: ${file} ${words.join(', ') || 'is not published'}`);
  for (const error of errors) {
    output.line(`  ${error.message}`);
    if (error.hint !== undefined) output.line(`  ${output.paint('dim', error.hint)}`);
  }
}

/** Of many alike the first few: a region that nothing is sealed for yet concerns every secret. */
const alike = 5;

function printNotices(output: Output, main: string, notices: readonly Notice[]): void {
  for (const [, same] of Map.groupBy(notices, ({ level, error }) => `${level} ${error.code}`)) {
    for (const { level, error } of same.slice(0, alike)) {
      const label =
        level === 'error' ? output.paint('red', 'error') : output.paint('yellow', 'warning');
      output.line(`${label}: ${describeError(error)}`);
      if (error.hint !== undefined) output.line(`  ${output.paint('dim', error.hint)}`);
    }
    if (same.length > alike)
      output.line(`and ${same.length - alike} more like it: edgeseal verify --commit ${main}`);
  }
}

function lastLine(round: Round, outcomes: readonly RegionOutcome[], dryRun: boolean): string {
  const of = `${round.branch} of ${printable(round.remote)} (${round.main.slice(0, 10)})`;
  const failed = outcomes.filter(({ result }) => isEdgesealError(result)).length;
  const changed = outcomes.filter(isPublished);
  const waiting = outcomes.filter((o) => o.result === 'done' && o.waiting !== undefined).length;
  const held = round.plans.held.size;
  const next = [
    ...(waiting > 0
      ? [
          `${count(waiting, 'region')} ${dryRun ? 'would wait' : waiting === 1 ? 'waits' : 'wait'} for another publisher, who runs: edgeseal publish`,
        ]
      : []),
    ...(failed > 0 ? [`${count(failed, 'region')} failed`] : []),
    ...(held > 0
      ? [`${count(held, 'secret')} held back: merge a mended one and publish again`]
      : []),
  ];
  const regions = `${of} for ${count(changed.length, 'region')}`;
  const nothing =
    failed + held + waiting > 0
      ? `${dryRun ? 'would publish' : 'published'} nothing of ${of}`
      : `nothing to publish: ${of} is published already`;
  const first =
    changed.length === 0 ? nothing : `${dryRun ? 'would publish' : 'published'} ${regions}`;
  return [first, ...next].join('; ');
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
