import { differenceOf, isEmpty } from '../../core/secret/difference.ts';
import type { Difference, ItemChange } from '../../core/secret/difference.ts';
import { isElided, templateOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName } from '../../core/format/names.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { plainText } from '../terminal/plain-text.ts';
import type { PastVersion } from '../change/history.ts';
import type { Candidate, Claim } from './candidate.ts';

/** What a person looks at before they sign: names, never values. */
export interface Summary {
  /** The version that it is compared with. */
  base: { version: number; commit: string; signed: boolean } | undefined;
  difference: Difference;
  exposed: string[];
}

/**
 * Compares a secret with the last version that an author stands for; failing that, with the one that HEAD has.
 *
 * @param signed the last validly signed version in history
 * @param head HEAD's, whoever made it
 */
export function summarize(
  state: RepositoryState,
  { secret }: Candidate,
  signed: PastVersion | undefined,
  head: PastVersion | undefined,
): Summary {
  const base = signed ?? head;
  const isRegion = (name: string): boolean => state.regions.get(name)?.recovery !== true;
  return {
    base: base && { version: base.version, commit: base.commit, signed: signed !== undefined },
    difference: differenceOf(base?.secret, secret, isRegion),
    exposed: exposedTo(secret),
  };
}

/** Summary as lines of text, the first one the heading. */
export function summaryLines(
  state: RepositoryState,
  candidate: Candidate,
  { base, difference, exposed }: Summary,
): string[] {
  const { namespace, name, secret, claims } = candidate;
  const { type } = templateOf(secret);
  const lines = [`${namespace}/${name}  version ${secret.spec.version}, ${baseWords(base)}`];
  const say = (label: string, text: string): void =>
    void lines.push(`  ${label.padEnd(10)}  ${text}`);
  if (base === undefined) say('type', plainText(type));
  const names = new Set(secret.spec.envelopes.flatMap((e) => (isElided(e) ? [] : regionsIn(e))));
  const regions = [...names].filter((region) => state.regions.get(region)?.recovery !== true);
  for (const [label, changes] of [
    ['added', difference.added],
    ['replaced', difference.replaced],
    ['removed', difference.removed],
  ] as const) {
    if (changes.length > 0) say(label, changes.map((c) => itemWords(c, regions)).join('; '));
  }
  if (difference.regionsAdded.length > 0) say('regions +', difference.regionsAdded.join(', '));
  if (difference.regionsRemoved.length > 0) say('regions -', difference.regionsRemoved.join(', '));
  if (difference.template.length > 0)
    say('template', difference.template.map(plainText).join(', '));
  if (base !== undefined && isEmpty(difference))
    say('content', 'no item, region or template differs');
  if (exposed.length > 0) say('exposed', `to ${exposed.join(', ')}: old values are to be replaced`);
  say('signatures', claims.length === 0 ? 'none' : claims.map(claimInSummary).join('; '));
  if (candidate.back !== undefined) say('not meant?', candidate.back);
  return lines;
}

/** Regions that could read values which are still in the file. */
export function exposedTo(secret: EdgeSecret): string[] {
  const names = secret.spec.envelopes.flatMap((e) => (isElided(e) ? [] : (e.exposed ?? [])));
  return [...new Set(names)].sort(byName);
}

function baseWords(base: Summary['base']): string {
  if (base === undefined) return 'new: no author stands for any version of it';
  const where = `version ${base.version} (commit ${base.commit.slice(0, 10)})`;
  return base.signed
    ? `compared with the last signed one, ${where}`
    : `compared with ${where}, which no author stands for either`;
}

function itemWords({ item, regions }: ItemChange, all: readonly string[]): string {
  return regions.length === all.length ? item : `${item} for ${regions.join(', ')}`;
}

/** Those that do not count do not stay. */
function claimInSummary(claim: Claim): string {
  return `${claimWords(claim)}${claim.state === 'valid' ? '' : '; dropped'}`;
}

/** What a signature is worth, in words. */
export function claimWords({ author, state, fingerprint = '' }: Claim): string {
  const name = plainText(author);
  switch (state) {
    case 'valid':
      return `${name}, valid`;
    case 'stale':
      return `one that says ${name} does not fit: it was changed after`;
    case 'malformed':
      return `one that says ${name} is malformed`;
    case 'unlisted':
      return `one that says ${name} is by a key that the trust root does not list (${fingerprint})`;
    case 'not-entitled':
      return `${name}, who may not write to this namespace`;
  }
}

function regionsIn(envelope: { recipients: { region: string }[] }): string[] {
  return envelope.recipients.map(({ region }) => region);
}
