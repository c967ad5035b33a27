import type { FetchReply, FetchRequest } from '../core/git/child.ts';

/** What the controller sends its fetching child: one message, small, with the credentials in it. */
export interface FetchTask {
  request: FetchRequest;
  /** The commit that need not be fetched: the mirror's last one. */
  known: string | undefined;
}

/** What the child answers. `unchanged` where the mirror is still at the known commit. */
export type FetchOutcome = FetchReply | { ok: true; unchanged: true; oid: string; moved: number };
