import { isLabel } from '../../../core/format/names.ts';
import { refOf } from '../judge/verdict.ts';
import { code, markdownOf } from '../markdown/escape.ts';
import type { RegionReview, SecretReview } from '../model.ts';
import { count } from '../words.ts';
import { effectWords, heldWords, signerWords, versionWords } from './effect-words.ts';

/** Rows that are shown of one region, and of all, before the rest is only counted. */
const perRegion = 8;
const inAll = 48;

/** Regions to which the same happens. */
interface Group {
  regions: RegionReview[];
  rows: Row[];
}

/** Secrets to which the same happens; the cells behind their names. */
interface Row {
  secrets: SecretReview[];
  sign: string;
  cells: string[];
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
    for (const [i, { secrets, cells }] of rows.entries())
      lines.push(row([i === 0 ? labelOf(group) : '', secretCell(secrets), ...cells]));
    const more = group.rows.length - rows.length;
    if (more > 0) lines.push(row(['', `and ${more} more`, 'see below', '']));
  }
  return [lines.join('\n'), same].filter((part) => part !== '').join('\n\n');
}

function groupsOf(regions: readonly RegionReview[]): Group[] {
  const groups = new Map<string, Group>();
  for (const region of regions) {
    const rows = rowsOf(region);
    const id = JSON.stringify(rows.map(({ secrets, cells }) => [secrets.map(refOf), cells]));
    const group = groups.get(id) ?? { regions: [], rows };
    group.regions.push(region);
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** Secrets to which the same happens share a row; what nobody stands for comes first. */
function rowsOf({ effects, held }: RegionReview): Row[] {
  const rows = new Map<string, Row>();
  for (const effect of effects) {
    const { secret } = effect;
    const { sign, words } = signerWords(secret);
    const kept = heldWords(held, secret);
    const what = markdownOf(effectWords(effect)) + (kept === undefined ? '' : `<br>⏸️ ${kept}`);
    const cells = [what, `${sign} ${markdownOf(words)}`];
    const id = cells.join('\0');
    const row = rows.get(id) ?? { secrets: [], sign, cells };
    row.secrets.push(secret);
    rows.set(id, row);
  }
  const isFine = ({ sign }: Row): number => Number(sign === '✅');
  return [...rows.values()].sort((a, b) => isFine(a) - isFine(b));
}

function secretCell(secrets: readonly SecretReview[]): string {
  const lines = secrets.map((one) => `${code(refOf(one))}<br>${versionWords(one)}`);
  if (secrets.length === 1) return lines.join('');
  const names = secrets.map((secret) => code(refOf(secret)));
  if (secrets.length <= namesInCell + 1) return names.join('<br>');
  const more = `and ${secrets.length - namesInCell} more`;
  return [`**${secrets.length} secrets**`, ...names.slice(0, namesInCell), more].join('<br>');
}

/** Secrets that are named in one cell; all are named below the table. */
const namesInCell = 4;

/** Names of a few regions one below the other, of many in a row: whoever looks for one has to find it. */
function labelOf({ regions }: Group): string {
  const names = regions.map(({ region }) => bold(region));
  if (names.length <= 4) return names.join('<br>');
  const shown = names.slice(0, regionsInCell);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more regions` : ''}`;
}

const regionsInCell = 40;

/** A region's name, which is one. */
export function bold(region: string): string {
  return isLabel(region) ? `**${region}**` : code(region);
}

/** One row of a table. */
export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
