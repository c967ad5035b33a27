import { expect, it } from 'vitest';
import { describeCluster } from '../support/cluster/suite.ts';
import { base64 } from './site.ts';
import { Bench } from './target-kit.ts';

/** Enough for each order of two requests to come up many times. */
const names = Array.from({ length: 60 }, (_, i) => `s${i}`);
const disowned = { metadata: { annotations: { 'edgeseal.dev/owner': null } } };

describeCluster('others who write at the same moment', (cluster) => {
  it('never lose what they have just made theirs: what is deleted is what was looked at', async () => {
    const bench = await Bench.make(cluster);
    await Promise.all(names.map((name) => bench.apply(name, { a: 'ours' })));
    const outcomes = await Promise.all(
      names.map(async (name) => {
        const [theirs, isRemoved] = await Promise.all([
          bench.admin('PATCH', name, disowned),
          bench.target.remove(bench.namespace, name),
        ]);
        return { name, isTheirs: theirs !== undefined, isRemoved };
      }),
    );
    for (const { name, isTheirs, isRemoved } of outcomes) {
      expect(isRemoved, name).toBe(!isTheirs);
      expect((await bench.read(name)) !== undefined, name).toBe(isTheirs);
    }
  });

  it('are noticed: in the end every Secret is what it is to be', async () => {
    const bench = await Bench.make(cluster);
    await Promise.all(names.map((name) => bench.apply(name, { a: 'ours', b: 'ours' })));
    const edit = { data: { a: base64('theirs'), c: base64('theirs') } };
    await Promise.all(
      names.map((name, i) =>
        Promise.all([
          i % 3 === 0 ? bench.admin('DELETE', name) : bench.admin('PATCH', name, edit),
          bench.apply(name, { a: 'ours now' }, { version: 2 }),
        ]),
      ),
    );
    const good = { a: 'ours now' };
    await expect
      .poll(async () => {
        for (const key of await bench.target.drifted())
          await bench.apply(key.split('/')[1]!, good, { version: 2 });
        const values = await Promise.all(names.map((name) => bench.values(name)));
        return values.filter((value) => JSON.stringify(value) !== JSON.stringify(good)).length;
      })
      .toBe(0);
  });

  it('are heard of, though it was before the first run was done', async () => {
    const bench = await Bench.make(cluster, { isFirstRun: true });
    await bench.apply('kept', { a: 'ours' });
    await bench.apply('deleted', { a: 'ours' });
    await bench.admin('DELETE', 'deleted');
    expect(await bench.target.drifted()).toEqual([]);
    await bench.target.settle();
    await expect.poll(() => bench.target.drifted()).toEqual([`${bench.namespace}/deleted`]);
  });

  it('are other controllers: of many that write, the highest version stays', async () => {
    const bench = await Bench.make(cluster);
    const others = await Promise.all(
      [1, 2, 3].map((n) => bench.again({ store: `${bench.store}-${n}` })),
    );
    const few = names.slice(0, 12);
    await Promise.allSettled(
      few.flatMap((name) =>
        others.map((other, i) =>
          other.apply(name, { a: `of version ${i + 1}` }, { version: i + 1 }),
        ),
      ),
    );
    // One that lost every race is told so, and tries again.
    const last = others[2]!;
    for (const name of few) await last.apply(name, { a: 'of version 3' }, { version: 3 });
    for (const name of few) {
      expect(await bench.values(name)).toEqual({ a: 'of version 3' });
      const stale = others[0]!.apply(name, { a: 'of version 1' }, { version: 1, file: 'x' });
      await expect(stale).rejects.toMatchObject({ code: 'trust-floor' });
    }
  });
});
