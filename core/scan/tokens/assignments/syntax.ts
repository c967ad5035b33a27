/** A value that a text gives to a name. */
export interface Given {
  start: number;
  end: number;
  /** `Basic` and the like, before the value. */
  scheme: string;
  /** In quotes, in markup, or in a connection string: a text for certain, where code has no quotes it is an expression. */
  isText: boolean;
}

const longestValue = 400;

/** Behind a name: what closes it, and what gives it a value. Each alternative is bounded, and tried once. */
const giver = new RegExp(
  [
    // {name: "DB_PASSWORD", value: "..."}, also in the next line
    String.raw`(?:\\?["']?[ \t]{0,20},?(?:\r?\n)?[ \t]{0,80}[\\"']{0,2}value[\\"']{0,2}[ \t]{0,10}[:=][ \t]{0,10}`,
    // ${DB_PASSWORD:-...}
    String.raw`|:-(?=[^\s}])`,
    // "password": "..."  password = '...'  :password => "..."  password := "..."  pass ?= x  password == "..."
    String.raw`|[\\"'\x60\])]{0,4}[ \t]{0,20}(?:[:?!+]?={1,3}>?|:{1,2}(?!=)|=>)[ \t]{0,40}`,
    // password: str = "..."  password: Option<String> = "..."
    String.raw`(?:(?:final |const |readonly |optional )?&?[A-Za-z][\w<>[\]?.|]{0,30}[ \t]{0,4}=(?![=>])[ \t]{0,4})?`,
    // put("password", "...")  getenv("DB_PASSWORD", "...")
    String.raw`|\\?["'\x60]\]?[ \t]{0,4},\s{0,40}(?=[\\@\w]{0,6}["'\x60])`,
    // <password>...</password>  <entry key="password">...</entry>
    String.raw`|["']?>[ \t]{0,20}(?=[^\s<])`,
    // const password string = "..."  String password() { return "..." } is another matter
    String.raw`|[ \t]{1,4}(?:\[\]byte|[Ss]tring|&str|str|text|varchar\(\d{1,4}\))[ \t]{0,4}=[ \t]{0,4}`,
    // setPassword("...")  .password("...")
    String.raw`|\([ \t]{0,4}(?=[@\w\\]{0,6}["'\x60])`,
    // env.PASSWORD || "..."
    String.raw`|["']?[\])]?[ \t]{0,4}(?:\|\||\?\?|or\b)[ \t]{0,4}(?=["'\x60])`,
    // storePassword "..."  PASSWORD '...'  --password '...'
    String.raw`|[ \t]{1,4}(?=["']))`,
  ].join(''),
  'y',
);

