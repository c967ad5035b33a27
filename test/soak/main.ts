/**
 * `npm run soak`: 14 simulated days at a region's edge. Mirrors of all kinds come and go, lie, freeze and go back; secrets
 * are published, changed and deleted; keys, publishers and roots change; the controller restarts, its cache goes, its target
 * is changed under it; for two days there is no network. After each round the target is exactly what was published under
 * the accepted sequence, which never goes down; in the end it is the channel. Memory, disk and handles must stay flat.
 * `-- --days 3 --seed 7 --minutes 10` for other days, another course, other time between two rounds.
 */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, isDeepStrictEqual } from 'node:util';
import type { Status } from '../../controller/status/status.ts';
import { Publisher } from './publisher.ts';
import { SoakSite } from './site.ts';
import type { SiteMirror } from './site.ts';

const { values } = parseArgs({
  options: { days: { type: 'string' }, seed: { type: 'string' }, minutes: { type: 'string' } },
});
const days = Number(values.days ?? 14);
const seed = Number(values.seed ?? 1);
const minutes = Number(values.minutes ?? 30);
const roundsADay = Math.round((24 * 60) / minutes);

let state = seed;
/** A number from 0 to 1, the same course for the same seed. */
function chance(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(chance() * list.length)];

const site = await SoakSite.make(['http', 'http', 'directory', 'bundle', 'http']);
const people = new Publisher(site);
const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** Mirrors that are not simply copied at present. */
const odd = new Map<SiteMirror, () => void>();
let accepted = 0;
let before = new Map<string, string>();
let isOffline = false as boolean;

async function publishSomething(): Promise<void> {
  const { names } = people;
  const what = chance();
  if (what < 0.2 || names.length < 20)
    await people.seal(`ns-${Math.floor(chance() * 4)}/s${Math.floor(chance() * 1e6)}`);
  else if (what < 0.3 && names.length > 30) people.remove(pick(names)!);
  else await people.seal(pick(names)!);
  people.publish();
  count('publications');
}

function troubleMirror(mirror: SiteMirror): void {
  const what = chance();
  if (what < 0.3) {
    site.takeAway(mirror);
    odd.set(mirror, () => site.bringBack(mirror));
    count('mirrors gone');
  } else if (what < 0.5) {
    odd.set(mirror, () => undefined);
    count('mirrors frozen');
  } else if (what < 0.75) {
    site.spoil(mirror);
    odd.set(mirror, () => undefined);
    count('mirrors lying');
  } else {
    const back = site.keep(mirror);
    odd.set(mirror, () => undefined);
    site.copy(mirror);
    setBack.push({ at: site.now + 2 * 3600_000, back });
    count('mirrors set back');
  }
}
const setBack: { at: number; back: () => void }[] = [];

function check(status: Status): void {
  const sequence = status.snapshot?.sequence ?? 0;
  assert.ok(sequence >= accepted, `accepted ${sequence} after ${accepted}`);
  accepted = sequence;
  const applied = site.applied;
  const wanted = people.history.get(sequence);
  if (isOffline) assert.deepEqual(applied, before, 'changed without a network');
  if (!isDeepStrictEqual(applied, wanted)) {
    console.log(JSON.stringify(status, null, 1));
    assert.deepEqual(applied, wanted, `not what snapshot ${sequence} holds`);
  }
  before = applied;
  people.forgetBelow(sequence);
}

interface Sample {
  rss: number;
  heap: number;
  descriptors: number;
  disk: number;
  files: number;
  movedADay: number;
  secrets: number;
}
const samples: Sample[] = [];

/** Open files and sockets; of the store's packs there are up to 32, and each that was read stays open. */
function descriptors(): number {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  const packs = targets.filter((target) => target.endsWith('.pack')).length;
  assert.ok(packs <= 33, `${packs} packs are open`);
  return targets.length - packs;
}

let movedBefore = 0;
function sample(day: number): void {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const { bytes, files } = site.disk;
  const moved = site.moved;
  const one: Sample = {
    rss: rss / 1e6,
    heap: heapUsed / 1e6,
    descriptors: descriptors(),
    disk: bytes / 1e3,
    files,
    movedADay: Math.max(0, moved - movedBefore) / 1e3,
    secrets: site.applied.size,
  };
  movedBefore = moved;
  samples.push(one);
  site.forgetRequests();
  console.log(
    `day ${String(day).padStart(2)}  sequence ${String(accepted).padStart(4)}, ${one.secrets} secrets  heap ${one.heap.toFixed(1)} MB, RSS ${one.rss.toFixed(0)} MB, ${one.descriptors} descriptors, store ${one.disk.toFixed(0)} KB in ${one.files} files`,
  );
}

