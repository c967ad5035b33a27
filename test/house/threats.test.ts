import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** Last cells of all tables of the page that have a column "shown by". */
function shownBy(): string[] {
  const cells: string[] = [];
  let isShown = false;
  for (const line of readFileSync(path.join(root, 'docs/THREATS.md'), 'utf8').split('\n')) {
    const last = /^\|.*\|\s*([^|]*?)\s*\|$/.exec(line)?.[1];
    if (last === undefined) isShown = false;
    else if (last === 'shown by') isShown = true;
    else if (isShown && !/^-+$/.test(last)) cells.push(last);
  }
  return cells;
}

/** The suites that a cell names: `test/cli/verify, -sign` are two, and so are `test/attacks: git, trust`. */
function suitesOf(cell: string): string[] {
  let folder = '';
  let isList = false;
  return cell
    .replaceAll(/ \([^)]*\)/g, '')
    .split(/[,;]\s*/)
    .flatMap((part) => {
      const [word = ''] = part.split(' ');
      const named = /^(test\/[\w/.-]+?)(:?)$/.exec(word);
      if (named !== null) {
        const [, place = '', colon] = named;
        isList = colon === ':';
        folder = isList ? place : path.dirname(place);
        return [isList ? `${place}/${part.split(' ')[1] ?? ''}` : place];
      }
      if (word.startsWith('-')) return [`${folder}/${word.slice(1)}`];
      return isList ? [`${folder}/${word}`] : [];
    });
}

it('every line of docs/THREATS.md names suites that there are', () => {
  const cells = shownBy();
  expect(cells.length).toBeGreaterThan(20);
  const found = (suite: string): boolean =>
    ['', '.ts', '.test.ts'].some((end) => existsSync(path.join(root, `${suite}${end}`)));
  for (const cell of cells) {
    const suites = suitesOf(cell);
    expect(suites, cell).not.toEqual([]);
    expect(
      suites.filter((suite) => !found(suite)),
      cell,
    ).toEqual([]);
  }
});
