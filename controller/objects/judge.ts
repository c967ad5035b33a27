import type { SecretFault } from '../apply/faults.ts';
import type { ObjectBook } from './book.ts';
import { verdictOf } from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** What is known of one object. */
export interface Evidence {
  region: string;
  /** Whether its namespace is fed by objects. */
  isFed: boolean;
  /** Version that the Secret holds; 0 or undefined where it holds none of ours. */
  held: number | undefined;
  fault: SecretFault | undefined;
  book: ObjectBook;
  /** Why there is no trust root, where there is none. */
  rootless: string;
}

/** Says of one object what becomes of it; undefined while that is not decided. */
export function judge(key: string, evidence: Evidence): Verdict | undefined {
  const { region, isFed, held, fault, book, rootless } = evidence;
  if (!isFed) return verdictOf.notFed(region);
  const version = held === 0 ? undefined : held;
  if (fault !== undefined) return verdictOf.fault(fault, version);
  if (book.released.has(key)) return verdictOf.notForUs(region);
  if (book.root === undefined) return verdictOf.noRoot(rootless, version);
  const { listed, good } = book.state.secrets.get(key) ?? {};
  if (listed === undefined || good?.sha256 !== listed.sha256) return undefined;
  return verdictOf.applied(listed.version);
}
