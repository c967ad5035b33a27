import { partOf } from '../structure/source.ts';
import type { Source } from '../structure/source.ts';

const kindLine =
  /(?<![\w-])kind["']?[ \t]{0,20}:[ \t]{0,20}["']?Secret(?:List)?["']?[ \t]{0,20}(?:[,}#\r\n]|$)/g;
/** What ends a manifest that is written into something else: a fence, the end of a heredoc or a string. */
const border =
  /^[ \t]*(?:```|~~~|<\/?(?:pre|code)|\.\. |(?:EOF|EOT|EOS|YAML|YML|JSON|MANIFEST|SECRET|HEREDOC|END[A-Z]*)\b|---[ \t]*$|["'`]{1,3}[;),]*[ \t]*$)|<<[-~]?\s*["']?\w+|["'`(]{1,3}[ \t]*$|`$/;
const maxLines = 2000;

/** Secrets written into another kind of file: the code of a page, a script's heredoc, a program's string. */
export function embeddedManifests(source: Source): Source[] {
  const { text } = source;
  const found: Source[] = [];
  let done = 0;
  for (const { index } of text.matchAll(kindLine)) {
    if (index < done) continue;
    const [start, end] = blockAround(text, index, done);
    done = end;
    const part = text.slice(start, end);
    if (/\b(?:data|stringData|items)\b/.test(part)) found.push(partOf(source, start, end));
  }
  return found;
}

function blockAround(text: string, at: number, least: number): [number, number] {
  const first = text.lastIndexOf('\n', at - 1) + 1;
  let start = first;
  for (let count = 0; start > least && count < maxLines; count += 1) {
    const before = text.lastIndexOf('\n', start - 2) + 1;
    if (border.test(text.slice(before, start - 1))) break;
    start = before;
  }
  let end = first;
  for (let count = 0; end < text.length && count < maxLines; count += 1) {
    const found = text.indexOf('\n', end);
    const stop = found < 0 ? text.length : found;
    if (
      count > 0 &&
      border.test(text.slice(end, stop)) &&
      !/[:|>][ \t]*$/.test(text.slice(end, stop))
    )
      break;
    end = Math.min(text.length, stop + 1);
  }
  return [start, end];
}