/** What may stand before a literal: a call that turns a text into bytes, a look-up with a text for when there is none. */
const wrapper =
  /(?:(?:return |new |await |&|\*)?(?:\[\]byte|String|string|bytes|b|Buffer\.from|SecureString|SecretStr|Some|Secret|Secret::new|pulumi\.secret|base64\.StdEncoding\.EncodeToString|utf8\.encode|TEXT|_T|N|to_string|ptr\.To|aws\.String|strPtr|stringPtr|pointer\.String|proto\.String)\([ \t]{0,4}|(?:os\.)?(?:getenv|environ\.get|ENV\.fetch|env|get_env|Getenv|GetEnv|config|getEnv|getenv_or|envOr)\(\\?["']\w{1,60}\\?["'],[ \t]{0,4}(?:default[ \t]?=[ \t]?)?|(?:process\.env|import\.meta\.env|ENV)[.[]["']?\w{1,60}["']?\]?[ \t]{0,4}(?:\|\||\?\?|or)[ \t]{0,4}|\$\{?\w{1,60}:-|\$\{[\w.]{1,60}:)/y;

/** The scheme of an Authorization header, RFC 9110. */
const scheme = /(?:Bearer|Basic|[Tt]oken|[Aa]pi[Kk]ey|Key) +(?=\S)/y;
const quote = /\\{0,2}(?:"""|'''|["'`])/y;
const prefixes = /(?:[@bBrRfFuULN]|Raw)?(?=["'`\\])/y;

/**
 * Finds the value that is given to a name.
 *
 * @param name its begin and end in `text`
 * @returns undefined where none is given; one looks at fewer than a thousand characters
 */
export function givenTo(text: string, name: { start: number; end: number }): Given | undefined {
  const isOption = text.startsWith('--', name.start) && text.charCodeAt(name.start - 1) !== 45;
  giver.lastIndex = name.end;
  const link = giver.exec(text)?.[0];
  if (link === undefined)
    return isBare(text, name, isOption)
      ? unquoted(text, afterBlanks(text, name.end), true)
      : undefined;
  // ["users.password", "users.token"], and the third of four arguments
  if (/^\\?["'`]\]?[ \t]*,\s*$/.test(link)) {
    const before = text.slice(Math.max(0, name.start - 4), name.start);
    if (!/[([{][ \t]?\\?["'`]$/.test(before)) return undefined;
  }
  // --- PASS: TestOfSomething, to pass "-x" to a program
  if (
    /^pass$/i.test(text.slice(name.start, name.end)) &&
    /^(?::[ \t]*|[ \t]+)$/.test(link) &&
    !isQuotedKey(text, name, link)
  )
    return undefined;
  let at = name.end + link.length;
  if (link === ':-') return until(text, at, '}');
  if (link.endsWith('>') || /^["']?>/.test(link))
    return link.includes('=') ? literal(text, at, name) : markup(text, at, name.start);
  wrapper.lastIndex = at;
  const wrapped = wrapper.exec(text)?.[0] ?? '';
  at += wrapped.length;
  if (wrapped.startsWith('$')) return until(text, at, '}');
  return literal(text, at, name);
}

/** `pass: '...'` in an object, but not a verdict and a name. */
function isQuotedKey(text: string, name: { start: number; end: number }, link: string): boolean {
  return (
    link.startsWith(':') &&
    text.startsWith('pass', name.start) &&
    text.charCodeAt(name.start - 1) !== 45
  );
}

/** `--password made-up`, `ENV DB_PASSWORD made-up`, `requirepass made-up`: nothing but blanks between. */
function isBare(
  text: string,
  { start, end }: { start: number; end: number },
  isOption: boolean,
): boolean {
  const next = text.charCodeAt(end);
  if (next !== 32 && next !== 9) return false;
  if (isOption) return true;
  const before = text.slice(Math.max(0, start - 24), start);
  if (/(?:^|\n)[ \t]*(?:ENV|ARG|setx|SETENV|setenv)[ \t]+$/.test(before)) return true;
  if (/(?:^|\n)[ \t]*$/.test(before))
    return /^(?:requirepass|masterauth)$/.test(text.slice(start, end));
  return /\b(?:login|machine)[ \t]+\S{0,20}[ \t]+$/.test(
    text.slice(Math.max(0, start - 48), start),
  );
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (at < from + 8 && (text[at] === ' ' || text[at] === '\t')) at += 1;
  return at;
}

function literal(text: string, from: number, name: { start: number }): Given | undefined {
  prefixes.lastIndex = from;
  const at = from + (prefixes.exec(text)?.[0].length ?? 0);
  quote.lastIndex = at;
  const open = quote.exec(text)?.[0];
  const start = open === undefined ? from : at + open.length;
  scheme.lastIndex = start;
  const named = scheme.exec(text)?.[0] ?? '';
  const value = start + named.length;
  if (open !== undefined) return until(text, value, open, named.trim());
  return unquoted(text, value, isInside(text, name.start), named.trim());
}

/** To the same quote again, past what is escaped, in the same line. */
function until(text: string, start: number, close: string, named = ''): Given | undefined {
  const escapes = !close.startsWith('\\');
  const last = Math.min(text.length, start + longestValue);
  for (let at = start; at < last; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 10) return undefined;
    if (text.startsWith(close, at))
      return at > start ? { start, end: at, scheme: named, isText: true } : undefined;
    if (code === 92 && escapes) at += 1;
  }
  return undefined;
}

function markup(text: string, start: number, name: number): Given | undefined {
  const opener = text.slice(Math.max(0, name - 40), name);
  if (!/<\/?[\w:.-]{0,30}$|(?:name|key|id)=["'][\w.-]{0,30}$/.test(opener) || opener.endsWith('/'))
    return undefined;
  return until(text, start, '<');
}

/** Whether a name lies in the middle of a text: a connection string, the query of a URL. */
function isInside(text: string, start: number): boolean {
  const before = text[start - 1] ?? '\n';
  return (
    /[;?&"'`]/.test(before) || (before === ' ' && /[;"'`][ ]?$/.test(text.slice(start - 2, start)))
  );
}

/** Up to a blank, or to what ends a value in a list, a string, a URL. */
function unquoted(text: string, start: number, isText: boolean, named = ''): Given | undefined {
  const last = Math.min(text.length, start + longestValue);
  let end = start;
  for (; end < last; end += 1) {
    const code = text.charCodeAt(end);
    if (code <= 32 || code === 34 || code === 39 || code === 96 || code === 60 || code === 62)
      break;
    if (code === 44 || code === 59 || (isText && code === 38)) break;
    if (code === 92 && /[nrt"']/.test(text[end + 1] ?? '')) break;
  }
  // Cut off it would be another value; and a text of names without end is looked at name by name.
  if (end === start + longestValue) return undefined;
  if (!isText) while (end > start && /[)\]},.]/.test(text[end - 1] ?? '')) end -= 1;
  return end > start ? { start, end, scheme: named, isText } : undefined;
}
