import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServerOptions } from '../../tools/git-server.ts';
import { TestChannel } from './channel.ts';
import { condition, Edge, mirrorState } from './edge.ts';

const hour = 3600_000;

/** Two mirrors of one channel, whose root names a heartbeat key where `beats`; the first publication is applied. */
async function pair(beats = false): Promise<Edge> {
  const channel = await TestChannel.make();
  if (beats)
    channel.makeRoot((spec) => {
      spec.heartbeat = { key: channel.heartbeat.line };
    });
  const edge = await Edge.make({
    channel,
    mirrors: ['a', 'b'],
    spec: ['listen: "127.0.0.1:0"', 'staleAfter: 12h'],
  });
  await channel.seal('production/db', { password: 'made-up-1' });
  channel.publish(beats ? { heartbeat: new Date(edge.now) } : {});
  channel.mirror('b');
  await edge.round();
  return edge;
}

async function metrics(edge: Edge): Promise<string> {
  const { server } = await edge.start();
  return (await fetch(`http://127.0.0.1:${server!.port}/metrics`)).text();
}

const told = (edge: Edge): string[] =>
  edge
    .logged('mirror')
    .map((line) => `${String(line['level'])} ${String(line['mirror'])} ${String(line['state'])}`);

async function change(edge: Edge, value: string): Promise<void> {
  await edge.channel.set('production/db', { password: value });
  edge.channel.publish();
}

describe('by its name, in status, log and metrics, a mirror is', () => {
  it('Rollback when it serves less than it did, and in order again once it caught up', async () => {
    const edge = await pair();
    const old = edge.channel.head()!;
    await change(edge, 'made-up-2');
    edge.channel.mirror('b');
    await edge.round();
    const now = edge.channel.head()!;
    edge.channel.reset(old);
    edge.channel.mirror('b');
    edge.channel.reset(now);
    const status = await edge.round();
    expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Ok', 'Rollback']);
    expect(condition(status, 'Degraded')).toBe('True MirrorFault');
    expect(await metrics(edge)).toContain('edgeseal_mirror_state{mirror="b",state="Rollback"} 1');
    await edge.round();
    await edge.restart();
    expect(told(edge)).toEqual(['warn b Rollback', 'warn b Rollback']);
    edge.channel.mirror('b');
    await edge.round();
    expect(told(edge).slice(2)).toEqual(['info b Ok']);
    expect(edge.value('production/db')).toBe('made-up-2');
  });

  it('Stale when it goes on serving an old heartbeat, or none, while another one has a new one', async () => {
    const edge = await pair(true);
    for (const without of [false, true]) {
      edge.now += 13 * hour;
      edge.channel.beat(new Date(edge.now));
      const status = await edge.round();
      expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Ok', 'Stale']);
      expect(condition(status, 'Fresh')).toBe('True Heartbeat');
      expect(condition(status, 'Degraded')).toBe('True MirrorFault');
      expect(await metrics(edge)).toContain('edgeseal_mirror_state{mirror="b",state="Stale"} 1');
      edge.channel.mirror('b');
      expect(mirrorState(await edge.round(), 'b')).toBe('Ok');
      if (without) continue;
      // From now on it serves what is published, but keeps the heartbeats to itself.
      await change(edge, 'made-up-2');
      edge.channel.mirror('b');
      expect(mirrorState(await edge.round(), 'b')).toBe('Ok');
    }
    expect(told(edge)).toEqual(['warn b Stale', 'info b Ok', 'warn b Stale', 'info b Ok']);
  });

  it('not Stale where it is the publisher that is late', async () => {
    const edge = await pair(true);
    edge.now += 13 * hour;
    const status = await edge.round();
    expect(condition(status, 'Fresh')).toBe('False Stale');
    expect(condition(status, 'Degraded')).toBe('False AsExpected');
  });

  it('Equivocation when it serves another history, also long after', async () => {
    const edge = await pair();
    const back = edge.channel.fork();
    const base = edge.channel.head()!;
    await change(edge, 'made-up-2');
    const honest = edge.channel.head()!;
    await edge.round();
    back();
    edge.channel.reset(base);
    await change(edge, 'made-up-evil');
    edge.channel.mirror('b');
    edge.channel.reset(honest);
    for (let i = 0; i < 3; i += 1) {
      const status = await edge.round();
      expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Ok', 'Equivocation']);
      expect(status.alarm?.mirror).toBe('b');
      edge.now += hour;
    }
    const text = await metrics(edge);
    expect(text).toContain('edgeseal_mirror_state{mirror="b",state="Equivocation"} 1');
    expect(text).toContain('edgeseal_alarm 1');
    expect(edge.value('production/db')).toBe('made-up-2');
    expect(edge.logged('equivocation')).toMatchObject([{ level: 'error', mirror: 'b' }]);
  });

  it('Unreachable, with the time when it answered last', async () => {
    const edge = await pair();
    const at = edge.now / 1000;
    edge.configure({ mirrors: ['a', 'b'], spec: ['listen: "127.0.0.1:0"'] });
    const gone = await serveGit({ root: edge.channel.folder });
    await gone.close();
    expect(await metrics(edge)).toContain(
      `edgeseal_mirror_last_contact_timestamp_seconds{mirror="b"} ${at}`,
    );
    writeFileSync(join(edge.channel.folder, 'b/secrets.git/HEAD'), '');
    const status = await edge.round();
    expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Ok', 'Unreachable']);
    const text = await metrics(edge);
    expect(text).toContain('edgeseal_mirror_state{mirror="b",state="Unreachable"} 1');
    expect(text).toContain(`edgeseal_mirror_last_contact_timestamp_seconds{mirror="b"} ${at}`);
    expect(text).toContain(
      `edgeseal_mirror_last_contact_timestamp_seconds{mirror="a"} ${edge.now / 1000}`,
    );
    expect(told(edge)).toEqual(['warn b Unreachable']);
  });
});

