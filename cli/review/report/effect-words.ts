import { isOnlyUnsigned, refOf } from '../judge/verdict.ts';
import { errorsOf } from '../../diff/secret-change.ts';
import type { Effect, SecretReview } from '../model.ts';
import { join, list, say } from '../words.ts';
import type { Words } from '../words.ts';

/** What a merge does to a secret in one region, in a few words. */
export function effectWords(effect: Effect): Words {
  const { kind, added, replaced, removed, template, secret } = effect;
  switch (kind) {
    case 'new':
      return ['new, with ', ...list(added)];
    case 'deleted':
      return ['deleted'];
    case 'gained':
      return ['can now be read here: ', ...list(added)];
    case 'lost':
      return ['taken out of this region, which could read ', ...list(removed)];
    case 'unreadable':
      return ['is no sealed secret any more'];
    case 'changed':
      break;
  }
  const parts: Words[] = [
    ...(replaced.length > 0 ? [['new value of ', ...list(replaced)]] : []),
    ...(added.length > 0 ? [['added ', ...list(added)]] : []),
    ...(removed.length > 0 ? [['removed ', ...list(removed)]] : []),
    ...(template.length > 0 ? [['template: ', ...list(template)]] : []),
  ];
  return parts.length > 0 ? join(parts, '; ') : sameHere(secret);
}

function sameHere(secret: SecretReview): Words {
  switch (secret.kind) {
    case 'rewrapped': {
      const keys = secret.wrapsAdded.map(({ key, region }) => `${key} of ${region}`);
      return keys.length > 0
        ? ['same values, also for key ', ...list(keys, 2)]
        : ['same values, for fewer keys'];
    }
    case 'resigned':
      return ['same content, other signatures'];
    case 'relaid':
      return ['same content, laid out anew'];
    default:
      return ['same values; only the version is new'];
  }
}

/** How a person's word for a secret counts. */
export interface SignerWords {
  sign: '✅' | '✍️' | '❌' | '·';
  words: Words;
}

/** Who says so, and may they. */
export function signerWords(secret: SecretReview): SignerWords {
  const { after, kind } = secret;
  if (kind === 'removed') return { sign: '·', words: ['whoever merges'] };
  if (after === undefined) return { sign: '❌', words: ['nobody can tell'] };
  if (errorsOf(secret).length > 0 && !isOnlyUnsigned(secret))
    return { sign: '❌', words: [...authorsOf(after.authors), ' (refused, see above)'] };
  if (after.authors.length > 0) return { sign: '✅', words: list(after.authors, 3) };
  const [claim] = after.signatures;
  if (claim === undefined) return { sign: '✍️', words: ['nobody yet'] };
  switch (claim.state) {
    case 'not-entitled':
      return { sign: '✍️', words: say`${claim.author}, who may not` };
    case 'unlisted':
      return { sign: '✍️', words: say`an unknown key, as ${claim.author}` };
    default:
      return { sign: '✍️', words: ['nobody: changed after it was signed'] };
  }
}

function authorsOf(authors: readonly string[]): Words {
  return authors.length === 0 ? ['nobody'] : list(authors, 3);
}

/** `version 7 → 8`, or as much of it as there is. */
export function versionWords({ before, after }: SecretReview): string {
  if (before === undefined && after === undefined) return '';
  if (before === undefined) return `version ${after?.version ?? 0}`;
  if (after === undefined) return `version ${before.version}`;
  return before.version === after.version
    ? `version ${after.version}`
    : `version ${before.version} → ${after.version}`;
}

/** What publish keeps in place of it; undefined where it is published as it is. */
export function heldWords(
  held: readonly { secret: string; version: number | undefined }[],
  secret: SecretReview,
): string | undefined {
  const found = held.find((one) => one.secret === refOf(secret));
  if (found === undefined) return undefined;
  return found.version === undefined
    ? 'held back: it stays out'
    : `held back: version ${found.version} stays`;
}
