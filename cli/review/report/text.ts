import type { Output } from '../../terminal/output.ts';
import { refOf } from '../judge/verdict.ts';
import type { Review } from '../model.ts';
import { textOf } from '../words.ts';
import { effectWords, heldWords, signerWords, versionWords } from './effect-words.ts';
import { headline, lead, outlook } from './headline.ts';
import { shownReasons } from './reasons.ts';

/** The report for a terminal, and for the log of a job. */
export function printReview(output: Output, review: Review): void {
  const colours = { ok: 'green', attention: 'yellow', refused: 'red' } as const;
  output.line(output.paint(colours[review.verdict], headline(review).text));
  output.line(`${textOf(lead(review))} ${textOf(outlook(review) ?? [])}`.trimEnd());
  for (const { level, words, hint } of shownReasons(review.reasons)) {
    const label =
      level === 'refused' ? output.paint('red', 'refused') : output.paint('yellow', 'look   ');
    output.line(`${label}  ${textOf(words)}`);
    if (hint !== undefined)
      output.line(`         ${output.paint('dim', textOf([{ prose: hint }]))}`);
  }
  for (const { before, after, lines } of review.trust) {
    output.line(`\ntrust root ${before} → ${after}`);
    for (const line of lines) output.line(`  ${textOf([{ prose: line }])}`);
  }
  for (const { region, effects, held, forecast } of review.regions) {
    const next =
      forecast?.state === 'new-snapshot'
        ? `, snapshot ${forecast.after ?? 1} would be published`
        : '';
    if (effects.length === 0) continue;
    output.line(`\n${output.paint('bold', region)}${next}`);
    for (const effect of effects) {
      const { secret } = effect;
      const kept = heldWords(held, secret);
      const who = textOf(signerWords(secret).words);
      output.line(
        `  ${textOf([{ name: refOf(secret) }])} (${versionWords(secret)}): ${textOf(effectWords(effect))}; signed by: ${who}${kept === undefined ? '' : `; ${kept}`}`,
      );
    }
  }
  for (const { file, kind, lines } of review.settings) {
    output.line(`\n${textOf([{ name: file }])} ${kind}`);
    for (const line of lines) output.line(`  ${textOf([{ prose: line }])}`);
  }
}
