import { rank } from '../report.ts';
import type { Report } from '../report.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import { setOf } from '../structure/secret-name.ts';
import type { Source } from '../structure/source.ts';

/** RFC 3986 section 3.2.1, as people write it: `@` and the like within the password, which ends at the last `@` before the host. */
const authority =
  /:\/\/([^\s:/?#@"'`<>\\|[\]{}(),;]{0,100}):([^\s/?#"'`<>\\|,;]{1,300})@(?=[\w[$.{*-])/y;

/** Passwords of documentation, and of databases that run on a developer's machine. */
const examples = setOf(`
  password passwd pass pwd pw secret token key user username name login test testing example sample
  demo foo bar baz qux dummy fake mock my mypassword yourpassword your_password my_password password123?
  postgres mysql mariadb mongo mongodb root admin guest rabbitmq redis minio sa app postgrespw changeit
  p pa ss hunter xxx abc abcd abc123 123 1234 12345 123456 x y z a b c u secretpassword
  user_password db_password dbpassword passw0rd pwd123 credential credentials auth
`);
const users =
  /^(?:user(?:name)?|name|login|u|usr|foo|me|you|your_?user(?:name)?|my_?user(?:name)?|db_?user)$/i;

/** What a password in an address is called. */
export const urlRule = { id: 'url-password', title: 'an address with a password in it' };

/**
 * Finds passwords in addresses, such as `postgres://app:made-up@db/app`.
 *
 * @param isManifest in what a cluster runs as it is, a weak password is one
 */
export function findUrls(source: Source, report: Report, isManifest: boolean): void {
  const { text } = source;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const range = passwordAt(text, at, isManifest);
    if (range === undefined) continue;
    const { start, end } = range;
    report.hit(source, start, end, {
      rule: urlRule.id,
      rank: rank.structure,
      message: urlRule.title,
      value: text.slice(start, end),
    });
  }
}

/**
 * The password of an address.
 *
 * @param at where its `://` stands
 * @returns undefined where there is none, or a stand-in
 */
export function passwordAt(
  text: string,
  at: number,
  isManifest: boolean,
): { start: number; end: number } | undefined {
  authority.lastIndex = at;
  const match = authority.exec(text);
  if (match === null || !/[A-Za-z]/.test(text[at - 1] ?? '')) return undefined;
  const [whole, user = '', password = ''] = match;
  if (!isReal(user, password, isManifest)) return undefined;
  const end = at + whole.length - 1;
  return { start: end - password.length, end };
}

function isReal(user: string, password: string, isManifest: boolean): boolean {
  if (
    isPlaceholder(password) ||
    /\$[{(A-Za-z_]|\{\{|\}\}|^[:%{[(*.]|%[sdvq]|[*]{3}|[.]{3}|\ue000/.test(password)
  ) {
    return false;
  }
  const bare = password.toLowerCase();
  if (isManifest) return !(users.test(user) && examples.has(bare)) && bare !== 'password';
  if (examples.has(bare) || bare === user.toLowerCase()) return false;
  if (/^(?:your|my|the|some|db|user)[-_]?/i.test(password) && /^[a-z_-]+$/i.test(password))
    return false;
  return !/^[a-z]{1,7}$/.test(password);
}
