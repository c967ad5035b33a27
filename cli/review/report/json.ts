import { errorJson } from '../../terminal/output.ts';
import { refOf } from '../judge/verdict.ts';
import type { Review, SecretReview } from '../model.ts';
import { textOf } from '../words.ts';
import { effectWords } from './effect-words.ts';

/** The document of `review --output json`. */
export function reviewJson(review: Review): Record<string, unknown> {
  const { verdict, base, head, commits, root, trust, leaks } = review;
  return {
    verdict,
    mayMerge: verdict !== 'refused',
    base,
    head,
    commits,
    root,
    reasons: review.reasons.map(({ words, ...reason }) => ({ ...reason, message: textOf(words) })),
    regions: review.regions.map(({ region, effects, forecast, held }) => ({
      region,
      changes: effects.map((effect) => ({
        secret: refOf(effect.secret),
        kind: effect.kind,
        added: effect.added,
        replaced: effect.replaced,
        removed: effect.removed,
        template: effect.template,
        words: textOf(effectWords(effect)),
        authors: effect.secret.after?.authors ?? [],
      })),
      publish: forecast === undefined ? null : nulled(forecast),
      held: held.map(({ secret, version }) => ({ secret, version: version ?? null })),
    })),
    secrets: review.secrets.map(secretJson),
    settings: review.settings,
    trust,
    findings: leaks.map((leak) => ({ ...leak, path: leak.path ?? null })),
  };
}

function secretJson(secret: SecretReview): Record<string, unknown> {
  const { items: _items, movedFrom, findings, before, after, ...change } = secret;
  return {
    secret: refOf(secret),
    ...change,
    before: before ?? null,
    after: after ?? null,
    ...(movedFrom === undefined ? {} : { movedFrom }),
    findings: findings.map(({ level, error }) => ({ level, ...errorJson(error) })),
  };
}

function nulled(forecast: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(forecast).map(([name, value]) => [name, (value as unknown) ?? null]),
  );
}
