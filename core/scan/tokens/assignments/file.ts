/** Files in which whoever makes them puts nothing but digests, translations, or code that nobody reads. */
const machineMade =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|bun\.lockb?|deno\.lock|go\.(?:sum|mod|work\.sum)|Cargo\.lock|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|composer\.lock|Gemfile\.lock|mix\.lock|pubspec\.lock|packages\.lock\.json|flake\.lock|Chart\.lock|gradle\.lockfile|buildscript-gradle\.lockfile|verification-metadata\.xml|\.terraform\.lock\.hcl|Podfile\.lock|Package\.resolved|conan\.lock|\.package-lock\.json|checksums?(?:\.txt)?|SHA(?:1|256|512)SUMS(?:\.txt)?)$|\.(?:min\.(?:m?js|css)|bundle\.js|map|svg|po|pot|xlf|xliff|strings|resx|arb|lock|sum|pb\.go|snap)$/i;

/** Whether a file has no assignments that a person wrote: only formats that are certain are looked for in there. */
export function hasFewSecrets(path: string): boolean {
  return machineMade.test(path);
}

const code =
  /\.(?:[cm]?[jt]sx?|vue|svelte|go|py|pyi|rb|rs|java|kts?|scala|c|h|cc|cpp|cxx|hpp|m|mm|cs|fs|vb|php|swift|dart|exs?|erl|clj|cljs|lua|pl|pm|r|css|scss|less|proto|sol|zig|nim|groovy|gradle|tf|jl|hs|ml|elm|html?|xml|xhtml|jsp|sql|ipynb|rst|patch|diff)$/i;

/** Whether what stands without quotes in a file is an expression, or prose. */
export function isCode(path: string): boolean {
  return code.test(path);
}

const test =
  /(?:^|\/)(?:tests?|testdata|testing|__tests__|spec|fixtures?|vectors?|test[-_]?vectors|wycheproof)\/|[._-](?:test|spec)s?\.\w+$|(?:^|\/)test_\w+\.py$|Test\.(?:java|kt|cs)$/i;

/** Whether a file belongs to tests. */
export function isTest(path: string): boolean {
  return test.test(path);
}
