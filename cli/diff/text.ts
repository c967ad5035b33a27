import type { ItemChange } from '../../core/secret/difference.ts';
import { readerWords, replaceCommands } from '../../core/repository/exposure.ts';
import type { Finding } from '../../core/repository/secret-audit.ts';
import { claimWords } from '../sign/summary.ts';
import { describeError } from '../terminal/output.ts';
import type { Output } from '../terminal/output.ts';
import { plainText } from '../terminal/plain-text.ts';
import { regionsTouched } from './changes.ts';
import type { Changes } from './changes.ts';
import { needsSignature } from './secret-change.ts';
import type { SecretChange, TemplateChange } from './secret-change.ts';
import type { SettingsChange } from './settings-change.ts';

type Style = Parameters<Output['paint']>[0];

const headings: Record<SecretChange['kind'], [words: string, style: Style]> = {
  added: ['new', 'green'],
  removed: ['removed', 'red'],
  changed: ['changed', 'yellow'],
  rewrapped: ['wrapped for other keys; no value is another one', 'cyan'],
  resigned: ['only its signatures differ', 'cyan'],
  relaid: ['only its layout differs', 'dim'],
  unreadable: ['cannot be read', 'red'],
  affected: ['the file is the same, but', 'yellow'],
};

/**
 * Prints changes for a person.
 *
 * @param words what the two sides are called
 */
export function printChanges(
  output: Output,
  changes: Changes,
  words: readonly [string, string],
): void {
  for (const fault of changes.faults) printFinding(output, { level: 'error', error: fault }, '');
  for (const change of changes.secrets) printSecret(output, change);
  for (const change of changes.settings) printSettings(output, change);
  for (const finding of changes.findings) printFinding(output, finding, '');
  output.line(summary(changes, words));
}

function printSecret(output: Output, change: SecretChange): void {
  const { kind, namespace, name, before, after, difference } = change;
  const [words, style] = headings[kind];
  const title = namespace === '' ? change.file : `${namespace}/${name}`;
  output.line(
    `${output.paint('bold', plainText(title))}  ${output.paint(style, words)}${versionWords(change)}`,
  );
  const say = (label: string, text: string, paint?: Style): void => {
    const head = label.padEnd(11);
    output.line(`  ${paint === undefined ? head : output.paint(paint, head)} ${text}`);
  };
  const all = after?.regions ?? before?.regions ?? [];
  const items = (label: string, changed: readonly ItemChange[], paint?: Style): void => {
    for (const [regions, names] of byRegions(changed))
      say(label, `${names.join(', ')}${forWords(regions, all)}`, paint);
  };
  if (kind === 'added' && after !== undefined) say('type', plainText(after.type));
  items('+ item', difference.added, 'green');
  items('~ rotated', difference.replaced, 'yellow');
  items('- item', difference.removed, 'red');
  if (kind === 'changed') items('= unchanged', difference.unchanged, 'dim');
  const gone = difference.regionsRemoved;
  if (difference.regionsAdded.length > 0)
    say('+ region', difference.regionsAdded.join(', '), 'green');
  if (gone.length > 0) say('- region', gone.join(', '), 'red');
  for (const part of change.template) say('~ template', templateWords(part), 'yellow');
  if (kind === 'rewrapped' || kind === 'changed') printWraps(change, say);
  if (change.movedFrom !== undefined)
    say(
      '! moved',
      `from ${plainText(change.movedFrom)}: values are bound to their name, and do not open here; seal them anew`,
      'red',
    );
  if (after !== undefined)
    say(
      after.authors.length > 0 ? '  signed' : '! signed',
      signatureWords(change),
      after.authors.length > 0 ? undefined : 'red',
    );
  for (const exposure of change.newlyExposed) {
    say('! exposed', `${readerWords(exposure)} could read ${exposure.items.join(', ')}`, 'red');
    const commands = replaceCommands(`${namespace}/${name}`, [exposure]);
    say('', output.paint('dim', `replace at the source, then: ${commands.join('; ')}`));
  }
  for (const finding of change.findings)
    if (finding.error.code !== 'trust-author') printFinding(output, finding, '  ');
  output.line();
}

