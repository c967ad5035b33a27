/** Rules of things that are secret by what they are. Only a comment that names the rule allows one of these. */
const certain = new Set(['kubernetes-secret', 'unreadable-secret', 'region-key', 'known-value']);

/** Whether what the rule finds is secret by what it is. */
export function isCertain(rule: string): boolean {
  return certain.has(rule);
}

/** With a list of rules only where nothing but the comment's end, or `--` and a reason, stands behind it. */
const ours =
  /(?<![\w-])edgeseal:allow(?![\w-])(?:[ \t]+([a-z0-9][a-z0-9-]{1,80}(?:[ \t]*,[ \t]*[a-z0-9][a-z0-9-]{1,80}){0,20})(?=[ \t]*(?:$|[\r"'`*#}>)\]]|--)))?/g;

/**
 * Whether a comment in a line allows what a rule has found there: `edgeseal:allow`, or with the rules that are meant,
 * `edgeseal:allow github-token, jwt`. `gitleaks:allow` is the same as `edgeseal:allow` without a rule.
 *
 * @param line without its end
 */
export function allowedInLine(line: string, rule: string): boolean {
  if (!line.includes(':allow')) return false;
  if (/(?<![\w-])gitleaks:allow(?![\w-])/.test(line) && !certain.has(rule)) return true;
  for (const [, named = ''] of line.matchAll(ours)) {
    const rules = named.split(',').map((name) => name.trim());
    if (rules.includes(rule)) return true;
    // One word without a hyphen is rather a reason, as all words are that no list of rules is.
    if (!certain.has(rule) && !rules.some((name) => name.includes('-'))) return true;
  }
  return false;
}
