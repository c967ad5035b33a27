/** What a scan looks for. */
export type ScanRule = 'kubernetes-secret' | 'unreadable-secret' | 'region-key';

/** One thing found. It names the place and never holds a value, so it can be shown to anybody. */
export interface ScanFinding {
  rule: ScanRule;
  /** 1-based. */
  line: number;
  /** Lower case, no period; names of Secrets and items only. */
  message: string;
}
