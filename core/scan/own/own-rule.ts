/** What a rule, or all of them, leave alone. */
export interface Allowance {
  paths: RegExp[];
  regexes: RegExp[];
  target: 'secret' | 'match' | 'line';
  /** Lower case. */
  stopwords: string[];
  /** Whether all of them have to be met, instead of one. */
  isAll: boolean;
  /** Rules that it is for; none means all. */
  rules: string[];
}

/** A rule that the people of a repository have written for gitleaks. */
export interface OwnRule {
  id: string;
  title: string;
  /** Absent for a rule that a file's path is enough for. */
  pattern: RegExp | undefined;
  path: RegExp | undefined;
  /** The group that is the value; 0 is the first that is not empty. */
  group: number;
  /** Bits a character that the value must have more of. */
  entropy: number;
  /** Lower case; one of them has to stand in the file. */
  keywords: string[];
  allowances: Allowance[];
}

/** What is found by a rule: the value, and what it stands in. */
export interface OwnMatch {
  secret: string;
  match: string;
  line: string;
}

/** Shannon's entropy of a text, in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  let length = 0;
  for (const char of text) {
    counts.set(char, (counts.get(char) ?? 0) + 1);
    length += 1;
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}

/** Whether something found is one that is to be left alone. */
export function isLeft(allowance: Allowance, path: string, found: OwnMatch): boolean {
  const { paths, regexes, target, stopwords, isAll } = allowance;
  const secret = found.secret.toLowerCase();
  const checks = [
    ...(paths.length > 0 ? [paths.some((pattern) => tests(pattern, path))] : []),
    ...(regexes.length > 0 ? [regexes.some((pattern) => tests(pattern, found[target]))] : []),
    ...(stopwords.length > 0 ? [stopwords.some((word) => secret.includes(word))] : []),
  ];
  if (checks.length === 0) return false;
  return isAll ? checks.every(Boolean) : checks.some(Boolean);
}

/** Patterns have the flag `g`, and would go on where they last were. */
export function tests(pattern: RegExp, text: string): boolean {
  pattern.lastIndex = 0;
  return pattern.test(text);
}
