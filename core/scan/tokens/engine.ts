import { assignmentRules, assignments } from './assignments/assignments.ts';
import type { RuleName } from './candidate.ts';
import { addresses } from './forms/address.ts';
import { forms } from './forms/forms.ts';
import { tokenRules } from './rules/index.ts';
import { type TokenFinding, type TokenOptions, TokenScanner } from './token-scanner.ts';

/** Every rule that {@link scanTokens} runs, for people who ask what it looks for. */
export const scannedRules: readonly RuleName[] = [...tokenRules, ...forms, ...assignmentRules];

let scanner: TokenScanner | undefined;

/**
 * Looks for vendors' tokens and other secrets that are known by their form.
 *
 * @param content a text, or bytes in UTF-8 (or any superset of ASCII)
 */
export function scanTokens(content: Uint8Array | string, options: TokenOptions): TokenFinding[] {
  scanner ??= new TokenScanner([...tokenRules, ...forms], [assignments, addresses]);
  return scanner.scan(content, options);
}
