import { expect, it } from 'vitest';
import { base64 } from './site.ts';
import { Bench } from './target-kit.ts';
import { describeCluster } from '../support/cluster/suite.ts';

const refused = { code: 'target-refused' };

describeCluster('a Secret in the cluster', (cluster) => {
  it('is made with its type, labels and annotations, and found again by who owns it', async () => {
    const bench = await Bench.make(cluster);
    const shape = {
      type: 'kubernetes.io/basic-auth',
      labels: { team: 'a', 'edgeseal.dev/region': 'another' },
      annotations: { note: 'made up', 'edgeseal.dev/owner': 'forged', 'edgeseal.dev/adopt': 'x' },
    };
    expect(await bench.apply('login', { username: 'a', password: 'b' }, shape)).toBe('applied');
    const made = await bench.read('login');
    expect(made.type).toBe('kubernetes.io/basic-auth');
    expect(made.metadata.labels).toMatchObject({ team: 'a', 'edgeseal.dev/region': bench.region });
    expect(made.metadata.annotations).toMatchObject({ note: 'made up' });
    expect(made.metadata.annotations).not.toHaveProperty('edgeseal.dev/adopt');
    const owned = await bench.target.inventory();
    expect(owned.get(`${bench.namespace}/login`)).toMatchObject({ name: 'login', version: 1 });
  });

  it('is left alone while nothing changes', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('quiet', { password: 'made-up' });
    const { resourceVersion } = (await bench.read('quiet')).metadata;
    expect(await bench.apply('quiet', { password: 'made-up' })).toBe('unchanged');
    const stranger = await bench.again({ store: `${bench.store}-other` });
    expect(await stranger.apply('quiet', { password: 'made-up' })).toBe('unchanged');
    expect((await bench.read('quiet')).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('changes in one value and keeps the others, and itself', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('db', { username: 'a', password: 'b' });
    const { uid } = (await bench.read('db')).metadata;
    await bench.apply('db', { username: 'a', password: 'c' }, { version: 2 });
    expect(await bench.values('db')).toEqual({ username: 'a', password: 'c' });
    expect((await bench.read('db')).metadata.uid).toBe(uid);
  });

  it('loses a data key that is no longer wanted, and one that somebody else put there', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('db', { old: 'a', password: 'b', ['__proto__']: 'c' });
    await bench.admin('PATCH', 'db', { data: { foreign: base64('made-up') } });
    await bench.apply('db', { password: 'b' }, { version: 2 });
    expect(await bench.values('db')).toEqual({ password: 'b' });
  });

  it("keeps other people's labels and annotations, and loses its own that are no longer wanted", async () => {
    const bench = await Bench.make(cluster);
    const before = { labels: { a: '1', b: '1' }, annotations: { c: '1', d: '1' } };
    await bench.apply('labelled', { password: 'x' }, before);
    const theirs = { labels: { theirs: '1', b: 'theirs' }, annotations: { theirs: '1' } };
    await bench.admin('PATCH', 'labelled', { metadata: theirs });
    await bench.apply(
      'labelled',
      { password: 'x' },
      { version: 2, labels: { a: '2' }, annotations: { d: '2' } },
    );
    const { labels, annotations } = (await bench.read('labelled')).metadata;
    expect(labels).toMatchObject({ a: '2', b: 'theirs', theirs: '1' });
    expect(annotations).toMatchObject({ d: '2', theirs: '1' });
    expect(annotations).not.toHaveProperty('c');
  });

  it('is another object where its type changes', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('typed', { username: 'a', password: 'b' });
    const { uid } = (await bench.read('typed')).metadata;
    const shape = { version: 2, type: 'kubernetes.io/basic-auth' };
    await bench.apply('typed', { username: 'a', password: 'b' }, shape);
    const made = await bench.read('typed');
    expect(made.type).toBe('kubernetes.io/basic-auth');
    expect(made.metadata.uid).not.toBe(uid);
  });

  it('is another object where it is immutable and changes; its labels change in place', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('fixed', { password: 'a' }, { immutable: true });
    const { uid } = (await bench.read('fixed')).metadata;
    const relabelled = { version: 2, immutable: true, labels: { team: 'a' } };
    await bench.apply('fixed', { password: 'a' }, relabelled);
    expect((await bench.read('fixed')).metadata).toMatchObject({ uid, labels: { team: 'a' } });
    await bench.apply('fixed', { password: 'b' }, { version: 3, immutable: true });
    const made = await bench.read('fixed');
    expect(made).toMatchObject({ immutable: true, data: { password: base64('b') } });
    expect(made.metadata.uid).not.toBe(uid);
    await bench.apply('fixed', { password: 'b' }, { version: 4 });
    expect((await bench.read('fixed')).immutable).toBe(undefined);
  });

  it('is wrapped anew for another key without being written twice, and never gets a second content', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('db', { password: 'a' }, { version: 3, file: 'first' });
    await bench.apply('db', { password: 'a' }, { version: 3, file: 'wrapped anew' });
    const twin = bench.apply('db', { password: 'b' }, { version: 3, file: 'another truth' });
    await expect(twin).rejects.toMatchObject({ code: 'trust-floor' });
    expect(await bench.values('db')).toEqual({ password: 'a' });
  });

  it('is never taken back to a lower version: of two controllers, the stale one loses', async () => {
    const bench = await Bench.make(cluster);
    const stale = await bench.again({ store: `${bench.store}-other` });
    await bench.apply('db', { password: 'a' }, { version: 1 });
    await stale.apply('db', { password: 'a' }, { version: 1 });
    await bench.apply('db', { password: 'b' }, { version: 2 });
    const older = { password: 'a' };
    await expect(stale.apply('db', older, { file: 'other' })).rejects.toMatchObject({
      code: 'trust-floor',
    });
    expect(await bench.values('db')).toEqual({ password: 'b' });
    // What somebody wrote on it by hand is no version.
    const forged = { metadata: { annotations: { 'edgeseal.dev/version': '999' } } };
    await bench.admin('PATCH', 'db', forged);
    await expect.poll(() => bench.target.drifted()).toHaveLength(1);
    await bench.apply('db', { password: 'b' }, { version: 2 });
    expect((await bench.read('db')).metadata.annotations['edgeseal.dev/version']).toBe('2');
  });

  it('is deleted, once, and only where it is ours', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('gone', { password: 'a' });
    await bench.foreign('theirs', { password: 'b' });
    expect(await bench.target.remove(bench.namespace, 'gone')).toBe(true);
    expect(await bench.target.remove(bench.namespace, 'gone')).toBe(false);
    expect(await bench.target.remove(bench.namespace, 'theirs')).toBe(false);
    expect(await bench.read('gone')).toBe(undefined);
    expect(await bench.values('theirs')).toEqual({ password: 'b' });
  });

  it('is held by a finalizer, and comes again once that lets go', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('held', { password: 'a' });
    await bench.admin('PATCH', 'held', { metadata: { finalizers: ['example.com/hold'] } });
    await bench.admin('DELETE', 'held');
    await expect.poll(() => bench.target.drifted()).toHaveLength(1);
    await expect(bench.apply('held', { password: 'a' })).rejects.toMatchObject({
      code: 'kube-conflict',
    });
    await bench.admin('PATCH', 'held', { metadata: { finalizers: null } });
    await expect.poll(() => bench.target.drifted()).toHaveLength(1);
    expect(await bench.apply('held', { password: 'a' })).toBe('applied');
  });
});

