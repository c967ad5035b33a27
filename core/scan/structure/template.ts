/** Stands for each character of a template's expression in the text that is read. From Unicode's private area. */
export const filler = '\ue000';

const delimiters = [
  ['{{', '}}'],
  ['{%', '%}'],
  ['<%', '%>'],
] as const;

/**
 * Takes what Helm, Jinja or ERB fill in out of a text, so that what is left can be read as YAML: an expression within a
 * line becomes as many {@link filler}s, a line of nothing else becomes empty. Offsets stay what they are.
 */
export function withoutTemplates(text: string): string {
  let result = text;
  for (const [open, close] of delimiters) {
    if (result.includes(open)) result = without(result, open, close);
  }
  if (result === text) return text;
  return result.replace(/^[ \t]*\ue000[ \t\ue000]*(?=\r?$)/gm, (line) => ' '.repeat(line.length));
}

function without(text: string, open: string, close: string): string {
  const parts: string[] = [];
  let done = 0;
  for (;;) {
    const start = text.indexOf(open, done);
    const end = start < 0 ? -1 : text.indexOf(close, start + 2);
    if (end < 0) break;
    parts.push(text.slice(done, start), text.slice(start, end + 2).replace(/[^\r\n]/g, filler));
    done = end + 2;
  }
  parts.push(text.slice(done));
  return parts.join('');
}
