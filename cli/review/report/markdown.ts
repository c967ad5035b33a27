import { maxReportBytes, within } from '../markdown/budget.ts';
import type { Block } from '../markdown/budget.ts';
import { markdownOf } from '../markdown/escape.ts';
import type { Review } from '../model.ts';
import {
  basisBlock,
  leaksBlock,
  publishBlock,
  secretsBlock,
  settingsBlock,
  trustBlock,
} from './details.ts';
import { headline, lead, outlook } from './headline.ts';
import { reasonList } from './reasons.ts';
import { regionTable } from './region-table.ts';

const missing =
  '_Something does not fit in here: `edgeseal review` in a clone shows all, with `--output json`._';

/**
 * The report as GitHub flavoured Markdown: the verdict, what changes by region, and then the rest folded away.
 *
 * @param limit bytes
 */
export function markdownReport(review: Review, limit = maxReportBytes): string {
  const { sign, text } = headline(review);
  const next = outlook(review);
  const said = next === undefined ? '' : ` ${markdownOf(next)}`;
  const first = `## ${sign} ${text}\n\n**${markdownOf(lead(review))}**${said}`;
  const { reasons, secrets, settings, trust, leaks, regions } = review;
  const table = regionTable(regions);
  const blocks: Block[] = [
    { text: first },
    ...(reasons.length > 0 ? [{ text: reasonList(reasons) }] : []),
    ...trust.map(trustBlock),
    ...(table === '' ? [] : [{ text: table }]),
    ...(settings.length > 0 ? [settingsBlock(settings)] : []),
    ...(leaks.length > 0 ? [leaksBlock(review)] : []),
    ...(secrets.length > 0 ? [secretsBlock(secrets)] : []),
    ...(regions.some(({ forecast }) => forecast !== undefined) ? [publishBlock(review)] : []),
    basisBlock(review),
  ];
  return within(blocks, limit, missing);
}
