// Writes docs/SCAN-RULES.md from the rules of core/scan/tokens: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import { scannedRules } from '../core/scan/tokens/engine.ts';
import { families, tokenRules } from '../core/scan/tokens/rules/index.ts';

type Shown = Pick<(typeof scannedRules)[number], 'id' | 'title' | 'source' | 'remedy'>;

const ofVendors = new Set(tokenRules.map(({ id }) => id));

/** The text of docs/SCAN-RULES.md. */
export function scanDocs(): string {
  const checked = tokenRules.filter(({ check }) => check !== undefined).length;
  const named = tokenRules.filter(({ random }) => random === true).length;
  const other = scannedRules.filter(({ id }) => !ofVendors.has(id));
  return `<!-- Generated from core/scan/tokens by \`npm run docs\`. Do not edit. -->

# What edgeseal scan looks for

${String(tokenRules.length)} kinds of tokens, in ${String(families.length)} families, by the form that their vendor publishes: a prefix, a length, an
alphabet. ${String(checked)} are checked further (a checksum, a decoded content, no example of the documentation). A form that is only a length and an
alphabet counts where the value is given to a name that speaks of the vendor; ${String(named)} must look drawn at random besides.
\`edgeseal scan --explain RULE\` says the same of one rule, and what to do when it was found. Below the families are the forms that
many vendors share. Texts that each rule must find, and texts that it must leave, are in [test/scan/tokens/cases](../test/scan/tokens/cases).

${families.map(({ title, rules }) => chapter(title, rules)).join('\n')}
${chapter('Forms and names that many share', other)}`;
}

function chapter(title: string, rules: readonly Shown[]): string {
  return `## ${title}

| rule | finds | form | once it is out |
| --- | --- | --- | --- |
${rules.map(row).join('\n')}
`;
}

function row({ id, title, source, remedy }: Shown): string {
  const form = /^https:\S+$/.test(source) ? `[published](${source})` : source;
  return `| ${[`\`${id}\``, title, form, remedy ?? 'revoke it at the vendor'].map(cell).join(' | ')} |`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

if (import.meta.main) {
  fs.writeFileSync(path.join(import.meta.dirname, '../docs/SCAN-RULES.md'), scanDocs());
}
