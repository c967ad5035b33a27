import { readFileSync, rmSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { condition, Edge, failures, mirrorState } from './edge.ts';

describe('a region', () => {
  it('gets its secrets, and changes, and loses what is deleted', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1', user: 'made-up' });
    await channel.seal('staging/api', { password: 'made-up-2' });
    channel.publish();
    const first = await edge.round();
    expect(edge.value('production/db')).toBe('made-up-1');
    expect(edge.value('staging/api')).toBe('made-up-2');
    expect(first.secrets).toEqual({ listed: 2, applied: 2, failing: 0, failed: [] });
    expect(first.snapshot).toEqual({
      sequence: 1,
      sha256: channel.snapshot,
      source: 'c'.repeat(40),
    });
    for (const [type, is] of Object.entries({
      Ready: 'True Applied',
      Verified: 'True Verified',
      Reachable: 'True Answered',
      Fresh: 'Unknown NotConfigured',
      Degraded: 'False AsExpected',
    })) {
      expect(condition(first, type)).toBe(is);
    }
    expect(mirrorState(first)).toBe('Ok');
    expect(JSON.parse(readFileSync(edge.path('store/status.json'), 'utf8'))).toEqual(first);

    await channel.set('production/db', { password: 'made-up-3' });
    channel.publish();
    await edge.round();
    expect(edge.value('production/db')).toBe('made-up-3');
    expect(edge.value('production/db', 'user')).toBe('made-up');

    channel.remove('staging/api');
    channel.publish();
    const last = await edge.round();
    expect(edge.applied).toEqual(['production/db']);
    expect(last.secrets.listed).toBe(1);
    expect(edge.logged('removed')).toMatchObject([{ names: ['staging/api'] }]);
  });

  it('asks with less than 5 KB and writes nothing while nothing happens', async () => {
    const edge = await Edge.make();
    await edge.channel.seal('production/db', { password: 'made-up' });
    edge.channel.publish();
    await edge.round();
    const { counters } = await edge.start();
    const bytes = counters.of('a').bytes;
    const lines = edge.lines.length;
    const files = ['state', 'contact.json', 'status.json'].map((name) => edge.path('store', name));
    const stamps = (): bigint[] => files.map((file) => statSync(file, { bigint: true }).ctimeNs);
    const before = stamps();
    const asked = edge.server.requests.length;
    await edge.round();
    expect(counters.of('a').bytes - bytes).toBeLessThan(5 * 1024);
    expect(edge.server.requests.length - asked).toBe(2);
    expect(stamps()).toEqual(before);
    expect(edge.lines.length).toBe(lines);
  });

  it('starts from its store without a network, and fills an emptied target again', async () => {
    const edge = await Edge.make();
    await edge.channel.seal('production/db', { password: 'made-up' });
    edge.channel.publish();
    await edge.round();
    await edge.stop();
    await edge.server.close();
    rmSync(edge.path('unsealed'), { recursive: true });
    const status = await edge.round();
    expect(edge.value('production/db')).toBe('made-up');
    expect(condition(status, 'Ready')).toBe('True Applied');
    expect(condition(status, 'Reachable')).toBe('False Unreachable');
    expect(condition(status, 'Verified')).toBe('True Verified');
    expect(mirrorState(status)).toBe('Unreachable');
  });

  it('names a mirror that changed a byte, and keeps what it had', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up' });
    channel.publish();
    await edge.round();
    const files = channel.files;
    const path = 'secrets/production/db.yaml';
    const bytes = Buffer.from(files.get(path)!);
    bytes[400]! ^= 1;
    files.set(path, bytes);
    channel.commit(files);
    const status = await edge.round();
    expect(mirrorState(status)).toBe('Invalid');
    expect(status.mirrors[0]?.message).toContain(path);
    expect(condition(status, 'Verified')).toBe('False NothingValid');
    expect(edge.value('production/db')).toBe('made-up');
    expect(failures(status)).toEqual({});
  });
});