function printWraps(
  { wrapsAdded, wrapsDropped, difference }: SecretChange,
  say: (label: string, text: string) => void,
): void {
  const words = (notes: SecretChange['wrapsAdded'], others: readonly string[]): string =>
    notes
      .filter(({ region }) => !others.includes(region))
      .map(({ region, key }) => `${region} (${key})`)
      .join(', ');
  const [added, dropped] = [
    words(wrapsAdded, difference.regionsAdded),
    words(wrapsDropped, difference.regionsRemoved),
  ];
  if (added !== '') say('+ key', added);
  if (dropped !== '') say('- key', dropped);
}

function printSettings(output: Output, { file, kind, lines }: SettingsChange): void {
  output.line(`${output.paint('bold', plainText(file))}  ${kind}`);
  if (lines.length === 0 && kind === 'changed')
    output.line(`  ${output.paint('dim', 'only layout or comments')}`);
  for (const line of lines) {
    const style = line.startsWith('+') ? 'green' : line.startsWith('-') ? 'red' : undefined;
    output.line(`  ${style === undefined ? line : output.paint(style, line)}`);
  }
  output.line();
}

function printFinding(output: Output, { level, error }: Finding, indent: string): void {
  const mark =
    level === 'error' ? output.paint('red', '! error') : output.paint('yellow', '! warning');
  output.line(`${indent}${mark}     ${describeError(error)}`);
  if (error.hint !== undefined)
    output.line(`${indent}            ${output.paint('dim', error.hint)}`);
}

function summary(changes: Changes, [from, to]: readonly [string, string]): string {
  const between = `${from} to ${to}`;
  const { secrets, settings } = changes;
  if (secrets.length + settings.length === 0) return `nothing differs (${between})`;
  const counts = (Object.keys(headings) as SecretChange['kind'][]).flatMap((kind) => {
    const count = secrets.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${shortWords[kind]}`];
  });
  if (settings.length > 0) counts.push(`${settings.length} of settings`);
  const touched = [...new Set(secrets.flatMap(regionsTouched))].sort();
  const unsigned = secrets.filter(needsSignature).length;
  return [
    counts.join(', '),
    touched.length === 0 ? 'reaches no region' : `reaches ${touched.join(', ')}`,
    ...(unsigned > 0 ? [`${unsigned} to be signed: edgeseal sign --all`] : []),
    `(${between}, trust root ${changes.root})`,
  ]
    .join('; ')
    .replace('; (', ' (');
}

const shortWords: Record<SecretChange['kind'], string> = {
  added: 'new',
  removed: 'removed',
  changed: 'changed',
  rewrapped: 'rewrapped',
  resigned: 'signed anew',
  relaid: 'laid out anew',
  unreadable: 'unreadable',
  affected: 'judged otherwise',
};

function versionWords({ before, after, kind }: SecretChange): string {
  if (kind === 'unreadable' || kind === 'affected') return '';
  if (before === undefined) return after === undefined ? '' : `, version ${after.version}`;
  if (after === undefined) return `, was version ${before.version}`;
  return before.version === after.version
    ? `, still version ${after.version}`
    : `, version ${before.version} to ${after.version}`;
}

function signatureWords({ after, mayWrite, namespace, name }: SecretChange): string {
  const signatures = after?.signatures ?? [];
  const words = signatures.length === 0 ? 'by nobody' : signatures.map(claimWords).join('; ');
  if ((after?.authors.length ?? 0) > 0) return words;
  const who =
    mayWrite.length === 0
      ? 'no author may write to this namespace'
      : `may sign: ${mayWrite.map(plainText).join(', ')}`;
  return `${words} (${who}): edgeseal sign ${namespace}/${name}`;
}

function templateWords({ what, before, after }: TemplateChange): string {
  if (before === undefined && after === undefined) return plainText(what);
  return plainText(`${what}: ${before ?? 'none'} to ${after ?? 'none'}`);
}

function byRegions(changes: readonly ItemChange[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { item, regions } of changes) {
    const key = regions.join(', ');
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

function forWords(regions: string, all: readonly string[]): string {
  return regions === all.join(', ') ? '' : ` for ${regions}`;
}
