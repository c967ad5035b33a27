import { compareMarks } from '../../core/channel/mark.ts';
import type { Mark } from '../../core/channel/mark.ts';
import type { FoundBundle } from '../../core/git/bundle-folder.ts';
import type { Mirror } from '../mirrors/mirror.ts';
import type { Shelf } from '../mirrors/shelf.ts';
import type { Log } from '../status/log.ts';
import type { Contact, Seen } from '../store/contact.ts';
import type { Ledger } from '../store/ledger.ts';
import { needsLook } from './look.ts';

/** What a folder's bundles are held against, and how one is looked into. */
interface Hearing {
  contact: Contact;
  ledger: Ledger;
  highWater: { readonly mark: Mark | undefined };
  /** Milliseconds since 1970. */
  now: () => number;
  log: Log;
  signal: AbortSignal;
  /** @throws as Intake's look */
  look: (bundle: FoundBundle, oid: string) => Promise<void>;
  /** Makes a fault of an error. @returns the error where it is our own and not the bundle's */
  failed: (error: unknown) => Promise<Error | undefined>;
}

/**
 * Looks into each bundle of a folder that may hold news, the newest file first: the newest snapshot wins, whatever its
 * file is called, and a file that does not hold is named and keeps no other one from counting.
 *
 * @returns an error of our own disk
 */
export async function hearFolder(
  mirror: Mirror,
  bundles: FoundBundle[],
  hearing: Hearing,
): Promise<Error | undefined> {
  const { contact, ledger, highWater, now, log, signal, look, failed } = hearing;
  const { shelf } = mirror;
  if (shelf === undefined) return undefined;
  shelf.hold(bundles, now());
  let own: Error | undefined;
  for (const bundle of bundles) {
    const { oid } = bundle;
    if (signal.aborted || own !== undefined) break;
    if (oid === undefined || !needsLook(oid, contact, ledger, highWater.mark)) continue;
    if (!shelf.isDue(bundle, now())) continue;
    mirror.fault = undefined;
    try {
      await look(bundle, oid);
      shelf.admit(bundle);
    } catch (error) {
      own = await failed(error);
      // Set by `failed`.
      const { fault } = mirror as { fault: Mirror['fault'] };
      if (fault !== undefined) shelf.refuse(bundle, fault, now());
    }
  }
  mirror.answered();
  choose(mirror, shelf, contact, highWater.mark, now());
  for (const { name: file, message } of shelf.takeNews())
    log.warn('bundle refused', { mirror: mirror.name, file, message });
  return own;
}

/**
 * Says of a folder of bundles what its best bundle is: the one with the newest snapshot, of those that hold. Where none
 * does, the folder is at fault as its newest file is.
 *
 * @param mark the accepted one
 * @param now milliseconds since 1970
 */
function choose(
  mirror: Mirror,
  shelf: Shelf,
  contact: Contact,
  mark: Mark | undefined,
  now: number,
): void {
  let best: { bundle: FoundBundle & { oid: string }; seen: Seen } | undefined;
  for (const bundle of shelf.bundles) {
    const { oid } = bundle;
    const seen = oid === undefined ? undefined : contact.known[oid];
    if (oid === undefined || seen === undefined) continue;
    if (best === undefined || compareMarks(seen, best.seen) > 0)
      best = { bundle: { ...bundle, oid }, seen };
    if (mark === undefined || compareMarks(seen, mark) >= 0) continue;
    shelf.passOver(bundle, `it holds snapshot ${seen.sequence}, and ${mark.sequence} is accepted`);
  }
  const { refused } = shelf;
  const fault = refused.find((one) => one.fault.state === 'Equivocation') ?? refused[0];
  mirror.last = best === undefined && fault === undefined ? 'empty' : 'channel';
  shelf.best = best?.bundle.name;
  mirror.fault = undefined;
  if (best !== undefined) mirror.served(best.bundle.oid, best.seen, now);
  if (fault === undefined || (best !== undefined && fault.fault.state !== 'Equivocation')) return;
  const { state, message } = fault.fault;
  mirror.fault = { state, message: `${fault.name}: ${message}`, oid: undefined };
}
