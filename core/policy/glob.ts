import picomatch from 'picomatch';

const matchers = new Map<string, (text: string) => boolean>();

/**
 * Whether a namespace matches one of the globs of an author. Only `*` and `?` have a meaning (names hold no
 * slashes), so that a right reads as what it is: `team-*`, `*`, `production`.
 */
export function matchesNamespace(globs: readonly string[], namespace: string): boolean {
  return globs.some((glob) => matcherOf(glob)(namespace));
}

function matcherOf(glob: string): (text: string) => boolean {
  let matcher = matchers.get(glob);
  if (matcher === undefined) {
    matcher = picomatch(glob, {
      nobrace: true,
      nobracket: true,
      noext: true,
      nonegate: true,
      noglobstar: true,
      dot: true,
    });
    if (matchers.size > 4096) matchers.clear();
    matchers.set(glob, matcher);
  }
  return matcher;
}