describe('the credentials of a mirror', () => {
  it('reach nobody but that mirror: not the next one, and not where a redirect leads to', async () => {
    const heard: string[] = [];
    const stranger = createServer((request, response) => {
      heard.push(JSON.stringify(request.headers));
      response.writeHead(404).end();
    });
    stranger.listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    const elsewhere = (scheme: string): string =>
      `${scheme}://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    let to = elsewhere('http');
    const seen = new Map<string, Set<string>>();
    const onRequest: GitServerOptions['onRequest'] = (request, response) => {
      const name = (request.url ?? '').split('/')[1] ?? '';
      const given = seen.get(name) ?? new Set();
      seen.set(name, given.add(request.headers.authorization ?? 'none'));
      if (name !== 'moved') return false;
      response.writeHead(302, { location: `${to}${request.url ?? ''}` }).end();
      return true;
    };
    const edge = await Edge.make({ server: { onRequest } });
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.mirror('b');
    const token = edge.path('token');
    writeFileSync(token, 'made-up-token-of-moved\n');
    writeFileSync(edge.path('other'), 'made-up-token-of-b\n');
    edge.configure({ mirrors: ['moved', 'a', 'b'] });
    edge.edit((text) =>
      text
        .replace('moved/secrets.git"', 'moved/secrets.git", auth: {bearer: {tokenFile: token}}')
        .replace('b/secrets.git"', 'b/secrets.git", auth: {bearer: {tokenFile: other}}'),
    );
    for (const where of [elsewhere('http'), elsewhere('https'), 'http://localhost:1', 'file://']) {
      to = where;
      edge.now += hour;
      const status = await edge.round();
      expect(mirrorState(status, 'moved')).toBe('Unreachable');
      expect(status.mirrors[0]?.message).toContain('a redirect to another origin');
    }
    expect(edge.value('production/db')).toBe('made-up-1');
    expect(heard).toEqual([]);
    expect(Object.fromEntries(seen)).toEqual({
      moved: new Set(['Bearer made-up-token-of-moved']),
      a: new Set(['none']),
      b: new Set(['Bearer made-up-token-of-b']),
    });
    expect(edge.lines.join('')).not.toContain('made-up-token');
  });
});

describe('an answer that does not end', () => {
  it.each([
    ['of the question', (path: string) => path.includes('/info/refs'), 1],
    ['of the fetch', (path: string) => path.endsWith('/git-upload-pack'), 3],
  ])('%s is cut, and the other mirror goes on', async (_, isMeant, nth) => {
    let asked = 0;
    let sent = 0;
    const edge = await Edge.make({
      mirrors: ['a', 'b'],
      spec: ['limits: {packSize: 1, fetchTimeout: 20s}'],
      server: {
        onRequest: ({ url = '' }, response) => {
          if (!url.startsWith('/a/') || !isMeant(url) || (asked += 1) < nth) return false;
          const type = url.includes('info/refs') ? 'advertisement' : 'result';
          response.writeHead(200, { 'content-type': `application/x-git-upload-pack-${type}` });
          response.write(nth === 1 ? '000eversion 2\n' : '000dpackfile\n');
          const packet = Buffer.alloc(0xfff0, 1);
          packet.write('fff0\u0001PACK\0\0\0\u0002\0\0\0\u0001', 'latin1');
          const more = (): void => {
            for (sent += packet.length; response.write(packet); sent += packet.length);
          };
          response.on('drain', more);
          response.on('error', () => undefined);
          more();
          return true;
        },
      },
    });
    const { channel } = edge;
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    channel.mirror('b');
    const status = await edge.round();
    expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Invalid', 'Ok']);
    expect(status.mirrors[0]?.message).toMatch(/over its limit|of over 1048576 bytes/);
    expect(edge.value('production/db')).toBe('made-up-1');
    // Only what lay in the sockets' buffers beyond the limit.
    expect(sent).toBeLessThan(24 * 1024 * 1024);
  });
});

it('a channel that was begun anew as an orphan commit goes on', async () => {
  const edge = await pair();
  await change(edge, 'made-up-2');
  await edge.round();
  edge.channel.orphan();
  edge.channel.mirror('b');
  expect((await edge.round()).mirrors.map(({ state }) => state)).toEqual(['Ok', 'Ok']);
  await change(edge, 'made-up-3');
  const status = await edge.round();
  expect(mirrorState(status, 'a')).toBe('Ok');
  expect(edge.value('production/db')).toBe('made-up-3');
  expect(told(edge)).toEqual([]);
});
