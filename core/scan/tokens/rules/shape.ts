/**
 * Where a token may begin: not inside of a word, but behind an escape of a string (`\n`, `\u003d`), of a URL (`%3D`),
 * or of a terminal (a colour), whose last character looks like one.
 */
const begin = String.raw`(?:(?<![A-Za-z0-9_])|(?<=\\(?:[bfnrtv]|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})|%[0-9A-Fa-f]{2}|\u001b\[[0-9;]{0,9}m))`;

/** The pattern of a token of letters and digits, which ends where they do. */
export const word = bounded(String.raw`(?![A-Za-z0-9])`);

/** The pattern of a token whose alphabet is that of base64url, or a name's with dashes. */
export const slug = bounded(String.raw`(?![A-Za-z0-9_-])`);

/** The pattern of a token in base64. */
export const base64 = bounded(String.raw`(?![A-Za-z0-9+/=])`);

function bounded(end: string): (body: TemplateStringsArray, ...parts: string[]) => RegExp {
  return (body, ...parts) => {
    const source = String.raw(body, ...parts);
    return new RegExp(`${begin}(?:${source})${end}`, 'dg');
  };
}

/** A JSON Web Token, signed. */
export const jwt = String.raw`eyJ[A-Za-z0-9_-]{16,600}\.eyJ[A-Za-z0-9_-]{16,3000}\.[A-Za-z0-9_-]{40,700}`;

/** Base64 of what a JWT begins with (`{"alg":`, `{"typ":`, `{"kid":`), as keywords. */
export const jwtStarts = ['eyjhbgcioi', 'eyj0exaioi', 'eyjrawqioi'];

/** A UUID, as a value. */
export const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

const secretive = 'key|token|secret|passw(?:or)?d|pwd|auth|credential';

/** What may stand between a vendor's name and what makes the thing a secret: `datadog: {apiKey`, `new Datadog("key`. */
const gap = '[\\w.\\-\\s"\'`:=>{(\\[,/@]{0,40}?';

/** From the end of a name to the value: `=`, `: "`, `=> '`, `", "`, `>`, and `value:` of the next line. */
const link = [
  // The rest of the name, never given back: what is caught in a lookahead is not tried anew.
  '(?=([\\w.-]{0,24}))\\1[\\\\"\'`\\])]{0,4}',
  '(?:\\s?:\\s?[A-Za-z][\\w<>[\\]?.]{0,24}\\s?(?==))?',
  // A variable of Terraform.
  '(?:\\s?\\{[^}"\']{0,80}?default)?',
  '[ \\t]{0,8}(?:[:=?|+-]{0,2}[=:>|?]|,|\\s)\\s{0,40}',
  '(?:[\\\\"\']{0,2}[Vv]alue[\\\\"\']{0,2}\\s?[:=]\\s?)?',
  '(?:[Bb]earer |[Bb]asic |[Tt]oken )?(?:[@bBrRfFuU]?[\\\\"\'`]{1,4})?',
].join('');

/**
 * A rule's part for a format that is only a length and an alphabet: the value counts where it is given to a name that
 * speaks of the vendor and of a secret, and where it looks random.
 *
 * @param words lower case: names of the vendor (`datadog`), which a word such as `key` must follow, and whole names of the
 *   secret (`dd_api_key`). They match in both cases; an inner `_` also as `-`, `.`, a space or nothing, one at the end as `-` or `.`
 * @param value the value's pattern, without groups that capture
 * @param what the words that must follow a vendor's name, as alternatives, lower case
 */
export function named(
  words: readonly string[],
  value: string,
  what: string = secretive,
): { keywords: readonly string[]; pattern: RegExp; random: true } {
  const sufficient = new RegExp(secretive);
  const whole = words.filter((name) => sufficient.test(name)).map(anyWriting);
  const vendors = words.filter((name) => !sufficient.test(name)).map(anyWriting);
  const names = [...whole];
  if (vendors.length > 0) names.push(`(?:${vendors.join('|')})${gap}(?:${anyCase(what)})`);
  const source = `(?:${names.join('|')})${link}(?<![A-Za-z0-9_+/-])(?<secret>${value})(?![A-Za-z0-9_+/-])`;
  return {
    keywords: words.flatMap((name) => separators(name).map((by) => name.replaceAll('_', by))),
    pattern: new RegExp(source, 'dg'),
    random: true,
  };
}

function separators(name: string): readonly string[] {
  if (!name.includes('_')) return [''];
  return name.endsWith('_') ? ['_', '-', '.'] : ['_', '-', '.', ' ', ''];
}

function anyWriting(name: string): string {
  const literal = anyCase(name.replace(/[.|]/g, '\\$&'));
  return name.endsWith('_') ? literal.replaceAll('_', '[_.-]') : literal.replaceAll('_', '[_. -]?');
}

/** Letters as classes of both cases; the flag `i` would soften the value, too. */
function anyCase(text: string): string {
  return text.replace(/(\\.)|[a-z]/g, (letter, escape?: string) =>
    escape === undefined ? `[${letter.toUpperCase()}${letter}]` : escape,
  );
}
