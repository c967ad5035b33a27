import { describe, expect, it } from 'vitest';
import { scanTokens } from '../../../core/scan/tokens/engine.ts';
import { tokenRules } from '../../../core/scan/tokens/rules/index.ts';
import { readCases } from './cases.ts';
import { growths, steps } from './pattern-growth.ts';

const cases = readCases();
const known = new Set(tokenRules.map(({ id }) => id));

describe('the rules', () => {
  it('have ids of their own, vendor first', () => {
    expect(known.size).toBe(tokenRules.length);
    for (const id of known) expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
  });

  it('each have at least two texts that they find their token in, and two that they leave', () => {
    expect(cases.filter(({ rule }) => !known.has(rule)).map(({ rule }) => rule)).toEqual([]);
    for (const id of known) {
      const own = cases.filter(({ rule }) => rule === id);
      const count = { ok: own.filter(({ ok }) => ok).length, all: own.length };
      expect({ id, ...count, enough: count.ok >= 2 && count.all - count.ok >= 2 }).toEqual({
        id,
        ...count,
        enough: true,
      });
    }
  });

  it.each(tokenRules)('can be run: $id', ({ pattern, source, keywords, title }) => {
    expect(pattern.flags).toBe('dg');
    expect(source).toMatch(/^https:\/\/[^\s]+/);
    expect(title).not.toMatch(/\.$/);
    expect(keywords.length).toBeGreaterThan(0);
    for (const keyword of keywords) expect(keyword).toMatch(/^[!-@[-~ ]{3,}$/);
  });

  it.each(tokenRules)('cost steps in proportion to the text: $id', ({ id, pattern, keywords }) => {
    // Near misses, again and again: what a pattern has to go furthest into before it gives up.
    const miss = cases.find(({ rule, ok }) => rule === id && !ok)!.text;
    const words = keywords.slice(0, 2).flatMap((word) => [`-${word}`, `${word}key `]);
    expect(growths(pattern, [miss, ...words, 'aA0-'])).toEqual([]);
  });

  it('would be refused if one were not linear, or too dear', () => {
    expect(growths(/(?:a+)+b/dg, ['aaaab '])).toEqual([]);
    expect(growths(/a[a-z]*b/dg, ['a'])).toHaveLength(1);
    expect(growths(/[a-z-]{1,4000}:[a-z]{3}/dg, ['key-'])).toHaveLength(1);
    expect(steps(/ab{2,3}c/dg, 'abbbc')).toBeLessThan(10);
  });

  it.each(tokenRules)('show of a value only what is alike in all: $id', (rule) => {
    const shown = cases
      .filter(({ rule: id, ok }) => ok && id === rule.id)
      .map(({ secret }) => secret.slice(0, rule.shown ?? 0).toLowerCase());
    const secret = shown.filter(
      (start) =>
        new Set(shown).size > 1 &&
        !rule.keywords.some((keyword) => keyword.startsWith(start) || start.startsWith(keyword)),
    );
    expect(secret).toEqual([]);
  });
});

describe('the cases', () => {
  it.each(cases.filter(({ ok }) => ok))('$rule is found: $text', ({ rule: id, ...of }) => {
    const rule = tokenRules.find((one) => one.id === id)!;
    const end = of.at + of.secret.length;
    const found = scanTokens(of.text, { path: 'settings.txt' })
      .filter((finding) => finding.start < end && finding.end > of.at)
      .map(({ rule: name, start, end: last, masked }) => ({ name, start, last, masked }));
    const masked = `${of.secret.slice(0, rule.shown ?? 0)}****`;
    expect(found).toEqual([{ name: id, start: of.at, last: end, masked }]);
  });

  it.each(cases.filter(({ ok }) => !ok))('$rule, $why: $text', ({ text }) => {
    const found = scanTokens(text, { path: 'settings.txt' }).map(({ rule }) => rule);
    expect(found.filter((rule) => known.has(rule))).toEqual([]);
  });
});