async function hour(day: number): Promise<void> {
  const { channel } = site;
  if (chance() < 0.5) channel.beat(new Date(site.now));
  if (chance() < 0.5) await publishSomething();
  for (const one of setBack.splice(0)) {
    if (one.at <= site.now) one.back();
    else setBack.push(one);
  }
  for (const mirror of site.mirrors) {
    const mend = odd.get(mirror);
    if (mend === undefined) site.copy(mirror);
    else if (chance() < 0.2 && !setBack.some(({ at }) => at > site.now)) {
      mend();
      odd.delete(mirror);
      site.copy(mirror);
    }
  }
  // The one that people publish to may go, too, but what it serves is what was published.
  const victim = pick(site.mirrors);
  if (victim !== undefined && victim.name !== 'a' && !odd.has(victim) && chance() < 0.15)
    troubleMirror(victim);
  if (chance() < 0.05) {
    await site.restart();
    count('restarts');
  }
  if (chance() < 0.03) {
    rmSync(join(site.folder, 'store/mirrors.git'), { recursive: true, force: true });
    count('caches lost');
  }
  if (chance() < 0.02) {
    rmSync(join(site.folder, 'store/contact.json'), { force: true });
    count('memories of mirrors lost');
  }
  const name = pick([...site.applied.keys()]);
  if (name !== undefined && chance() < 0.1) {
    rmSync(join(site.folder, 'unsealed', name), { recursive: true, force: true });
    count('secrets deleted by somebody');
  }
  if (chance() < 0.02) {
    channel.orphan();
    count('channels begun anew');
  }
  if (day % 3 === 2 && chance() < 0.04) {
    people.changePublisher();
    count('publishers changed');
  }
}

const offlineFrom = Math.floor(days / 2);
const began = performance.now();
let rounds = 0;
let finishKey: (() => Promise<void>) | undefined;
try {
  for (let i = 0; i < 25; i += 1) await people.seal(`ns-${i % 4}/first-${i}`);
  people.publish();
  for (const mirror of site.mirrors) site.copy(mirror);
  for (let day = 1; day <= days; day += 1) {
    const isWithout = day > offlineFrom && day <= offlineFrom + Math.min(2, days - 2);
    if (isWithout !== isOffline) {
      if (isWithout) {
        await site.disconnect();
        for (const mirror of site.mirrors) if (mirror.kind !== 'http') site.takeAway(mirror);
        await site.restart();
        // What was accepted before counts from here on.
        check(await site.round(60));
      } else {
        await site.connect();
        for (const mirror of site.mirrors) site.bringBack(mirror);
        odd.clear();
        setBack.length = 0;
      }
      isOffline = isWithout;
      count(isWithout ? 'days offline' : 'reconnections');
    } else if (isWithout) count('days offline');
    if (day % 5 === 3 && !isOffline) {
      finishKey = await people.changeRegionKey();
      count('region keys changed');
    } else if (!isOffline) {
      await finishKey?.();
      finishKey = undefined;
    }
    for (let i = 0; i < roundsADay; i += 1) {
      if (i % Math.max(1, Math.round(60 / minutes)) === 0) {
        if (!isOffline) await hour(day);
        else if (chance() < 0.3) {
          await publishSomething();
          if (chance() < 0.1) await site.restart();
        }
      }
      check(await site.round(minutes * 60));
      rounds += 1;
    }
    sample(day);
  }
  // All is well again: it has to be the channel, and nothing else, and said to be.
  if (isOffline) await site.connect();
  for (const { back } of setBack.splice(0)) back();
  for (const [mirror, mend] of odd) {
    mend();
    site.copy(mirror);
  }
  odd.clear();
  site.channel.beat(new Date(site.now));
  for (const mirror of site.mirrors) {
    site.bringBack(mirror);
    if (mirror.kind === 'http' && mirror.name !== 'a') site.channel.mirror(mirror.name);
    else site.copy(mirror);
  }
  let status = await site.round(3600 * 6);
  for (let i = 0; i < 5; i += 1) status = await site.round(3600);
  check(status);
  assert.equal(status.snapshot?.sequence, site.channel.sequence, 'the newest is accepted');
  assert.deepEqual(
    status.mirrors.map(({ name, state: is }) => `${name} ${is}`),
    site.mirrors.map(({ name }) => `${name} Ok`),
  );
  assert.equal(status.secrets.failing, 0);
  // The first days fill caches, compile code and set the number of secrets.
  const [early, late] = [samples[Math.min(1, samples.length - 1)]!, samples.at(-1)!];
  const perSecret = (one: Sample): number => one.disk / one.secrets;
  assert.ok(late.heap < early.heap * 1.3 + 5, `heap ${early.heap} -> ${late.heap} MB`);
  assert.ok(late.rss < early.rss * 1.3 + 20, `RSS ${early.rss} -> ${late.rss} MB`);
  assert.ok(
    late.descriptors <= early.descriptors + 3,
    `${early.descriptors} -> ${late.descriptors}`,
  );
  assert.ok(perSecret(late) < perSecret(early) * 2 + 10, `store ${early.disk} -> ${late.disk} KB`);
  const log = Object.entries(counts).map(([what, n]) => `${n} ${what}`);
  console.log(
    `${days} days in ${((performance.now() - began) / 1000).toFixed(0)} s: ${rounds} rounds, ${log.join(', ')}; ${site.warnings} warnings; seed ${seed}`,
  );
  console.log(
    `the target is the channel: ${site.applied.size} secrets of snapshot ${accepted}, every mirror Ok`,
  );
} finally {
  await site.remove();
}
