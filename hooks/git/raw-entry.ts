/** A file in one entry of `git diff --raw` and its like. */
export interface RawEntry {
  /** Object id of the file's content. */
  oid: string;
  /** `100644`, `100755`, `120000`. */
  mode: string;
  /** Ids of the content that it had, of each side that had the file. */
  before: string[];
}

/**
 * Reads an entry of `--raw --no-abbrev`, without its path: `:100644 100644 <id> <id> M`; of a merge `::` with one mode and one
 * id more for each further parent.
 *
 * @returns undefined for a deletion, for a submodule (the commit of another repository), and for what is no entry
 */
export function rawEntry(field: string): RawEntry | undefined {
  const [, colons = '', rest = ''] = /^\n?(:+)([0-7 ]+ [0-9a-f ]+ [A-Z]+\d*)$/.exec(field) ?? [];
  if (colons === '') return undefined;
  // The regular expression cannot tell a mode from an id of digits: their number can.
  const parents = colons.length;
  const words = rest.split(' ');
  const mode = words[parents] ?? '';
  const oid = words[2 * parents + 1] ?? '';
  if (/^0*$/.test(oid) || mode === '160000') return undefined;
  const before = words.slice(parents + 1, 2 * parents + 1).filter((id) => !/^0+$/.test(id));
  return { oid, mode, before };
}