describeCluster('what is not ours', (cluster) => {
  it('is refused, and stays as it is', async () => {
    const bench = await Bench.make(cluster);
    await bench.foreign('theirs', { password: 'theirs' });
    await expect(bench.apply('theirs', { password: 'ours' })).rejects.toMatchObject({
      code: 'target-refused',
      hint: expect.stringContaining(`edgeseal.dev/adopt=${bench.region}`),
    });
    expect(await bench.values('theirs')).toEqual({ password: 'theirs' });
  });

  it('is taken over where who owns the cluster says so, for that region alone', async () => {
    const bench = await Bench.make(cluster);
    const adopt = (by: string) => ({
      annotations: { 'edgeseal.dev/adopt': by },
      labels: { x: '1' },
    });
    await bench.foreign('other', { password: 'theirs' }, adopt('us-west'));
    await expect(bench.apply('other', { password: 'ours' })).rejects.toMatchObject(refused);
    await bench.foreign('mine', { password: 'theirs', more: 'a' }, adopt(bench.region));
    expect(await bench.apply('mine', { password: 'ours' })).toBe('applied');
    expect(await bench.values('mine')).toEqual({ password: 'ours' });
    const { annotations, labels } = (await bench.read('mine')).metadata;
    expect(annotations).not.toHaveProperty('edgeseal.dev/adopt');
    expect(labels).toMatchObject({ x: '1' });
    expect(await bench.target.inventory()).toHaveProperty('size', 1);
  });

  it('may carry our label and a copy of our annotations, and is neither pruned nor overwritten', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('original', { password: 'ours' });
    const { labels, annotations } = (await bench.read('original')).metadata;
    await bench.foreign('copy', { password: 'copied' }, { labels, annotations });
    const owned = await bench.target.inventory();
    expect([...owned.keys()]).toEqual([`${bench.namespace}/original`]);
    expect(await bench.target.remove(bench.namespace, 'copy')).toBe(false);
    await expect(bench.apply('copy', { password: 'ours' })).rejects.toMatchObject(refused);
    // Nor is another region's under the same name.
    const west = await bench.again({ store: `${bench.store}-west`, region: 'us-west' });
    await expect(west.apply('original', { password: 'west' })).rejects.toMatchObject(refused);
    expect(await bench.values('copy')).toEqual({ password: 'copied' });
    expect(await bench.values('original')).toEqual({ password: 'ours' });
  });

  it("is the controller's own namespace, and any that it may not write to", async () => {
    const bench = await Bench.make(cluster, { namespaces: ['app-*', 'edgeseal-*'] });
    const { namespace: own } = bench.account;
    await expect(bench.apply('x', { a: 'b' }, {}, own)).rejects.toMatchObject(refused);
    await expect(bench.apply('x', { a: 'b' }, {}, 'default')).rejects.toMatchObject(refused);
    expect(await bench.apply('x', { a: 'b' })).toBe('applied');
    const limited = await bench.again({ namespaces: ['production'] });
    expect(await limited.target.inventory()).toHaveProperty('size', 0);
    expect(await limited.target.remove(bench.namespace, 'x')).toBe(false);
    expect(await bench.values('x')).toEqual({ a: 'b' });
  });

  it('is out of sight where it may write to a few namespaces only, and needs no right there', async () => {
    const bench = await Bench.make(cluster);
    const { namespace, account } = bench;
    const second = await cluster.createNamespace('second');
    await bench.apply('db', { a: 'b' });
    // The chart binds the rights in those namespaces alone.
    await cluster.kubectl('delete', 'clusterrolebinding', account.namespace);
    for (const name of [namespace, second]) {
      const rights = [
        '--clusterrole',
        account.namespace,
        '--serviceaccount',
        `${account.namespace}:controller`,
      ];
      await cluster.kubectl('create', 'rolebinding', 'edgeseal', '--namespace', name, ...rights);
    }
    const { token } = account;
    const status = async (path: string) =>
      (await cluster.request('GET', path, undefined, { token })).status;
    await expect.poll(() => status('/api/v1/secrets')).toBe(403);
    await expect.poll(() => status(`/api/v1/namespaces/${second}/secrets`)).toBe(200);
    const gone = `gone-${namespace}`;
    const namespaces = [gone, account.namespace, namespace, second];
    const few = await bench.again({ namespaces, store: `${bench.store}-few` });
    expect([...(await few.target.inventory()).keys()]).toEqual([`${namespace}/db`]);
    await few.apply('db', { a: 'b' });
    await few.apply('db', { a: 'b' }, {}, second);
    for (const name of [namespace, second]) {
      await cluster.kubectl('delete', 'secret', 'db', '--namespace', name);
      await expect.poll(() => few.target.drifted()).toEqual([`${name}/db`]);
    }
  });

  it('is a token that the cluster makes for itself', async () => {
    const bench = await Bench.make(cluster);
    for (const type of ['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token'])
      await expect(bench.apply('token', { token: 'a' }, { type })).rejects.toMatchObject(refused);
  });
});

