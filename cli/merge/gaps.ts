import { isElided, regionsOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName } from '../../core/format/names.ts';
import { sourcesOf } from '../../core/secret/merge/sources.ts';

/** What a merge cannot make good without a key, in words: nothing is wrong with it, and somebody has to do it. */
export function gapsOf(
  { base, ours, theirs }: { base: EdgeSecret | undefined; ours: EdgeSecret; theirs: EdgeSecret },
  merged: EdgeSecret,
  isRecovery: (name: string) => boolean,
): string[] {
  const names = (secret: EdgeSecret | undefined): Set<string> =>
    new Set(secret?.spec.envelopes.flatMap(regionsOf).filter((name) => !isRecovery(name)));
  const [was, now] = [names(base), names(merged)];
  const items = itemsOf(merged, isRecovery);
  const gaps: string[] = [];
  for (const [own, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const [mine, others] = [names(own), names(other)];
    for (const region of [...mine].sort(byName)) {
      if (base === undefined || was.has(region) || others.has(region)) continue;
      const lacks = [...items].filter(
        ([item, readers]) => !readers.has(region) && !itemsOf(own, isRecovery).has(item),
      );
      if (lacks.length > 0)
        gaps.push(
          `${region}, which is new, does not get ${lacks.map(([item]) => item).join(', ')}`,
        );
    }
    for (const region of [...was].sort(byName)) {
      if (now.has(region) || mine.has(region)) continue;
      const lost = [...itemsOf(other, isRecovery)].filter(
        ([item, readers]) =>
          readers.has(region) &&
          readers.get(region) !== itemsOf(base, isRecovery).get(item)?.get(region),
      );
      if (lost.length > 0)
        gaps.push(
          `${region} was taken out by one side: what the other sealed for it meanwhile (${lost.map(([item]) => item).join(', ')}) is exposed to it`,
        );
    }
  }
  return gaps;
}

function itemsOf(
  secret: EdgeSecret | undefined,
  isRecovery: (name: string) => boolean,
): Map<string, Map<string, string>> {
  const full = (secret?.spec.envelopes ?? []).flatMap((e) => (isElided(e) ? [] : e));
  return sourcesOf(full, isRecovery);
}
