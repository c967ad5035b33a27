/** What one mirror cost since the start. */
export interface MirrorCounts {
  bytes: number;
  fetches: number;
  failures: number;
  seconds: number;
}

/** Numbers since the start; the metrics are read from here. */
export class Counters {
  readonly mirrors = new Map<string, MirrorCounts>();
  applied = 0;
  removed = 0;
  failed = 0;
  driftMended = 0;
  rounds = 0;
  roundSeconds = 0;
  /** Milliseconds since 1970. */
  lastContact: number | undefined;

  of(mirror: string): MirrorCounts {
    let counts = this.mirrors.get(mirror);
    if (counts === undefined) {
      counts = { bytes: 0, fetches: 0, failures: 0, seconds: 0 };
      this.mirrors.set(mirror, counts);
    }
    return counts;
  }
}
