import { isEdgesealError, messageOf } from '../../core/errors.ts';
import { describeError } from '../terminal/output.ts';

/** What one look at a set-up found. */
export interface Check {
  /** What was looked at, in a word or two. */
  name: string;
  level: 'ok' | 'warn' | 'fail';
  message: string;
  /** The command, or the step, that mends it. */
  mend?: string | undefined;
}

export function ok(name: string, message: string): Check {
  return { name, level: 'ok', message };
}

export function warn(name: string, message: string, mend?: string): Check {
  return { name, level: 'warn', message, mend };
}

export function fail(name: string, message: string, mend?: string): Check {
  return { name, level: 'fail', message, mend };
}

/** An error of ours as a failed check; a fault is thrown on. */
export function failed(name: string, error: unknown): Check {
  if (!isEdgesealError(error)) throw error;
  const deeper = isEdgesealError(error.cause) ? error.cause.hint : undefined;
  const message = error.file === undefined ? messageOf(error) : describeError(error);
  return fail(name, message, error.hint ?? deeper);
}
