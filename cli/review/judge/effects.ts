import type { ItemChange } from '../../../core/secret/difference.ts';
import type { Effect, SecretReview } from '../model.ts';

/** What a change of a secret means for one region; undefined where that region neither has it nor gets it. */
export function effectOn(secret: SecretReview, region: string): Effect | undefined {
  const { items, difference } = secret;
  const before = items.before.get(region);
  const after = items.after.get(region);
  const none = { added: [], replaced: [], removed: [], template: [] };
  if (before === undefined && after === undefined) return undefined;
  if (secret.kind === 'affected') return undefined;
  switch (secret.kind) {
    case 'removed':
      return { secret, ...none, kind: 'deleted', removed: before ?? [] };
    case 'unreadable':
      return { secret, ...none, kind: 'unreadable' };
    case 'added':
      return { secret, ...none, kind: 'new', added: after ?? [] };
    default:
      break;
  }
  if (after === undefined) return { secret, ...none, kind: 'lost', removed: before ?? [] };
  if (before === undefined) return { secret, ...none, kind: 'gained', added: after };
  const of = (changes: readonly ItemChange[]): string[] =>
    changes.filter(({ regions }) => regions.includes(region)).map(({ item }) => item);
  return {
    secret,
    kind: 'changed',
    added: of(difference.added),
    replaced: of(difference.replaced),
    removed: of(difference.removed),
    template: secret.template.map(({ what }) => what),
  };
}
