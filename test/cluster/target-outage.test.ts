import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { condition } from '../controller/edge.ts';
import { Relay } from '../support/cluster/relay.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { base64, Site } from './site.ts';
import { Bench } from './target-kit.ts';

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-audit-'));
const auditLog = join(folder, 'audit.log');
const policy = join(folder, 'policy.yaml');
writeFileSync(
  policy,
  JSON.stringify({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    rules: [{ level: 'Metadata', omitStages: ['RequestReceived'] }],
  }),
);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the API server itself says that a service account has done with Secrets, a verb at a time. */
function requestsOf(namespace: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const user = `system:serviceaccount:${namespace}:controller`;
  for (const line of readFileSync(auditLog, 'utf8').split('\n')) {
    if (!line.includes(user) || !line.includes('"stage":"ResponseComplete"')) continue;
    const { verb, objectRef } = JSON.parse(line);
    if (objectRef?.resource !== 'secrets') continue;
    counts[verb] = (counts[verb] ?? 0) + 1;
  }
  return counts;
}

const flags = [
  `--audit-policy-file=${policy}`,
  `--audit-log-path=${auditLog}`,
  '--audit-log-mode=blocking',
];

describeOwnCluster('on a bad day', { apiserverFlags: flags }, (cluster) => {
  const patch = (path: string, body: object) =>
    cluster.request('PATCH', path, body, {
      headers: { 'content-type': 'application/merge-patch+json' },
    });

  it('5,000 Secrets that are as they were are neither written nor read after a restart', async () => {
    const count = 5000;
    const bench = await Bench.make(cluster);
    const names = Array.from({ length: count }, (_, i) => `s-${i}`);
    const values = { password: 'made-up', username: 'made-up', token: 'made-up' };
    const queue = [...names];
    const worker = async () => {
      for (let name = queue.pop(); name !== undefined; name = queue.pop())
        await bench.apply(name, values);
    };
    await Promise.all(Array.from({ length: bench.target.concurrency }, worker));
    await bench.target.close();
    const before = requestsOf(bench.account.namespace);
    expect(before['create']).toBe(count);
    expect(before['get']).toBe(undefined);
    // Meanwhile, somebody changes one, and deletes one.
    const place = `/api/v1/namespaces/${bench.namespace}/secrets`;
    await patch(`${place}/s-7`, { data: { password: base64('edited') } });
    await cluster.request('DELETE', `${place}/s-8`);

    const next = await bench.again();
    for (const name of names) await next.apply(name, values);
    const after = requestsOf(bench.account.namespace);
    expect(after['create']! - before['create']!).toBe(1);
    expect(after['patch'] ?? 0).toBe(1);
    expect(after['get']).toBe(2);
    expect(after['list']! - before['list']!).toBe(count / 500);
    expect(await bench.values('s-7')).toEqual(values);
    expect(await bench.values('s-8')).toEqual(values);
  });

  it('a controller starts again without opening, reading or writing what is as it was', async () => {
    const site = await Site.make(cluster);
    for (let i = 0; i < 60; i += 1)
      await site.channel.seal(site.key(`s${i}`), { password: 'made-up' });
    site.channel.publish();
    await site.round();
    await site.stop();
    const before = requestsOf(site.own);
    const status = await site.round();
    expect(status.secrets).toMatchObject({ applied: 60, failing: 0 });
    await site.stop();
    // A watch that is ended as it begins may never have reached the server.
    expect({ ...requestsOf(site.own), watch: 0 }).toEqual({
      ...before,
      list: before['list']! + 1,
      watch: 0,
    });
    // Without its store it reads all of them, and writes none.
    site.forgetStore();
    await site.round();
    const { create, patch: patched, get } = requestsOf(site.own);
    expect([create, patched, get]).toEqual([60, undefined, 60]);
  });

  it('410 Gone: what the watch has missed for good is found by a list', async () => {
    const relay = await Relay.open(cluster.address.url);
    onTestFinished(() => relay.close());
    const bench = await Bench.make(cluster, { url: relay.url });
    for (const name of ['edited', 'deleted', 'quiet']) await bench.apply(name, { a: 'made-up' });
    const { resourceVersion } = (await bench.read('quiet')).metadata;
    relay.cut();
    await bench.admin('PATCH', 'edited', { data: { a: base64('edited') } });
    await bench.admin('DELETE', 'deleted');
    // It remembers nothing of before its start.
    await cluster.killApiserver();
    await cluster.startApiserver();
    const watch = `/api/v1/secrets?watch=1&timeoutSeconds=1&resourceVersion=${resourceVersion}`;
    const { body } = await cluster.request('GET', watch);
    expect(JSON.stringify(body)).toContain('410');
    const { list } = requestsOf(bench.account.namespace);
    relay.mend();
    await expect.poll(() => bench.woken, { timeout: 20_000 }).toBeGreaterThan(0);
    const { namespace } = bench;
    expect(await bench.target.drifted()).toEqual([`${namespace}/edited`, `${namespace}/deleted`]);
    expect(requestsOf(bench.account.namespace)['list']).toBe(list! + 1);
    expect(await bench.apply('edited', { a: 'made-up' })).toBe('applied');
    expect(await bench.apply('deleted', { a: 'made-up' })).toBe('applied');
  });

  it('a connection that has silently died is replaced, and nothing of meanwhile is missed', async () => {
    const relay = await Relay.open(cluster.address.url);
    onTestFinished(() => relay.close());
    const bench = await Bench.make(cluster, { url: relay.url, silenceMs: 1500 });
    await bench.apply('edited', { a: 'made-up' });
    relay.silence();
    await bench.admin('PATCH', 'edited', { data: { a: base64('edited') } });
    await expect.poll(() => bench.woken, { timeout: 15_000 }).toBe(1);
    expect(await bench.target.drifted()).toEqual([`${bench.namespace}/edited`]);
  });

  it('the API server is killed and comes back: nothing is lost, and it is said once', async () => {
    const site = await Site.make(cluster, { interval: '2s' });
    const { channel } = site;
    const count = 200;
    for (let i = 0; i < count; i += 1) await channel.seal(site.key(`s${i}`), { a: 'made-up-1' });
    channel.publish();
    await site.run();
    // In the middle of it.
    await expect.poll(() => site.values('s3'), { timeout: 20_000 }).toEqual({ a: 'made-up-1' });
    await cluster.killApiserver();
    const ready = () => (site.status === undefined ? '' : condition(site.status, 'Ready'));
    await expect.poll(ready, { timeout: 20_000 }).toBe('False TargetUnreachable');
    // And stays so, through rounds and retries.
    const seen = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      await sleep(100);
      seen.add(ready());
    }
    expect([...seen]).toEqual(['False TargetUnreachable']);
    await channel.set(site.key('s3'), { a: 'made-up-2' });
    channel.publish();
    await cluster.startApiserver();
    await expect.poll(ready, { timeout: 40_000 }).toBe('True Applied');
    await expect.poll(() => site.values('s3'), { timeout: 20_000 }).toEqual({ a: 'made-up-2' });
    await expect.poll(() => site.status?.secrets.applied).toBe(count);
    for (let i = 4; i < count; i += 1)
      expect(await site.values(`s${i}`)).toEqual({ a: 'made-up-1' });
    // Once it is back, it does not know our rights for a moment.
    const said = site.logged('secret failed').filter(({ reason }) => reason !== 'Forbidden');
    expect(said).toEqual([]);
    expect(site.lines.length).toBeLessThan(60);
  });

  it('a controller whose store is behind the mark changes nothing', async () => {
    const site = await Site.make(cluster);
    const { channel } = site;
    await channel.seal(site.key('db'), { a: 'made-up-1' });
    const first = channel.publish();
    const stale = site.replica();
    await site.round();
    await stale.round();
    await stale.stop();
    await channel.set(site.key('db'), { a: 'made-up-2' });
    const second = channel.publish();
    await site.round();
    // Drift, which the stale one would mend with what it has.
    await cluster.request('DELETE', site.path('db'));
    channel.reset(first);
    const status = await stale.round();
    expect(condition(status, 'Ready')).toBe('False StoreBehind');
    expect(await site.secret('db')).toBe(undefined);
    channel.reset(second);
    await stale.round();
    expect(await site.values('db')).toEqual({ a: 'made-up-2' });
  });
});
