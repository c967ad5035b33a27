import type { Review } from '../model.ts';
import { count, list } from '../words.ts';
import type { Words } from '../words.ts';

/** The verdict, in one line. */
export function headline({ verdict, reasons }: Review): { sign: string; text: string } {
  if (verdict === 'ok') return { sign: '✅', text: 'May be merged' };
  if (verdict === 'attention')
    return { sign: '⚠️', text: 'May be merged, once somebody has looked' };
  const kinds = new Set(reasons.filter((r) => r.level === 'refused').map(({ kind }) => kind));
  if (kinds.has('leak')) return { sign: '⛔', text: 'Do not merge: it holds plaintext' };
  if (kinds.has('trust')) return { sign: '⛔', text: 'Do not merge: its trust root does not hold' };
  if (kinds.has('conflict')) return { sign: '⛔', text: 'Cannot be merged: main went on' };
  if (kinds.size === 1 && kinds.has('signature'))
    return { sign: '✍️', text: 'Not yet: an author has to sign' };
  return { sign: '⛔', text: 'Not to be merged as it is' };
}

/** What changes where, who says so, and what comes of it. */
export function lead(review: Review): Words {
  const { regions, commits } = review;
  const secrets = review.secrets.filter(({ kind }) => kind !== 'affected');
  if (secrets.length === 0)
    return commits === 0
      ? ['Nothing here that main does not have.']
      : ['No sealed secret changes, in any region.'];
  const touched = regions.filter(({ effects }) => effects.length > 0).length;
  return [
    `${count(secrets.length, 'secret')} ${secrets.length === 1 ? 'changes' : 'change'}`,
    ` in ${touched} of ${count(regions.length, 'region')}`,
    ...signers(secrets),
  ];
}

function signers(secrets: Review['secrets']): Words {
  const standing = secrets.filter(({ kind }) => kind !== 'removed');
  const signed = standing.filter(({ after }) => (after?.authors.length ?? 0) > 0);
  const authors = [...new Set(signed.flatMap(({ after }) => after?.authors ?? []))];
  if (standing.length === 0) return ['.'];
  if (signed.length === 0) return ['; nobody who may has signed.'];
  return signed.length < standing.length
    ? [`; ${signed.length} of ${standing.length} signed by `, ...list(authors, 3), '.']
    : ['; signed by ', ...list(authors, 3), ', who may.'];
}

/** What publish makes of it; undefined where that cannot be told. */
export function outlook({ regions }: Review): Words | undefined {
  const told = regions.filter(({ forecast }) => forecast !== undefined);
  if (told.length === 0) return undefined;
  const fresh = told.filter(({ forecast }) => forecast?.state === 'new-snapshot');
  const failed = told.filter(({ forecast }) => forecast?.state === 'failed');
  const held = new Set(told.flatMap((one) => one.held.map(({ secret }) => secret)));
  const names = fresh.map(({ region }) => region);
  return [
    ...(fresh.length === 0
      ? ['Publish would bring nothing new to any region']
      : ['Publish would bring a new snapshot to ', ...which(names, told.length)]),
    ...(held.size > 0 ? [` and hold back ${count(held.size, 'secret')}`] : []),
    ...(failed.length > 0
      ? [
          ', and fail for ',
          ...list(
            failed.map((r) => r.region),
            5,
          ),
        ]
      : []),
    '.',
  ];
}

function which(names: readonly string[], all: number): Words {
  if (names.length < all || all === 1) return list(names, 5);
  return [all === 2 ? 'both regions' : `all ${all} regions`];
}
