import type { ScanFinding } from '../../core/scan/finding.ts';

/** A finding with its place in the world. */
export interface PlacedFinding extends ScanFinding {
  /** As {@link ScanInput.path}. */
  file: string;
  /** The commit that brought it, for a finding of history; the oldest of several. */
  commit?: string;
  author?: string;
  date?: string;
  /** How many commits brought the same content. */
  commits?: number;
}
