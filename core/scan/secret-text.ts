import { isPlaceholder } from './placeholder.ts';

const kindLine =
  /^[ \t]*(?:- +)*\{?[ \t]*["']?kind["']?[ \t]*:[ \t]*["']?Secret(?:List)?["']?(?:[ \t,}#]|$)/;
const jsonKind = /["']kind["']\s*:\s*["']Secret(?:List)?["']/;
const fieldLine = /^([ \t]*(?:- +)*)["']?(?:data|stringData)["']?[ \t]*:(.*)$/;
const itemLine = /^[ \t]*["']?[-._a-zA-Z0-9]{1,253}["']?[ \t]*:(.*)$/;

/**
 * Looks at a text that no parser takes (a template, a slip of indentation, a number that is none) for a Secret
 * with values, line by line. Where it cannot tell, it says yes: a person looks at it then.
 *
 * @returns the 1-based line of the first value, or undefined
 */
export function lineOfSecretText(text: string): number | undefined {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const kind = lines.findIndex((line) => kindLine.test(line) || jsonKind.test(line));
  if (kind < 0) return undefined;
  for (const [index, line] of lines.entries()) {
    const match = fieldLine.exec(line);
    if (match !== null) {
      const [, indent = '', rest = ''] = match;
      const found = firstValue(lines, index, indent.length, withoutComment(rest));
      if (found !== undefined) return found + 1;
    } else if (/["'](?:data|stringData)["']\s*:\s*\{\s*["']/.test(line)) {
      return index + 1;
    }
  }
  return undefined;
}

/** 0-based line of the first real value under `data:` or `stringData:`. */
function firstValue(
  lines: string[],
  field: number,
  indent: number,
  rest: string,
): number | undefined {
  // `{}` holds nothing; any other flow map is on one line, or goes on in the next.
  if (rest !== '')
    return /^(?:\{\s*\}|null|~),?$/.test(rest) || isPlaceholder(rest) ? undefined : field;
  for (let index = field + 1; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const text = line.trim();
    if (text === '' || text.startsWith('#') || isPlaceholder(text)) continue;
    if (line.length - line.trimStart().length <= indent) return undefined;
    const [, value] = itemLine.exec(line) ?? [];
    if (value === undefined) return index;
    const bare = withoutComment(value).replace(/^(["'])(.*)\1$/, '$2');
    if (!isPlaceholder(bare)) return index;
  }
  return undefined;
}

function withoutComment(text: string): string {
  return text.replace(/(?:^|[ \t])#.*$/, '').trim();
}
