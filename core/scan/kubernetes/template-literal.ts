import { isPlaceholder } from '../structure/placeholder.ts';
import { secretName } from '../structure/secret-name.ts';

const expression = /\{\{-?((?:[^}]|\}(?!\})){0,2000})-?\}\}/g;
const literal =
  /^\s*(?:"((?:[^"\\]|\\.){1,500})"|`([^`]{1,500})`)\s*(?:\|\s*(?:b64enc|quote|squote|trim|toString|nindent \d{1,2}|indent \d{1,2})\s*)*$/;
const fallback = /\bdefault\s+"((?:[^"\\]|\\.){1,500})"/;

/**
 * The literal that a template's expression gives: `{{ "made-up" | b64enc }}`; or gives where nothing else is set, in an
 * item whose name promises a secret: `{{ .Values.password | default "made-up" }}`. Whatever else is filled in is none.
 *
 * @param raw the value as it stands in the file
 */
export function literalIn(raw: string, item: string): string | undefined {
  for (const [, inner = ''] of raw.matchAll(expression)) {
    const bare = literal.exec(inner);
    const value = bare?.[1] ?? bare?.[2];
    if (value !== undefined && !isPlaceholder(value)) return value;
    const other = secretName(item) === undefined ? undefined : fallback.exec(inner)?.[1];
    if (other !== undefined && !isPlaceholder(other)) return other;
  }
  return undefined;
}
