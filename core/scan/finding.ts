/** What a scan looks for. `sealed-file`: one that nobody could read, so that clusters would keep what they have. */
export type ScanRule = 'kubernetes-secret' | 'unreadable-secret' | 'region-key' | 'sealed-file';

/** One thing found. It names the place and never holds a value, so it can be shown to anybody. */
export interface ScanFinding {
  rule: ScanRule;
  /** 1-based. */
  line: number;
  /** Lower case, no period; names of Secrets and items only. */
  message: string;
}
