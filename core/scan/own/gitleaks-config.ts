import { EdgesealError } from '../../errors.ts';
import { parseToml } from '../../format/toml.ts';
import type { Toml } from '../../format/toml.ts';
import { PatternError } from './go-cursor.ts';
import { goRegExp } from './go-regexp.ts';
import type { Allowance, OwnRule } from './own-rule.ts';

/** What a repository's `.gitleaks.toml` adds. */
export interface OwnRules {
  rules: OwnRule[];
  /** For all rules, or those that they name. */
  allowances: Allowance[];
  /** Ids that are switched off. */
  disabled: string[];
}

type Table = Record<string, Toml>;

/** So many files may stand on one another. */
const maxExtended = 2;

/**
 * Reads rules and allow lists as gitleaks 8 does. Its own rules (`useDefault`) are nothing to us, for we have ours.
 *
 * @param read gives a file that is extended, by its path as it stands there; undefined where there is none
 * @throws EdgesealError `format-schema` with `file`, which names the rule and what of it cannot be read: a rule that is left out
 *   unsaid would be one that nobody misses
 */
export async function readGitleaks(
  text: string,
  file: string,
  read: (path: string) => Promise<string | undefined>,
  depth = 0,
): Promise<OwnRules> {
  const table = parseToml(text, file);
  const reader = new Reader(file);
  const own: OwnRules = {
    rules: reader.tables(table['rules']).flatMap((rule) => reader.rule(rule)),
    allowances: [
      ...reader.tables(table['allowlist']),
      ...reader.tables(table['allowlists']),
    ].flatMap((one) => reader.allowance(one, 'the allow list')),
    disabled: [],
  };
  const [extend = {}] = reader.tables(table['extend']);
  own.disabled.push(...reader.texts(extend['disabledRules'], 'extend.disabledRules'));
  if (typeof extend['url'] === 'string' && extend['url'] !== '')
    throw reader.refused('extend.url: rules come from no network');
  const path = extend['path'];
  if (typeof path !== 'string' || path === '') return own;
  if (depth >= maxExtended)
    throw reader.refused('extend.path: too many files stand on one another');
  const below = await read(path);
  if (below === undefined) throw reader.refused(`extend.path: there is no ${path}`);
  const base = await readGitleaks(below, path, read, depth + 1);
  const ids = new Set(own.rules.map(({ id }) => id));
  return {
    rules: [...own.rules, ...base.rules.filter(({ id }) => !ids.has(id))],
    allowances: [...own.allowances, ...base.allowances],
    disabled: [...own.disabled, ...base.disabled],
  };
}

class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  refused(what: string): EdgesealError {
    return new EdgesealError('format-schema', `this cannot be read: ${what}`, {
      file: this.#file,
      hint: 'change it, or take it out of the file; what can be read is in docs/guides/scan.md',
    });
  }

  /** A table, a list of tables, or none. */
  tables(value: Toml | undefined): Table[] {
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
    return list.filter(
      (one): one is Table =>
        typeof one === 'object' && !Array.isArray(one) && !(one instanceof Date),
    );
  }

  texts(value: Toml | undefined, what: string): string[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
    throw this.refused(`${what} is no list of texts`);
  }

  rule(table: Table): OwnRule[] {
    const { id } = table;
    if (typeof id !== 'string' || id === '') throw this.refused('a rule has no id');
    const what = `rule ${id}`;
    if (table['required'] !== undefined)
      throw this.refused(`${what}: required (rules that need each other)`);
    if (table['skipReport'] === true) return [];
    const pattern = this.#pattern(table['regex'], `${what}: regex`);
    const path = this.#pattern(table['path'], `${what}: path`);
    // A rule of gitleaks' own that is only changed here.
    if (pattern === undefined && path === undefined) return [];
    const allow = [...this.tables(table['allowlist']), ...this.tables(table['allowlists'])];
    const description = table['description'];
    const title =
      typeof description === 'string' && description !== ''
        ? description
        : `${id} of ${this.#file}`;
    return [
      {
        id,
        title: title.replace(/\s+/g, ' ').replace(/\.$/, ''),
        pattern,
        path,
        group: this.#number(table['secretGroup'], `${what}: secretGroup`),
        entropy: this.#number(table['entropy'], `${what}: entropy`),
        keywords: this.texts(table['keywords'], `${what}: keywords`).map((word) =>
          word.toLowerCase(),
        ),
        allowances: allow.flatMap((one) => this.allowance(one, `${what}: allow list`)),
      },
    ];
  }

  allowance(table: Table, what: string): Allowance[] {
    const target = table['regexTarget'] ?? 'secret';
    if (target !== 'secret' && target !== 'match' && target !== 'line')
      throw this.refused(`${what}: regexTarget`);
    if (this.texts(table['commits'], `${what}: commits`).length > 0)
      throw this.refused(
        `${what}: commits (a value is allowed, wherever it stands: edgeseal scan --allow)`,
      );
    const condition = table['condition'] ?? 'OR';
    const patterns = (name: string): RegExp[] =>
      this.texts(table[name], `${what}: ${name}`).flatMap(
        (text) => this.#pattern(text, `${what}: ${name}`) ?? [],
      );
    return [
      {
        paths: patterns('paths'),
        regexes: patterns('regexes'),
        target,
        stopwords: this.texts(table['stopwords'], `${what}: stopwords`).map((word) =>
          word.toLowerCase(),
        ),
        isAll: typeof condition === 'string' && /^(?:and|&&)$/i.test(condition),
        rules: this.texts(table['targetRules'], `${what}: targetRules`),
      },
    ];
  }

  #number(value: Toml | undefined, what: string): number {
    if (value === undefined) return 0;
    if (typeof value === 'number') return value;
    throw this.refused(`${what} is no number`);
  }

  #pattern(value: Toml | undefined, what: string): RegExp | undefined {
    if (value === undefined || value === '') return undefined;
    if (typeof value !== 'string') throw this.refused(`${what} is no text`);
    try {
      return goRegExp(value);
    } catch (error) {
      if (error instanceof PatternError) throw this.refused(`${what}: ${error.message}`);
      throw error;
    }
  }
}
