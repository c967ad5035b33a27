import type { Annotation, Check } from '../github/check-run.ts';
import type { Reason, Review } from '../model.ts';
import { textOf } from '../words.ts';
import { headline } from './headline.ts';
import { markdownReport } from './markdown.ts';

const titles: Record<Reason['kind'], string> = {
  conflict: 'Cannot be merged',
  leak: 'Plaintext',
  signature: 'An author has to sign',
  sealed: 'Sealed file',
  settings: 'Settings',
  trust: 'Trust',
  exposed: 'Exposed: replace the value',
  deleted: 'Deleted',
  tool: 'Checks',
};

/** The report as a check. */
export function checkOf(review: Review): Check {
  return {
    name: 'edgeseal review',
    conclusion: conclusionOf(review),
    title: headline(review).text,
    summary: markdownReport(review),
    annotations: review.reasons.flatMap(annotation),
  };
}

/** `action_required` where signing is all that is to be done. */
function conclusionOf({ verdict, reasons }: Review): Check['conclusion'] {
  if (verdict === 'ok') return 'success';
  if (verdict === 'attention') return 'neutral';
  const refused = reasons.filter(({ level }) => level === 'refused');
  return refused.every(({ kind }) => kind === 'signature') ? 'action_required' : 'failure';
}

function annotation({ level, kind, words, hint, file, line }: Reason): Annotation[] {
  // A path that is no text cannot be named to GitHub.
  if (file === undefined || !file.isWellFormed() || /\p{Cc}/u.test(file)) return [];
  const fix = hint === undefined ? '' : `\n${textOf([{ prose: hint }])}`;
  return [
    {
      path: file,
      line: line ?? 1,
      level: level === 'refused' ? 'failure' : 'warning',
      title: titles[kind],
      message: textOf(words) + fix,
    },
  ];
}
