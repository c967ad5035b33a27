import type { EdgesealError } from '../../core/errors.ts';
import { readerWords, replaceCommands } from '../../core/repository/exposure.ts';
import { todoOf } from './place.ts';
import type { Row, Survey } from './survey.ts';

/** So many commands are spelt out; the rest is counted. */
const spelt = 5;
/** More names than this and a command for all is shorter. */
const named = 3;

/**
 * What is left to do, each with its command, the most pressing first.
 *
 * @param folder `secrets/` as the person has to write it from where they are
 */
export function nextSteps({ rows, channels, merged }: Survey, folder: string): string[] {
  const steps: string[] = [];
  const tree = rows.filter((row) => row.tree !== undefined);
  const unreadable = tree.filter((row) => row.tree?.version === undefined);
  const faulty = tree.filter((row) => row.tree?.errors.length !== 0);
  const over = faulty.filter((row) => row.tree?.errors.some((e) => e.code === 'policy-mismatch'));
  const unsigned = tree.filter((row) => row.tree?.unsigned !== undefined);
  const lacking = tree.filter((row) => row.tree?.lacking.length !== 0);
  for (const { region, error } of channels) {
    if (error !== undefined)
      steps.push(
        `${region}: the channel does not verify: ${error.message}; see: edgeseal publish ${region} --dry-run`,
      );
  }
  if (unreadable.length > 0)
    steps.push(
      ...spellOut(unreadable.map((row) => stepOf(row, 'unreadable', row.tree?.errors[0]))),
    );
  steps.push(...rotations(tree));
  if (over.length > 0)
    steps.push(
      `${count(over)} sealed for regions that may not read: edgeseal reseal ${names(over)}`,
    );
  const others = faulty.filter((row) => !over.includes(row) && !unreadable.includes(row));
  if (others.length > 0)
    steps.push(
      `${count(others)} not in order: edgeseal verify ${others.length > named ? '' : names(others)}`.trimEnd(),
    );
  if (unsigned.length > 0)
    steps.push(`${count(unsigned)} not validly signed: edgeseal sign ${names(unsigned)}`);
  if (lacking.length > 0)
    steps.push(
      `${count(lacking)} without wraps for a region or key: edgeseal reseal ${names(lacking)} --with-recovery RECOVERY-KEY-FILE`,
    );
  const uncommitted = rows.filter((row) => !row.committed && !unreadable.includes(row));
  if (uncommitted.length > 0)
    steps.push(`${count(uncommitted)} not committed: git add -A ${folder} && git commit`);
  const toMerge = rows.filter((r) => r.places.some((p) => todoOf(p) === 'merge' && p.mainKnown));
  const committed = toMerge.filter((row) => row.committed);
  if (!merged.known)
    steps.push(
      `this clone has no Git remote ${merged.remote}: git remote add ${merged.remote} URL`,
    );
  else if (merged.commit === undefined)
    steps.push(`what ${merged.remote} has is not known here: edgeseal status --fetch`);
  else if (committed.length > 0)
    steps.push(
      `${count(committed)} not merged into ${merged.branch} of ${merged.remote}: git push, and merge`,
    );
  steps.push(...heldSteps(rows));
  const waiting = channels.filter((channel) => channel.waiting !== undefined);
  for (const { region, waiting: snapshot } of waiting) {
    const isOlder = merged.commit !== undefined && snapshot?.source !== merged.commit;
    const but = isOlder
      ? ` (it is of commit ${snapshot?.source.slice(0, 10) ?? ''}; main went on)`
      : '';
    steps.push(
      `${region}: snapshot ${snapshot?.sequence ?? 0} waits for another publisher${but}, who runs: edgeseal publish ${region}`,
    );
  }
  // What waits has all of that, where it was rendered from the same commit.
  const isSigned = (region: string): boolean =>
    waiting.some((one) => one.region === region && one.waiting?.source === merged.commit);
  const toPublish = rows.filter(
    (r) =>
      r.held === undefined &&
      r.places.some((p) => !p.mergedIsPublished && !p.broken && p.mainKnown && !isSigned(p.region)),
  );
  if (toPublish.length > 0)
    steps.push(`${count(toPublish)} merged, not published: edgeseal publish`);
  return steps;
}

/** What was said of the working tree already is not said of main again. */
function heldSteps(rows: readonly Row[]): string[] {
  const steps = rows.flatMap((row) => {
    const { held, tree } = row;
    if (held === undefined) return [];
    const known = [
      ...(tree?.errors ?? []),
      ...(tree?.unsigned === undefined ? [] : [tree.unsigned]),
    ];
    return known.some(({ message }) => message === held.message)
      ? []
      : [stepOf(row, 'held back by publish', held)];
  });
  return spellOut(steps);
}

function stepOf(row: Row, what: string, error: EdgesealError | undefined): string {
  const way = error?.hint ?? `edgeseal verify ${row.namespace}/${row.name}`;
  return `${count([row])} ${what} (${error?.message ?? ''}): ${way}`;
}

function spellOut(steps: readonly string[]): string[] {
  return steps.length <= spelt
    ? [...steps]
    : [...steps.slice(0, spelt), `${steps.length - spelt} more like it: edgeseal verify`];
}

function rotations(rows: readonly Row[]): string[] {
  const lines = rows.flatMap((row) =>
    (row.tree?.exposed ?? []).map((exposure) => {
      const secret = `${row.namespace}/${row.name}`;
      const [command = ''] = replaceCommands(secret, [exposure]);
      return `${secret}: ${readerWords(exposure)} could read ${exposure.items.join(', ')}: replace at the source, then: ${command}`;
    }),
  );
  return lines.length <= spelt
    ? lines
    : [
        ...lines.slice(0, spelt),
        `${lines.length - spelt} more exposed: edgeseal status NAMESPACE/NAME`,
      ];
}

function count(rows: readonly Row[]): string {
  return rows.length === 1
    ? (rows[0]?.namespace ?? '') + '/' + (rows[0]?.name ?? '') + ' is'
    : `${rows.length} secrets are`;
}

function names(rows: readonly Row[]): string {
  return rows.length > named ? '--all' : rows.map((r) => `${r.namespace}/${r.name}`).join(' ');
}
