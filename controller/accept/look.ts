import { compareMarks } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import type { Settings } from '../config.ts';
import type { FetchSession } from '../mirrors/fetch-session.ts';
import type { Mirror } from '../mirrors/mirror.ts';
import type { Contact, Seen } from '../store/contact.ts';
import type { Ledger } from '../store/ledger.ts';
import { acceptOffer, checkOffer } from './acceptance.ts';
import type { Acceptance, Take } from './acceptance.ts';
import { readOffer } from './offer.ts';

/** Commits that are remembered; a mirror is seldom further behind. */
const KNOWN = 64;

/** What a look at a mirror's commit has found. */
export interface Look {
  mark: Mark;
  issuedAt: string | undefined;
  /** Where its snapshot was accepted. */
  acceptance: Acceptance | undefined;
}

/**
 * Looks into what a mirror serves, and accepts it where it is above what counts.
 *
 * @param mark the higher one of the store's and the target's
 * @param now milliseconds since 1970
 * @throws EdgesealError saying what is wrong with the channel; what the session throws; `store-*` of our disk
 */
export async function lookInto(
  mirror: Mirror,
  session: FetchSession,
  oid: string,
  ledger: Ledger,
  settings: Settings,
  mark: Mark | undefined,
  contact: Contact,
  take: Take,
  now: number,
): Promise<Look> {
  const { repository, region, root: pinned, floor } = settings;
  const { best } = mirror.memory;
  const offer = await readOffer(session, ledger, { repository, region, pinned, mark, floor, best });
  let acceptance: Acceptance | undefined;
  if (offer.judged !== 'older') {
    // A store that was lost takes the snapshot again that the target's mark names.
    if (offer.judged === 'new' || ledger.mark?.sha256 !== offer.mark.sha256)
      acceptance = await acceptOffer(session, ledger, offer, take);
    else await checkOffer(session, ledger, offer, take);
    await session.accept();
    contact.verified = oid;
  }
  const seen: Seen = { ...offer.mark, issuedAt: offer.issuedAt };
  remember(contact, oid, seen);
  mirror.served(oid, seen, now);
  return { mark: offer.mark, issuedAt: offer.issuedAt, acceptance };
}

/**
 * Whether a commit has to be fetched: not one whose snapshot was seen before, unless the store lacks
 * something that this snapshot has.
 */
export function needsLook(
  oid: string,
  contact: Contact,
  ledger: Ledger,
  mark: Mark | undefined,
): boolean {
  const seen = contact.known[oid];
  if (seen === undefined) return true;
  // Seen and not accepted: it is below the floor.
  if (mark === undefined) return false;
  const isLacking = ledger.incomplete || ledger.mark?.sha256 !== mark.sha256;
  return isLacking && compareMarks(seen, mark) >= 0;
}

function remember(contact: Contact, oid: string, seen: Seen): void {
  const known = Object.entries(contact.known).filter(([id]) => id !== oid);
  contact.known = Object.fromEntries([...known.slice(1 - KNOWN), [oid, seen]]);
}
