import { floorAfterDeletion } from '../../core/channel/secret-check.ts';
import type { FetchSession } from '../mirrors/fetch-session.ts';
import type { Ledger } from '../store/ledger.ts';
import type { SecretRecord, State } from '../store/state.ts';
import type { Listing } from './content.ts';
import { readContent } from './content.ts';
import type { Offer } from './offer.ts';

/** What an accepted snapshot asks for: secrets to bring to the target, and secrets that it no longer lists. */
export interface Acceptance {
  changed: string[];
  removed: string[];
}

/**
 * Runs what changes the accepted state while nothing is applied; what it accepts is queued, and the marks are raised,
 * before anything is applied again.
 *
 * @throws EdgesealError `input-cancelled` where the controller is to stop; what `commit` throws
 */
export type Take = (commit: () => Acceptance | undefined) => Promise<void>;

/**
 * Takes a snapshot over, all or nothing: every listed byte is read and checked, then the files are made
 * durable, then the state. The secrets themselves are judged later, one by one.
 *
 * @throws EdgesealError as readContent and Ledger.commit; what was accepted before then still holds
 */
export async function acceptOffer(
  session: FetchSession,
  ledger: Ledger,
  offer: Offer,
  take: Take,
): Promise<Acceptance> {
  const writer = ledger.begin();
  try {
    const listing = await readContent(session, ledger, offer.verified.snapshot, writer);
    const acceptance: Acceptance = { changed: [], removed: listing.removed };
    await take(() => {
      const before = ledger.root;
      // From the state as it is by now: secrets were applied while the files came in.
      const next = stateAfter(ledger.state, offer, listing);
      ledger.commit(next, writer, { root: offer.verified.root, bytes: offer.rootBytes });
      const rejudge = before?.sha256 === offer.verified.root.sha256 ? [] : pendingIn(next);
      acceptance.changed = [...new Set([...listing.changed.keys(), ...rejudge])];
      return acceptance;
    });
    return acceptance;
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** Requires that a mirror serves all of the accepted snapshot; fills in what the store has lost. */
export async function checkOffer(
  session: FetchSession,
  ledger: Ledger,
  offer: Offer,
  take: Take,
): Promise<void> {
  const writer = ledger.begin();
  try {
    await readContent(session, ledger, offer.verified.snapshot, writer);
    if (ledger.incomplete) {
      await take(() => {
        const root = { root: offer.verified.root, bytes: offer.rootBytes };
        const lost = new Set(ledger.damaged);
        ledger.commit({ ...ledger.state }, writer, root);
        // What could not be read can be now: else it would be called damaged until its next version.
        return { changed: listedAs(ledger.state, lost), removed: [] };
      });
    } else writer.abandon();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

function listedAs(state: Readonly<State>, sha256s: ReadonlySet<string>): string[] {
  return [...state.secrets].flatMap(([key, { listed }]) =>
    listed !== undefined && sha256s.has(listed.sha256) ? [key] : [],
  );
}

/** Secrets whose listed version is not the accepted one: another root may entitle its author. */
export function pendingIn(state: Readonly<State>): string[] {
  const keys: string[] = [];
  for (const [key, { listed, good }] of state.secrets) {
    if (listed !== undefined && listed.sha256 !== good?.sha256) keys.push(key);
  }
  return keys;
}

function stateAfter(state: Readonly<State>, offer: Offer, listing: Listing): State {
  const { verified, mark } = offer;
  const secrets = new Map<string, SecretRecord>(state.secrets);
  for (const [key, { version, sha256 }] of listing.changed) {
    const before = secrets.get(key);
    secrets.set(key, { listed: { sha256, version }, good: before?.good, floor: before?.floor });
  }
  for (const key of listing.removed) {
    const floor = secrets.get(key)?.floor;
    if (floor === undefined) {
      // Never accepted in any version: nothing was there that could be brought back.
      secrets.delete(key);
    } else secrets.set(key, { floor: floorAfterDeletion(floor), deleted: verified.sha256 });
  }
  const alarm = state.alarm === undefined ? undefined : { ...state.alarm, held: false };
  return {
    ...state,
    root: { number: verified.root.number, sha256: verified.root.sha256 },
    mark,
    source: verified.snapshot.source,
    indexes: listing.indexes,
    secrets,
    alarm: alarm?.acknowledged === true ? undefined : alarm,
  };
}
