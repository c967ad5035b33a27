import type { ScanFinding } from '../../core/scan/finding.ts';

/** A finding in a cluster. `file` names the place: `configmap/NAMESPACE/NAME/KEY`, `pod/NAMESPACE/NAME/env/NAME`, `log/...`. */
export interface ClusterFinding extends ScanFinding {
  file: string;
  /** How often it stands there. */
  times: number;
  /** What shows the place to a person who may see it. */
  look: string;
}

/** A text of the cluster that is searched. */
export interface Place {
  file: string;
  /** Name of a file of the same kind, by which the rules know how to read it. */
  kind: string;
  look: string;
  bytes: Buffer;
  /** Lines of the same source before this text. */
  linesBefore?: number;
  /** Characters of the first line that are not the cluster's. */
  charactersBefore?: number;
}
