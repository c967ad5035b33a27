import type { RegionSyncSpec } from '../../core/format/region-sync-spec.ts';

type Floor = NonNullable<RegionSyncSpec['floor']>;

/** A controller whose floor may be renewed: a RegionSync object, or a file. */
export interface WaitingController {
  spec: Pick<RegionSyncSpec, 'region' | 'repository' | 'root' | 'floor'>;
  /** What its Ready condition says; undefined where it has said nothing yet. */
  ready: { reason: string; message: string } | undefined;
  /** Whether it has accepted a snapshot. */
  isFollowing: boolean;
  /** Words. */
  place: string;
  /** Writes the floor where the controller reads it. */
  write: (floor: Floor) => Promise<void>;
  /** What else has to be done for it to be read; undefined where nothing has. */
  after: string | undefined;
  /** Reads it anew; undefined where it has not looked at the last change yet. */
  again: (() => Promise<WaitingController | undefined>) | undefined;
  close: () => void;
}
