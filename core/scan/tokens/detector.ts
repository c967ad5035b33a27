import type { RuleName } from './candidate.ts';
import type { TokenSource } from './source.ts';

/** What finds values that no pattern in a window can tell, at keywords, too. */
export interface Detector {
  keywords: readonly string[];
  /**
   * Begins with a text. What it returns is called with each keyword's begin and end, in the order of their ends, and must
   * look at a bounded stretch around it only.
   */
  on: (
    source: TokenSource,
    found: (rule: RuleName, start: number, end: number) => void,
  ) => (start: number, end: number) => void;
}
