import { rank } from '../report.ts';
import type { Report } from '../report.ts';
import { isKeyLabel } from '../structure/key-label.ts';
import { secretName } from '../structure/secret-name.ts';
import { isSecretValue } from '../structure/secret-value.ts';
import type { Strictness } from '../structure/secret-value.ts';
import type { Source } from '../structure/source.ts';

const line =
  /^[ \t]*(?:(?:export|set|ENV|ARG|local|declare|readonly)[ \t]+)?(["']?)([A-Za-z_][\w.[\]-]{1,150})\1[ \t]*(?::=|[=:])[ \t]*([^\r\n]{3,8000})\r?$/gm;

/** How lines of a format are read. */
interface AssignmentRules {
  rule: string;
  strictness: Strictness;
  /** Where a dollar sign brings in something else, as in a shell, the value is none. */
  expands?: boolean;
  /** A file that people copy and fill in: `changeme` is to be changed there, and nobody's password. */
  isExample?: boolean;
}

/** Finds secrets in files of lines such as `DB_PASSWORD=made-up`: environments, properties, ini, tfvars. */
export function findAssignments(source: Source, report: Report, rules: AssignmentRules): void {
  for (const match of source.text.matchAll(line)) {
    const [whole, , key = '', rest = ''] = match;
    const name = secretName(key);
    if (name === undefined) continue;
    const { text, offset } = bareValue(rest);
    if (isKeyLabel(key, text)) continue;
    if (rules.isExample === true && /change[-_ ]?(?:me|it|this)/i.test(text)) continue;
    // What every Java has been delivered with opens public certificates.
    if (/trust-?_?store-?_?password$/i.test(key) && text === 'changeit') continue;
    if (rules.expands === true && /\$[{(A-Za-z_]|`/.test(text)) continue;
    if (/^ENC\[|^\$\{/.test(text) || !isSecretValue(text, name, rules.strictness)) continue;
    const carriage = whole.endsWith('\r') ? 1 : 0;
    const start = match.index + whole.length - carriage - rest.length + offset;
    report.hit(source, start, start + text.length, {
      rule: rules.rule,
      rank: rank.structure,
      message: `a secret in plaintext (${key})`,
      value: text,
    });
  }
}

const variable =
  /\bvariable[ \t]{1,10}"([\w-]{3,120})"[ \t]{0,10}\{(?:[^{}"]|"[^"\n]{0,300}"){0,60}?\bdefault[ \t]{0,20}=[ \t]{0,20}"([^"\n]{3,300})"/g;

/** Defaults of Terraform's variables whose names promise a secret. */
export function findDefaults(source: Source, report: Report): void {
  if (!source.text.includes('variable')) return;
  for (const { 0: whole, 1: key = '', 2: value = '', index } of source.text.matchAll(variable)) {
    const name = secretName(key);
    if (name === undefined || !isSecretValue(value, name, 'field')) continue;
    const end = index + whole.length - 1;
    report.hit(source, end - value.length, end, {
      rule: 'config-secret',
      rank: rank.structure,
      message: `a secret in plaintext as the default of a variable (${key})`,
      value,
    });
  }
}

/** Without quotes, and without a comment behind. */
function bareValue(rest: string): { text: string; offset: number } {
  const [, quote, quoted] = /^(["'])((?:(?!\1)[^\\]|\\.)*)\1/.exec(rest) ?? [];
  if (quote !== undefined && quoted !== undefined) return { text: quoted, offset: 1 };
  const [bare = ''] = rest.split(/(?:^|[ \t])[#;]/, 1);
  let end = bare.length;
  while (end > 0 && /[;,\s]/.test(bare[end - 1] ?? '')) end -= 1;
  return { text: bare.slice(0, end), offset: 0 };
}
