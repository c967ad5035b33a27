import type { ConditionType, MirrorState, Reason, SecretReason } from './reason.ts';

/** One thing that is true of this region, or not. */
export interface Condition {
  type: ConditionType;
  status: 'True' | 'False' | 'Unknown';
  reason: Reason;
  message: string;
  /** When `status` or `reason` became this. */
  since: string;
}

export interface MirrorStatus {
  name: string;
  /** Without credentials. */
  url: string;
  state: MirrorState;
  message?: string | undefined;
}

export interface FailedSecret {
  /** `namespace/name` */
  name: string;
  /** The listed one, which is not applied. */
  version: number;
  reason: SecretReason;
  message: string;
}

/** What `<store>/status.json` and `/status` say. Nothing of a value, nothing of a credential. */
export interface Status {
  region: string;
  repository: string;
  /** Public halves of the keys that are here. */
  keys: { id: string; sha256: string; publicKey: string }[];
  root: { number: number; sha256: string } | null;
  snapshot: { sequence: number; sha256: string; source: string | null } | null;
  conditions: Condition[];
  mirrors: MirrorStatus[];
  secrets: {
    listed: number;
    applied: number;
    /** Number of those that are not; the list names at most 100. */
    failing: number;
    failed: FailedSecret[];
  };
  pruning: { pending: number; acknowledge: string | null; names: string[] };
  alarm: { mirror: string; message: string; snapshot: string; at: string } | null;
}
