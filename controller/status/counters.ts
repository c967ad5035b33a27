/** What one mirror cost since the start. */
export interface MirrorCounts {
  bytes: number;
  fetches: number;
  failures: number;
  seconds: number;
  /** When it answered last, milliseconds since 1970. */
  lastContact?: number | undefined;
}

/** Numbers since the start; the metrics are read from here. */
export class Counters {
  readonly mirrors = new Map<string, MirrorCounts>();
  /** By HTTP status; `none` where there was no answer. */
  readonly kubeRequests = new Map<string, number>();
  applied = 0;
  removed = 0;
  failed = 0;
  driftMended = 0;
  rounds = 0;
  roundSeconds = 0;
  /** When any mirror answered last, milliseconds since 1970. */
  lastContact: number | undefined;

  /** Counts an answer of the API server; 0 is none. */
  kubeAnswered(status: number): void {
    const code = status === 0 ? 'none' : String(status);
    this.kubeRequests.set(code, (this.kubeRequests.get(code) ?? 0) + 1);
  }

  /** Notes that a mirror has answered. */
  heardFrom(mirror: string, now: number): void {
    this.lastContact = now;
    this.of(mirror).lastContact = now;
  }

  of(mirror: string): MirrorCounts {
    let counts = this.mirrors.get(mirror);
    if (counts === undefined) {
      counts = { bytes: 0, fetches: 0, failures: 0, seconds: 0 };
      this.mirrors.set(mirror, counts);
    }
    return counts;
  }
}