describeCluster('the mark in the cluster', (cluster) => {
  const mark = (sequence: number, root = 1) => ({ root, sequence, sha256: 'a'.repeat(64) });

  it('is raised and never lowered, whoever is faster', async () => {
    const bench = await Bench.make(cluster);
    const other = await bench.again({ store: `${bench.store}-other` });
    expect(await bench.target.mark()).toBe(undefined);
    await bench.target.raiseMark(mark(3));
    await bench.target.raiseMark(mark(3));
    expect(await other.target.mark()).toEqual(mark(3));
    await expect(other.target.raiseMark(mark(2))).rejects.toMatchObject(refused);
    await other.target.raiseMark(mark(1, 2));
    await expect(bench.target.raiseMark(mark(9))).rejects.toMatchObject(refused);
    await Promise.allSettled(
      [4, 6, 5].flatMap((n) => [bench, other].map(({ target }) => target.raiseMark(mark(n, 2)))),
    );
    expect(await bench.target.mark()).toEqual(mark(6, 2));
  });

  it('that cannot be read stops everything, and says how to go on', async () => {
    const bench = await Bench.make(cluster);
    await bench.target.raiseMark(mark(3));
    const path = `/api/v1/namespaces/${bench.account.namespace}/configmaps/edgeseal-mark-${bench.region}`;
    const headers = { 'content-type': 'application/merge-patch+json' };
    await cluster.request('PATCH', path, { data: { sequence: '-1' } }, { headers });
    for (const call of [bench.target.mark(), bench.target.raiseMark(mark(4))])
      await expect(call).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});
