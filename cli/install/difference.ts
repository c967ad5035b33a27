/** What the API server keeps for itself: no change of ours. */
const noise = ['managedFields', 'resourceVersion', 'generation', 'uid', 'creationTimestamp'];
const shownAtMost = 6;

/**
 * Says what would become different, field by field, such as `spec.replicas: 2 -> 3`.
 *
 * @param before the object as it is
 * @param after what the API server answers to a dry run, its own defaults filled in
 */
export function differences(before: unknown, after: unknown): string[] {
  const found: string[] = [];
  walk(withoutNoise(before), withoutNoise(after), '', found);
  if (found.length <= shownAtMost) return found;
  const more = found.length - shownAtMost;
  return [...found.slice(0, shownAtMost), `and ${more} more`];
}

function walk(before: unknown, after: unknown, path: string, found: string[]): void {
  if (isMap(before) && isMap(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      walk(before[key], after[key], path === '' ? key : `${path}.${key}`, found);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    before.forEach((item, i) => {
      walk(item, after[i], `${path}[${i}]`, found);
    });
    return;
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return;
  found.push(`${path}: ${words(before)} -> ${words(after)}`);
}

function words(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function withoutNoise(object: unknown): unknown {
  if (!isMap(object)) return object;
  const { status: _, metadata, ...rest } = object;
  if (!isMap(metadata)) return rest;
  const kept = Object.entries(metadata).filter(([key]) => !noise.includes(key));
  return { metadata: Object.fromEntries(kept), ...rest };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
