import { describe, expect, it } from 'vitest';
import type { TokenRule } from '../../../core/scan/tokens/rule.ts';
import { tokenRules } from '../../../core/scan/tokens/rules/index.ts';
import { readCases } from './cases.ts';

const cases = readCases();

/** What a rule finds in a text, where nothing but its own data is asked. */
function matches(rule: TokenRule, text: string): { at: number; secret: string }[] {
  const found: { at: number; secret: string }[] = [];
  for (const match of text.matchAll(rule.pattern)) {
    const [at] = match.indices?.groups?.['secret'] ?? match.indices![0]!;
    const secret = match.groups?.['secret'] ?? match[0];
    if (rule.check?.(secret) !== false) found.push({ at, secret });
  }
  return found;
}

describe('the rules', () => {
  it('have ids of their own, vendor first', () => {
    const ids = tokenRules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
  });

  it('each have at least two texts that they find their token in, and two that they leave', () => {
    const known = new Set(tokenRules.map(({ id }) => id));
    expect(cases.filter(({ rule }) => !known.has(rule)).map(({ rule }) => rule)).toEqual([]);
    for (const { id } of tokenRules) {
      const own = cases.filter(({ rule }) => rule === id);
      expect({ id, ok: own.filter(({ ok }) => ok).length >= 2 }).toEqual({ id, ok: true });
      expect({ id, ng: own.filter(({ ok }) => !ok).length >= 2 }).toEqual({ id, ng: true });
    }
  });

  it.each(tokenRules)('can be run: $id', (rule) => {
    expect(rule.pattern.flags).toBe('dg');
    expect(rule.source).toMatch(/^https:\/\//);
    for (const keyword of rule.keywords) expect(keyword).toMatch(/^[!-~ ]{3,}$/);
    expect(rule.keywords.map((keyword) => keyword.toLowerCase())).toEqual(rule.keywords);
  });

  it.each(tokenRules)('shows of a value only what is alike in all: $id', (rule) => {
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
  it.each(cases.filter(({ ok }) => ok))(
    '$rule is found: $text',
    ({ rule: id, text, secret, at }) => {
      const rule = tokenRules.find((one) => one.id === id)!;
      expect(matches(rule, text)).toContainEqual({ at, secret });
      const named = tokenRules.find((one) =>
        matches(one, text).some(
          (found) => found.at < at + secret.length && found.at + found.secret.length > at,
        ),
      );
      expect(named?.id).toBe(id);
      const where = text
        .toLowerCase()
        .slice(Math.max(0, at - (rule.before ?? 64) - 200), at + secret.length);
      expect(rule.keywords.some((keyword) => where.includes(keyword))).toBe(true);
    },
  );

  it.each(cases.filter(({ ok, why }) => !ok && why !== 'filler'))(
    '$rule, $why: $text',
    ({ text }) => {
      expect(
        tokenRules.filter((rule) => matches(rule, text).length > 0).map(({ id }) => id),
      ).toEqual([]);
    },
  );
});
