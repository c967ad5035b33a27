/**
 * The first three rows of the number table: `npm run bench -- cluster`, `-- cluster --quick` with a tenth of the
 * Secrets. Each competitor has a fresh kube-apiserver and etcd of its own, one after the other, so that nobody works
 * in a cluster that another has filled. `--only=edgeseal,bare,large` runs some of it.
 */
import { cpus } from 'node:os';
import { findAssets } from '../tools/assets.ts';
import { bareClient, edgeseal } from './cluster/cold.ts';
import type { Cold } from './cluster/cold.ts';
import { Published } from './cluster/edgeseal.ts';
import { flux } from './cluster/flux.ts';
import { large } from './cluster/large.ts';
import { madeUp } from './cluster/made-up.ts';
import { median } from './cluster/measure.ts';
import { sealedSecrets } from './cluster/sealed-secrets.ts';

const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const only = args
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');
const wants = (name: string): boolean => only?.includes(name) ?? true;
const rounds = isQuick ? 1 : 3;

const row = (what: string, text: string): void => console.log(`${what.padEnd(46)} ${text}`);
const megabytes = (list: number[]): string => list.map((peak) => peak.toFixed(0)).join(' + ');
const number = (n: number): string => n.toLocaleString('en-US', { maximumFractionDigits: 0 });

function coldRow(what: string, { seconds, peaks, rate, note }: Cold): void {
  const parts = [`${seconds.toFixed(2).padStart(6)} s`, `peak RSS ${megabytes(peaks)} MB`];
  if (rate !== undefined) parts.push(`writing ${number(rate)}/s`);
  row(what, parts.join('   '));
  if (note !== undefined) row('', ` ${note}`);
}

/** The round with the median time. */
function middle(list: Cold[]): Cold {
  const time = median(list.map(({ seconds }) => seconds));
  return list.find(({ seconds }) => seconds === time)!;
}

async function cold(): Promise<void> {
  const list = madeUp(isQuick ? 100 : 1000, 10);
  console.log(
    `${number(list.length)} Secrets x 3 values, cold, a fresh cluster each; median of ${rounds} for the first two`,
  );
  const ours: Cold[] = [];
  const bare: Cold[] = [];
  if (wants('edgeseal') || wants('bare')) {
    const published = await Published.make(list);
    try {
      // In turn, so that whatever else the machine does meets both.
      for (let round = 0; round < rounds; round += 1) {
        if (wants('bare')) bare.push(await bareClient(list));
        if (wants('edgeseal')) ours.push(await edgeseal(list, published));
      }
    } finally {
      await published.delete();
    }
  }
  const own = ours.length > 0 ? middle(ours) : undefined;
  if (bare.length > 0) coldRow('bare client, server-side apply', middle(bare));
  if (own !== undefined) coldRow('edgeseal controller (+ its fetch, a child)', own);
  if (own !== undefined && bare.length > 0) {
    const rate = (list: Cold[]): number => median(list.map((one) => one.rate ?? Number.NaN));
    row(
      '  of the bare client, writing',
      `${number((rate(ours) / rate(bare)) * 100)} % (goal >= 80 %)`,
    );
  }
  const peers = [
    { id: 'flux', name: 'Flux with SOPS and age, no QPS limit', run: flux, goal: 6 },
    {
      id: 'sealed-secrets',
      name: 'sealed-secrets controller, no QPS limit',
      run: sealedSecrets,
      goal: 25,
    },
  ];
  for (const { id, name, run, goal } of peers) {
    if (!wants(id)) continue;
    const result = await run(list);
    if (typeof result === 'string') {
      row(name, result);
      continue;
    }
    coldRow(name, result);
    if (own === undefined) continue;
    const ratio = (result.seconds / own.seconds).toFixed(1);
    row('  edgeseal is faster', `${ratio}x (goal >= ${goal}x)`);
  }
}

async function region(): Promise<void> {
  const list = madeUp(isQuick ? 1000 : 10_000, 20);
  console.log(`\na region of ${number(list.length)} secrets`);
  const published = await Published.make(list);
  try {
    const result = await large(list, published);
    row('first sync, from process start', `${result.firstSeconds.toFixed(1)} s`);
    row(
      'controller memory',
      `RSS ${number(result.steady)} MB, at most ${number(result.peak)} MB (goal <= 150 MB); its fetch, a child, at most ${number(result.fetchPeak)} MB`,
    );
    row(
      'one change, asked to applied',
      `${number(result.ms)} ms (goal <= 1 s); before that ${number(result.waitMs)} ms of the interval of 1 s`,
    );
    row('one change, moved', `${(result.bytes / 1000).toFixed(1)} KB (goal <= 100 KB)`);
  } finally {
    await published.delete();
  }
}

const { missing } = findAssets('cluster');
if (missing.length > 0) {
  console.log(`not measured: ${missing.join(', ')} not built (npm run assets)`);
} else {
  console.log(
    `${cpus().length} cores, ${cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`,
  );
  if (only === undefined || only.some((name) => name !== 'large')) await cold();
  if (wants('large')) await region();
}
