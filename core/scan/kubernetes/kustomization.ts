import { rank } from '../report.ts';
import { get, itemsOf, textAt } from '../structure/node.ts';
import type { MapNode } from '../structure/node.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Scope } from '../structure/scope.ts';
import { inspectLiterals } from './config.ts';

/** `kustomization.yaml` need not say its kind. */
export function isKustomization(map: MapNode): boolean {
  const kind = textAt(map, 'kind');
  if (kind === 'Kustomization' || kind === 'Component') return true;
  return kind === undefined && itemsOf(get(map, 'secretGenerator')).length > 0;
}

/** Literals of generators: of a secretGenerator each one is a value of a Secret. */
export function inspectKustomization(map: MapNode, scope: Scope): void {
  for (const field of ['secretGenerator', 'configMapGenerator']) {
    for (const generator of itemsOf(get(map, field))) {
      const literals = get(generator, 'literals');
      if (literals !== undefined) inspectLiterals(literals, field === 'secretGenerator', scope);
    }
  }
}

/** An operation of a JSON patch (RFC 6902) that puts a value into a Secret: `path: /stringData/password`. */
export function inspectPatch(map: MapNode, { source, report }: Scope): void {
  const path = textAt(map, 'path');
  if (path === undefined || !/^\/stringData\/[^/]+$/.test(path)) return;
  const value = get(map, 'value');
  if (value?.kind !== 'scalar' || isPlaceholder(value.value)) return;
  report.hit(source, value.start, value.end, {
    rule: 'embedded-secret',
    rank: rank.item,
    message: 'plaintext in a patch of a Secret',
    value: value.value,
  });
}
