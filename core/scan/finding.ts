/**
 * One thing found. It names the place and never holds a value or a part of one, so it can be shown to anybody:
 * in a terminal, a CI log, a pull request.
 */
export interface ScanFinding {
  /** The rule's id, kebab-case: `kubernetes-secret`, `region-key`, `sealed-file`, `github-token`. */
  rule: string;
  /** 1-based. */
  line: number;
  /** 1-based, in UTF-16 code units; 1 where only the line is known. */
  column: number;
  /** Lower case, no period; names of Secrets and items only. */
  message: string;
  /** Public parts of the value (a vendor's prefix) and `****`, never a character of what is secret, nor its length. */
  masked: string;
  /** What {@link ScanOptions.digest} gave for the value. Never printed: it is made to be compared. */
  digest?: string;
}

/** What a caller may ask for beside the places. */
export interface ScanOptions {
  /**
   * Called with each value that is found, decoded if it stood there encoded, while it is at hand; of a Secret with all its
   * values, one line each. What it gives becomes the finding's `digest`, by which an allow list knows the value again.
   */
  digest?: (value: string | Uint8Array) => string;
}
