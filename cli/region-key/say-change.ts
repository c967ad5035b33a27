import { readableSecrets } from '../../core/repository/readable-secrets.ts';
import { exposuresOf, replaceCommands } from '../../core/repository/exposure.ts';
import type { Exposure } from '../../core/repository/exposure.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { plural } from '../change/words.ts';
import { resealedWords, warnOfReseal } from '../reseal/report.ts';
import type { Output } from '../terminal/output.ts';
import type { ChangedRegion } from './region-change.ts';

/** So many secrets are named with their commands; more are counted. */
const named = 20;

/** What was resealed for a change, and what that could not do. */
export function sayResealed(output: Output, { outcome }: Pick<ChangedRegion, 'outcome'>): void {
  const words = resealedWords(outcome);
  for (const line of words.slice(0, named)) output.line(line);
  if (words.length > named) output.line(`and ${plural(words.length - named, 'secret')} more`);
  warnOfReseal(output, outcome);
}

/** Names every value that somebody could read, with the commands that replace them: they count as exposed until then. */
export async function sayExposed(
  output: Output,
  who: string,
  state: RepositoryState,
  isTheirs: (exposure: Exposure) => boolean,
): Promise<void> {
  const rows: { name: string; exposures: Exposure[] }[] = [];
  for (const { name, secret } of await readableSecrets(state)) {
    const exposures = exposuresOf(state, secret).filter(isTheirs);
    if (exposures.length > 0) rows.push({ name, exposures });
  }
  if (rows.length === 0) {
    output.line(`${who} could read no value that is in use`);
    return;
  }
  output.line(`${who} could read, until replaced:`);
  for (const { name, exposures } of rows.slice(0, named)) {
    const items = new Set(exposures.flatMap((exposure) => exposure.items));
    output.line(`  ${name}: ${[...items].join(', ')}`);
  }
  if (rows.length > named) output.line(`  and ${plural(rows.length - named, 'secret')} more`);
  output.note(
    '\nReplace each value at its source, then here (edgeseal status lists what is left):',
  );
  const commands = rows.flatMap(({ name, exposures }) => replaceCommands(name, exposures));
  for (const command of commands.slice(0, named)) output.note(`  ${command}`);
  if (commands.length > named) output.note(`  and ${commands.length - named} more`);
}
