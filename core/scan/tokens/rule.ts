/** How one vendor's token is known. Rules are data: what runs them is the engine's matter. */
export interface TokenRule {
  /** Kebab-case, vendor first: `github-app-token`, `stripe-secret-key`. */
  id: string;
  /** What a person calls it, lower case but for names: `a GitHub app token`. */
  title: string;
  /** Where the vendor publishes the format, or who shows it: an address or the name of a document. */
  source: string;
  /** What to do once it is out: `edgeseal scan --explain` prints it. Absent: revoke it at the vendor. */
  remedy?: string;
  /**
   * Lower-case ASCII texts, at least three characters each, one of which stands in every match, or at most
   * `before` characters behind its start. Only where one was seen, the pattern runs.
   */
  keywords: readonly string[];
  /** Characters that a match may begin before, or end after, the keyword. Default: 64 before, 512 after. */
  before?: number;
  after?: number;
  /**
   * With flags `d` and `g`. Group `secret` is the value; without it, the whole match is. Quantifiers are bounded or
   * over classes that the next element excludes: linear by construction, which a test measures by growth.
   */
  pattern: RegExp;
  /** A vendor's checksum, a decoded structure: false drops the match. Pure, and never throws. */
  check?: (secret: string) => boolean;
  /** Whether the value must look random, too (for formats that are only a length and an alphabet). */
  random?: boolean;
  /** What of the value may be shown: the first so many characters, the vendor's public prefix. Default 0. */
  shown?: number;
  /** A form that many vendors use: where a vendor's rule finds the value, too, that one names it. */
  generic?: boolean;
}
