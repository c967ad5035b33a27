import type { Entry, Node } from './node.ts';

/** Entries looked at in one document; people need hundreds. Merged maps that merge maps could grow without end. */
const maxWork = 50_000;

/** The merge keys (`<<`) of one document. */
export class MergeKeys {
  #work = 0;

  /** Brings in the entries of a map, or of several, of which the map's own and earlier ones count first. */
  into(entries: Entry[], value: Node): void {
    const maps = value.kind === 'seq' ? value.items : [value];
    this.#work += entries.length;
    if (this.#work > maxWork) return;
    const known = new Set(entries.map(({ key }) => key));
    const merged: Entry[] = [];
    for (const map of maps) {
      for (const entry of map.kind === 'map' ? map.entries : []) {
        this.#work += 1;
        if (this.#work > maxWork) break;
        if (known.has(entry.key)) continue;
        known.add(entry.key);
        merged.push(entry);
      }
    }
    // In front: what the map itself says comes last, and so counts.
    entries.splice(0, 0, ...merged);
  }
}
