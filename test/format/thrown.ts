import { EdgesealError } from '../../core/errors.ts';

/** The error that `run` must throw. */
export function thrownBy(run: () => unknown): EdgesealError {
  try {
    run();
  } catch (error) {
    if (error instanceof EdgesealError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
