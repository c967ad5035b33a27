import type { Ledger } from '../store/ledger.ts';
import type { Equivocation } from './offer.ts';

/**
 * Notes that a publisher signed two histories. It is on disk before anything else happens, and stays until
 * the operator has acknowledged it.
 *
 * @param at milliseconds since 1970
 * @returns whether it is news
 */
export function raiseAlarm(
  ledger: Ledger,
  mirror: string,
  error: Equivocation,
  acknowledged: string | undefined,
  at: number,
): boolean {
  const { snapshot, message } = error;
  if (ledger.state.alarm?.snapshot === snapshot) return false;
  ledger.change((state) => {
    state.alarm = {
      mirror,
      message,
      snapshot,
      at: new Date(at).toISOString(),
      held: true,
      acknowledged: acknowledged === snapshot,
    };
  });
  ledger.save();
  return true;
}

/**
 * Ends the alarm that the operator has looked into. What is held stays held until a valid higher sequence.
 *
 * @returns whether there was one to end
 */
export function acknowledgeAlarm(ledger: Ledger, acknowledged: string | undefined): boolean {
  const { alarm } = ledger.state;
  if (alarm === undefined || alarm.acknowledged || alarm.snapshot !== acknowledged) return false;
  ledger.change((state) => {
    state.alarm = alarm.held ? { ...alarm, acknowledged: true } : undefined;
  });
  ledger.save();
  return true;
}
