/** What git leaves in a file where two changes of the same lines met. */
const opening = /^<{7}(?: |\r?$)/m;
const closing = /^>{7}(?: |\r?$)/m;

/**
 * The line where git has left a conflict for a person to resolve; undefined where there is none.
 *
 * A sealed file is never mended by hand, as its parts belong together: one side is taken whole.
 */
export function conflictLine(text: string): number | undefined {
  const start = opening.exec(text);
  if (start === null || !closing.test(text)) return undefined;
  return text.slice(0, start.index).split('\n').length;
}
