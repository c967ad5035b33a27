import { isLabel } from '../../../core/format/names.ts';
import { refOf } from '../judge/verdict.ts';
import { code, markdownOf } from '../markdown/escape.ts';
import type { RegionReview } from '../model.ts';
import { count } from '../words.ts';
import { effectWords, heldWords, signerWords, versionWords } from './effect-words.ts';

/** Rows that are shown of one region, and of all, before the rest is only counted. */
const perRegion = 8;
const inAll = 48;

/** Regions to which the same happens. */
interface Group {
  regions: RegionReview[];
  /** Cells: secret, what changes, who says so. */
  rows: string[][];
}

/** The answer to `what changes there if I merge this, and who says so?` */
export function regionTable(regions: readonly RegionReview[]): string {
  const touched = regions.filter(({ effects }) => effects.length > 0);
  const rest = regions.filter(({ effects }) => effects.length === 0);
  const same =
    rest.length === 0 ? '' : `No secret changes for ${rest.map((r) => bold(r.region)).join(', ')}.`;
  if (touched.length === 0) return same;
  const lines = ['| Region | Secret | What changes | Who says so |', '| :-- | :-- | :-- | :-- |'];
  let shown = 0;
  for (const group of groupsOf(touched)) {
    const room = Math.min(perRegion, inAll - shown);
    if (room < 1) {
      lines.push(row([labelOf(group), '', `${count(group.rows.length, 'change')}: see below`, '']));
      continue;
    }
    const rows = group.rows.length > room + 1 ? group.rows.slice(0, room) : group.rows;
    shown += rows.length;
    for (const [i, cells] of rows.entries())
      lines.push(row([i === 0 ? labelOf(group) : '', ...cells]));
    const more = group.rows.length - rows.length;
    if (more > 0) lines.push(row(['', `and ${more} more`, 'see below', '']));
  }
  return [lines.join('\n'), same].filter((part) => part !== '').join('\n\n');
}

function groupsOf(regions: readonly RegionReview[]): Group[] {
  const groups = new Map<string, Group>();
  for (const region of regions) {
    const rows = rowsOf(region);
    const id = JSON.stringify(rows);
    const group = groups.get(id) ?? { regions: [], rows };
    group.regions.push(region);
    groups.set(id, group);
  }
  return [...groups.values()];
}

function rowsOf({ effects, held }: RegionReview): string[][] {
  return effects.map((effect) => {
    const { secret } = effect;
    const { sign, words } = signerWords(secret);
    const kept = heldWords(held, secret);
    return [
      `${code(refOf(secret))}<br>${versionWords(secret)}`,
      markdownOf(effectWords(effect)) + (kept === undefined ? '' : `<br>⏸️ ${kept}`),
      `${sign} ${markdownOf(words)}`,
    ];
  });
}

/** Names of a few regions one below the other, of many in a row. */
function labelOf({ regions }: Group): string {
  const names = regions.map(({ region }) => bold(region));
  return names.length <= 4
    ? names.join('<br>')
    : `${names.slice(0, 3).join('<br>')}<br>and ${names.length - 3} more regions`;
}

/** A region's name, which is one. */
export function bold(region: string): string {
  return isLabel(region) ? `**${region}**` : code(region);
}

/** One row of a table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
