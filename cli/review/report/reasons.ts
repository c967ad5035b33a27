import { commandLine, markdownOf, prose } from '../markdown/escape.ts';
import type { Reason } from '../model.ts';
import { count, list } from '../words.ts';
import type { Words } from '../words.ts';

/** So many are listed; of many alike the first few. */
const atMost = 12;
const alike = 4;
/** Whoever signs one of more than these signs them all. */
const signaturesAtMost = 2;

/** Reasons as they are shown: of many alike the first few, and how many more there are. */
export function shownReasons(reasons: readonly Reason[]): Reason[] {
  const shown: Reason[] = [];
  for (const [, same] of Map.groupBy(reasons, ({ level, kind }) => `${level} ${kind}`)) {
    const [first] = same;
    if (first?.kind === 'signature' && same.length > signaturesAtMost) shown.push(together(same));
    else if (same.length <= alike + 1) shown.push(...same);
    else {
      const more: Words = [`and ${same.length - alike} more like it`];
      shown.push(...same.slice(0, alike), { ...first, words: more, hint: undefined } as Reason);
    }
  }
  const sorted = shown.sort((a, b) => rank(a) - rank(b));
  return sorted.slice(0, atMost);
}

/** As a list in Markdown; a way out that several have in common stands below the last of them. */
export function reasonList(reasons: readonly Reason[]): string {
  const shown = shownReasons(reasons);
  return shown
    .map((reason, i) => {
      const line = `- ${signOf(reason)} ${markdownOf(reason.words)}`;
      const { hint } = reason;
      return hint === undefined || shown[i + 1]?.hint === hint ? line : `${line}${wayOut(hint)}`;
    })
    .join('\n');
}

function signOf({ level, kind }: Reason): string {
  if (level === 'attention') return '⚠️';
  return kind === 'signature' ? '✍️' : '⛔';
}

/** Commands as they are typed, one below the other; anything else as a sentence. */
function wayOut(hint: string): string {
  const parts = hint.split('; ');
  const isTyped = parts.every((part) => /^(?:edgeseal|git) /.test(part) && !/: |, /.test(part));
  if (!isTyped) return `<br>→ ${prose(hint)}`;
  const more = parts.length - commandsAtMost;
  const shown = parts.slice(0, commandsAtMost).map((part) => `<br>→ ${commandLine(part)}`);
  return [...shown, ...(more > 0 ? [`<br>and ${more} more alike`] : [])].join('');
}

const commandsAtMost = 5;

function together(same: readonly Reason[]): Reason {
  const names = same.flatMap(({ file }) => (file === undefined ? [] : [file]));
  return {
    level: 'refused',
    kind: 'signature',
    words: [`${count(same.length, 'secret')} need an author’s signature: `, ...list(names, 3)],
    hint: 'edgeseal sign --all',
  };
}

function rank({ level }: Reason): number {
  return level === 'refused' ? 0 : 1;
}
