import { rootFingerprint } from '../../../core/trust/root-chain.ts';
import type { SettingsChange } from '../../diff/settings-change.ts';
import { version } from '../../version.ts';
import { refOf } from '../judge/verdict.ts';
import { rowsWithin } from '../markdown/budget.ts';
import type { Block } from '../markdown/budget.ts';
import { code, fenced, markdownOf, prose } from '../markdown/escape.ts';
import type { Review, SecretReview, TrustReview } from '../model.ts';
import { count, list, quote } from '../words.ts';
import type { Words } from '../words.ts';
import { signerWords, versionWords } from './effect-words.ts';
import { bold, row } from './region-table.ts';

/** Bytes of one table's rows. */
const tableBytes = 16_000;

/** What a trust root changes, open: nothing else in a pull request reaches as far. */
export function trustBlock({ before, after, lines, signedBy, missing }: TrustReview): Block {
  const signers: Words = signedBy.length === 0 ? ['nobody'] : list(signedBy);
  const state =
    missing === undefined
      ? 'comes into force with this'
      : missing === ''
        ? 'is proposed, and has all its signatures'
        : `is proposed, and needs ${missing}`;
  const head = `### Who may do what: trust root ${before} → ${after}`;
  const who = `Root ${after} ${state}. Signed by ${markdownOf(signers)}.`;
  const shown = lines.slice(0, 60);
  if (lines.length > shown.length) shown.push(`  and ${lines.length - shown.length} more`);
  const changes = lines.length === 0 ? 'It changes nothing.' : fenced('diff', shown);
  return { text: [head, who, changes].join('\n\n'), short: [head, who].join('\n\n') };
}

/** Policy, regions, settings: what is there now, and what is not any more. */
export function settingsBlock(settings: readonly SettingsChange[]): Block {
  const shown = settings.slice(0, 20).map(({ file, kind, lines }) => {
    const head = `${code(file)} is ${kind}`;
    if (lines.length === 0) return kind === 'changed' ? `${head}: only layout or comments` : head;
    const more = lines.length > 30 ? [`  and ${lines.length - 30} more`] : [];
    return [head, fenced('diff', [...lines.slice(0, 30), ...more])].join('\n\n');
  });
  if (settings.length > 20) shown.push(`and ${settings.length - 20} more`);
  const title = '### Policy, regions and settings';
  const names = list(settings.map(({ file }) => file));
  return { text: [title, ...shown].join('\n\n'), short: `${title}\n\n${markdownOf(names)}` };
}

/** Every secret, item by item. */
export function secretsBlock(secrets: readonly SecretReview[]): Block {
  const header = ['Secret', 'Regions', 'Items', 'Template', 'Signatures'];
  const rows = secrets.map((secret) =>
    row([
      `${code(refOf(secret))}<br>${versionWords(secret)}`,
      regionCell(secret),
      itemCell(secret),
      templateCell(secret),
      markdownOf(signerWords(secret).words),
    ]),
  );
  return folded(`${count(secrets.length, 'secret')}, item by item`, header, rows);
}

function regionCell({ before, after, difference }: SecretReview): string {
  const gone = new Set(difference.regionsRemoved);
  const added = new Set(difference.regionsAdded);
  const names = [...(after?.regions ?? before?.regions ?? []), ...gone];
  return [...new Set(names)]
    .map((name) =>
      gone.has(name)
        ? `~~${name}~~`
        : added.has(name) && before !== undefined
          ? `**+${name}**`
          : name,
    )
    .join(', ');
}

function itemCell({ difference }: SecretReview): string {
  const parts = (['added', 'replaced', 'removed', 'unchanged'] as const).flatMap((kind) => {
    const names = difference[kind].map(({ item }) => item);
    const word = kind === 'replaced' ? 'new value' : kind;
    return names.length === 0 ? [] : [`${word}: ${markdownOf(list(names, 8))}`];
  });
  return parts.join('<br>');
}

function templateCell({ template, after, before }: SecretReview): string {
  if (before === undefined) return after === undefined ? '' : code(after.type);
  const parts = template.slice(0, 8).map(({ what, before: was, after: is }) => {
    const values = [was, is].map((value) => (value === undefined ? 'none' : code(value)));
    return what.startsWith('annotation') ? code(what) : `${code(what)}: ${values.join(' → ')}`;
  });
  return [...parts, ...(template.length > 8 ? [`and ${template.length - 8} more`] : [])].join(
    '<br>',
  );
}

/** What publish would do in each region. */
export function publishBlock({ regions }: Review): Block {
  const rows = regions.map(({ region, forecast, held }) => {
    const snapshot =
      forecast === undefined
        ? 'cannot be told'
        : forecast.state === 'failed'
          ? `fails: ${prose(forecast.error ?? '')}`
          : forecast.state === 'unchanged'
            ? `none: ${forecast.before ?? 0} stays`
            : forecast.before === undefined
              ? `${forecast.after ?? 1}, the first that this clone knows of`
              : `${forecast.before} → ${forecast.after ?? 0}`;
    const kept = held
      .slice(0, 5)
      .map(
        ({ secret, version: stays }) =>
          `${code(secret)} ${stays === undefined ? 'stays out' : `stays at version ${stays}`}`,
      );
    const more = held.length > 5 ? [`and ${held.length - 5} more`] : [];
    return row([bold(region), snapshot, [...kept, ...more].join('<br>')]);
  });
  return folded('What publish would do', ['Region', 'New snapshot', 'Held back'], rows);
}

/** Everything that was found in the plain. */
export function leaksBlock({ leaks }: Review): Block {
  const rows = leaks.map(({ path, line, rule, message, masked, commit }) =>
    row([
      path === undefined ? 'a commit message' : code(`${path}:${line}`),
      code(rule),
      prose(message),
      code(masked),
      commit.slice(0, 10),
    ]),
  );
  const header = ['Where', 'Rule', 'What', 'Masked', 'Commit'];
  return folded(`${count(leaks.length, 'finding')} of the scan`, header, rows);
}

/** What the verdict rests on. */
export function basisBlock({ base, head, commits, root, repository }: Review): Block {
  const lines = [
    `- what ${markdownOf(quote(base.name))} (\`${base.commit.slice(0, 10)}\`) would be with ${count(commits, 'commit')} up to \`${head.slice(0, 10)}\``,
    `- by trust root ${root.number} of ${markdownOf(quote(base.name))}: \`${rootFingerprint(root.sha256)}\``,
    `- repository ${code(repository.name)}, edgeseal ${version}; no key was used, and no value was seen`,
    '- nothing of this is signed: what counts is what clusters verify',
  ];
  return { text: wrapped('How this was judged', lines.join('\n')) };
}

function folded(title: string, header: readonly string[], rows: readonly string[]): Block {
  const { rows: shown, left } = rowsWithin(rows, tableBytes);
  const rule = row(header.map(() => ':--'));
  const table = [row(header), rule, ...shown].join('\n');
  const more =
    left === 0
      ? ''
      : `\n\nand ${left} more: \`edgeseal review\` in a clone shows all, with --output json`;
  return { text: wrapped(title, table + more) };
}

function wrapped(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}
