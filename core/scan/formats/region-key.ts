import { rank } from '../report.ts';
import type { Report } from '../report.ts';
import type { Source } from '../structure/source.ts';

const prefix = 'edgeseal-region-key-1-';

/** Behind the prefix stand the seed's 32 bytes; a text that merely speaks of it has less there. */
const key = /edgeseal-region-key-1-[A-Za-z0-9_-]{43}/g;

/** Finds private region keys, in any kind of file and anywhere in a line. */
export function findRegionKeys(source: Source, report: Report): void {
  if (!source.text.includes(prefix)) return;
  for (const { 0: value, index } of source.text.matchAll(key)) {
    report.hit(source, index, index + value.length, {
      rule: 'region-key',
      rank: rank.item,
      message: 'a private region key',
      masked: `${prefix}****`,
      value,
    });
  }
}
