import { ValueIndex } from '../../core/scan/values/value-index.ts';
import { Places } from '../../core/scan/place.ts';
import { scanFile } from '../../core/scan/scan-file.ts';
import type { ScanFinding } from '../../core/scan/finding.ts';
import type { ClusterFinding, Place } from './finding.ts';
import type { Sought } from './sought.ts';

/** Searches texts for the cluster's own secret values, and by the rules for everybody's. */
export class Search {
  readonly #index = new ValueIndex<Sought>();
  readonly #found = new Map<string, ClusterFinding>();
  /** Values that are looked for. */
  values = 0;

  add(sought: Sought): void {
    if (this.#index.add(sought.value, sought)) this.values += 1;
  }

  /** Everything found so far, by place; the same thing in the same place once. */
  get findings(): ClusterFinding[] {
    return [...this.#found.values()].sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column,
    );
  }

  async look(place: Place): Promise<void> {
    const known = this.#values(place);
    const lines = new Set(known.map(({ line }) => line));
    for (const finding of known) this.#note(place, finding);
    for (const finding of await scanFile(place.kind, place.bytes)) {
      // What a rule sees in a value of a Secret was told better already.
      if (!lines.has(finding.line)) this.#note(place, finding);
    }
  }

  #values({ bytes }: Place): ScanFinding[] {
    const places = new Places(bytes);
    return this.#index.find(bytes).map(({ label, offset }) => {
      const { line, column } = places.of(offset);
      const message = `the value of ${label.item} of Secret ${label.secret}`;
      return { rule: 'cluster-secret', line, column, message, masked: '****' };
    });
  }

  #note({ file, look, linesBefore = 0, charactersBefore = 0 }: Place, finding: ScanFinding): void {
    const id = `${file}\0${finding.rule}\0${finding.message}`;
    const known = this.#found.get(id);
    if (known !== undefined) {
      known.times += 1;
      return;
    }
    const { line, column, ...rest } = finding;
    this.#found.set(id, {
      ...rest,
      line: line + linesBefore,
      column: line === 1 ? Math.max(1, column - charactersBefore) : column,
      file,
      look,
      times: 1,
    });
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
