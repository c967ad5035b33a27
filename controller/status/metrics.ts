import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Counters, MirrorCounts } from './counters.ts';
import type { Served } from './server.ts';
import type { Status } from './status.ts';

let registry: Registry | undefined;
let source: Served | undefined;

/** Renders all metrics in Prometheus' text format, from the status and the counters as they are now. */
export async function renderMetrics(served: Served): Promise<{ type: string; body: string }> {
  source = served;
  registry ??= makeRegistry();
  return { type: registry.contentType, body: await registry.metrics() };
}

type Rows = [labels: Record<string, string>, value: number][];

function makeRegistry(): Registry {
  const all = new Registry();
  collectDefaultMetrics({ register: all });
  const gauge = (name: string, help: string, labels: string[], rows: (s: Status) => Rows): void => {
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers: [all],
      collect() {
        this.reset();
        const status = source?.status();
        if (status === undefined) return;
        for (const [labelled, value] of rows(status)) this.set(labelled, value);
      },
    });
  };
  const counter = (
    name: string,
    help: string,
    labels: string[],
    rows: (c: Counters) => Rows,
  ): void => {
    new Counter({
      name,
      help,
      labelNames: labels,
      registers: [all],
      collect() {
        this.reset();
        if (source === undefined) return;
        for (const [labelled, value] of rows(source.counters)) this.inc(labelled, value);
      },
    });
  };
  gauge('edgeseal_condition', '1 for what each condition is', ['type', 'status', 'reason'], (s) =>
    s.conditions.map(({ type, status, reason }) => [{ type, status, reason }, 1]),
  );
  gauge('edgeseal_leader', '1 for the replica that writes', [], () =>
    source?.isLeading === undefined ? [] : [[{}, source.isLeading() ? 1 : 0]],
  );
  gauge('edgeseal_root_number', 'Number of the accepted trust root', [], (s) =>
    s.root === null ? [] : [[{}, s.root.number]],
  );
  gauge('edgeseal_snapshot_sequence', 'Sequence of the accepted snapshot', [], (s) =>
    s.snapshot === null ? [] : [[{}, s.snapshot.sequence]],
  );
  gauge('edgeseal_secrets', 'Listed secrets by state', ['state'], ({ secrets }) => [
    [{ state: 'applied' }, secrets.applied],
    [{ state: 'failing' }, secrets.failing],
    [{ state: 'waiting' }, Math.max(0, secrets.listed - secrets.applied - secrets.failing)],
  ]);
  gauge('edgeseal_pruning_pending', 'Deletions that wait for an acknowledgement', [], (s) => [
    [{}, s.pruning.pending],
  ]);
  gauge('edgeseal_alarm', '1 while an equivocation is not acknowledged', [], (s) => [
    [{}, s.alarm === null ? 0 : 1],
  ]);
  gauge('edgeseal_mirror_state', '1 for what each mirror is', ['mirror', 'state'], (s) =>
    s.mirrors.map(({ name, state }) => [{ mirror: name, state }, 1]),
  );
  gauge('edgeseal_last_contact_timestamp_seconds', 'When a mirror answered last', [], () => {
    const at = source?.counters.lastContact;
    return at === undefined ? [] : [[{}, at / 1000]];
  });
  const heard = 'edgeseal_mirror_last_contact_timestamp_seconds';
  gauge(heard, 'When each mirror answered last', ['mirror'], () =>
    [...(source?.counters.mirrors ?? [])].flatMap(([mirror, { lastContact }]): Rows =>
      lastContact === undefined ? [] : [[{ mirror }, lastContact / 1000]],
    ),
  );
  gauge('edgeseal_heartbeat_timestamp_seconds', 'When the last heartbeat was issued', [], () => {
    const at = source?.issuedAt();
    return at === undefined ? [] : [[{}, Date.parse(at) / 1000]];
  });
  const mirror = (name: string, help: string, of: (counts: MirrorCounts) => number): void => {
    counter(name, help, ['mirror'], ({ mirrors }) =>
      [...mirrors].map(([label, counts]) => [{ mirror: label }, of(counts)]),
    );
  };
  mirror('edgeseal_fetch_bytes_total', 'Bytes received from a mirror', (c) => c.bytes);
  mirror('edgeseal_fetches_total', 'Fetches from a mirror', (c) => c.fetches);
  mirror('edgeseal_fetch_failures_total', 'Questions and fetches that failed', (c) => c.failures);
  mirror('edgeseal_fetch_seconds_total', 'Time spent fetching and verifying', (c) => c.seconds);
  counter('edgeseal_applies_total', 'Changes of the target by result', ['result'], (c) => [
    [{ result: 'applied' }, c.applied],
    [{ result: 'removed' }, c.removed],
    [{ result: 'failed' }, c.failed],
    [{ result: 'drift_mended' }, c.driftMended],
  ]);
  counter('edgeseal_kube_requests_total', 'Requests to the API server by outcome', ['code'], (c) =>
    [...c.kubeRequests].map(([code, n]) => [{ code }, n]),
  );
  counter('edgeseal_rounds_total', 'Rounds', [], (c) => [[{}, c.rounds]]);
  counter('edgeseal_round_seconds_total', 'Time spent in rounds', [], (c) => [
    [{}, c.roundSeconds],
  ]);
  return all;
}
