import { sortedMap, templateOf } from '../../format/edge-secret.ts';
import type { EdgeSecret, Template } from '../../format/edge-secret.ts';
import { byName } from '../../format/names.ts';
import { chosen, deedOf } from './conflict.ts';
import type { Choices, MergeConflict } from './conflict.ts';

/** Merges templates part by part: type, immutable, each label, each annotation. */
export function mergeTemplates(
  base: EdgeSecret | undefined,
  ours: EdgeSecret,
  theirs: EdgeSecret,
  choices: Choices,
): { template: Template; conflicts: MergeConflict[] } {
  const before = base === undefined ? undefined : templateOf(base);
  const [a, b] = [templateOf(ours), templateOf(theirs)];
  const conflicts: MergeConflict[] = [];
  const part = <T>(name: string, was: T | undefined, one: T, other: T): T => {
    if (one === other || other === was) return one;
    if (one === was) return other;
    const side = chosen(choices, name);
    if (side !== undefined) return side === 'ours' ? one : other;
    const deeds = { ours: deedOf(was, one), theirs: deedOf(was, other) };
    conflicts.push({ kind: 'template', name, regions: [], ...deeds });
    return one;
  };
  const map = (word: string, kind: 'labels' | 'annotations'): Record<string, string> => {
    const [was, one, other] = [before, a, b].map(
      (template) => new Map(Object.entries(template?.metadata[kind] ?? {})),
    );
    const merged = new Map<string, string>();
    for (const name of [...new Set([...(one?.keys() ?? []), ...(other?.keys() ?? [])])].sort(
      byName,
    )) {
      const value = part(`${word} ${name}`, was?.get(name), one?.get(name), other?.get(name));
      if (value !== undefined) merged.set(name, value);
    }
    return sortedMap(merged);
  };
  const template = {
    type: part('type', before?.type, a.type, b.type),
    immutable: part('immutable', before?.immutable, a.immutable, b.immutable),
    metadata: { labels: map('label', 'labels'), annotations: map('annotation', 'annotations') },
  };
  return { template, conflicts };
}
