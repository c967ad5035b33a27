import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import { loadSettings } from '../../controller/config.ts';
import { runCli } from '../support/workspace.ts';
import { repositoryId, TestChannel } from './channel.ts';
import { condition, Edge, mirrorState } from './edge.ts';

/** Accepts every connection and never says a byte. @returns its url */
async function blackHole(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hole`;
}

async function oneRound(
  edge: Edge,
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ['controller', '--config', edge.config, '--once'];
  return runCli(args, { cwd: edge.folder, env, stdin: '' });
}

const url = (edge: Edge, to: string): void => {
  writeFileSync(edge.config, readFileSync(edge.config, 'utf8').replace(/url: [^}]*/, `url: ${to}`));
};

describe('a mirror that accepts and never answers', () => {
  it('is unreachable, within the time of a fetch, and not a liar', async () => {
    const edge = await Edge.make({
      mirrors: [await blackHole()],
      spec: ['limits: {fetchTimeout: 1s}'],
    });
    const status = await edge.round();
    expect(mirrorState(status, 'hole')).toBe('Unreachable');
    expect(status.mirrors[0]?.message).toContain('after 1 s, without one byte');
    expect(condition(status, 'Reachable')).toBe('False Unreachable');
    expect(condition(status, 'Verified')).toBe('Unknown NoSnapshot');
    // The same words each time, so it is said once.
    edge.now += 3600_000;
    await edge.round();
    expect(edge.logged('mirror')).toHaveLength(1);
    await edge.stop();
    const { code, stderr } = await oneRound(edge);
    expect(code).toBe(5);
    expect(stderr).toMatch(/^edgeseal: Reachable is False, Unreachable: .*without one byte\n$/);
  });

  it('keeps nothing back: neither the news of another one, nor what has to be mended', async () => {
    const channel = await TestChannel.make();
    const good = join(channel.folder, 'a/secrets.git');
    const edge = await Edge.make({
      channel,
      mirrors: [await blackHole(), good],
      spec: ['limits: {fetchTimeout: 10m}'],
    });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    const { loop, region, round, now } = await edge.start();
    const running = loop.run(region, round, now, edge.signal);
    await expect.poll(() => edge.value('production/db'), { timeout: 15_000 }).toBe('made-up-1');
    rmSync(edge.path('unsealed/production'), { recursive: true });
    await expect.poll(() => edge.value('production/db'), { timeout: 15_000 }).toBe('made-up-1');
    await channel.set('production/db', { password: 'made-up-2' });
    channel.publish();
    await expect.poll(() => edge.value('production/db'), { timeout: 15_000 }).toBe('made-up-2');
    // All that while the first question was waiting for its answer.
    expect(mirrorState(round.status!, 'hole')).toBe('Unknown');
    const began = performance.now();
    await edge.stop();
    await running;
    expect(performance.now() - began).toBeLessThan(5000);
  }, 60_000);

  it('does not keep a single round from ending', async () => {
    const channel = await TestChannel.make();
    const good = join(channel.folder, 'a/secrets.git');
    const edge = await Edge.make({ channel, mirrors: [await blackHole(), good] });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    const { code, stderr } = await oneRound(edge);
    expect([code, stderr]).toEqual([0, '']);
    expect(edge.value('production/db')).toBe('made-up-1');
  }, 20_000);

  it('with its pack alone is passed over while another one has the same news', async () => {
    let asked = 0;
    const edge = await Edge.make({
      mirrors: ['a', 'b'],
      spec: ['limits: {fetchTimeout: 1s}'],
      server: {
        mutate: ({ url: path = '' }) =>
          path.startsWith('/a/') && path.endsWith('/git-upload-pack') && (asked += 1) > 2
            ? () => 'stall'
            : undefined,
      },
    });
    await edge.channel.seal('production/db', { password: 'made-up-1' });
    edge.channel.publish();
    edge.channel.mirror('b');
    const status = await edge.round();
    expect([mirrorState(status, 'a'), mirrorState(status, 'b')]).toEqual(['Unreachable', 'Ok']);
    expect(condition(status, 'Verified')).toBe('True Verified');
    expect(edge.value('production/db')).toBe('made-up-1');
  });
});

describe('a mirror without the channel', () => {
  const empty = (channel: TestChannel): string => {
    const path = join(channel.folder, 'empty/secrets.git');
    mkdirSync(path, { recursive: true });
    execFileSync('git', ['init', '-q', '--bare', path]);
    return path;
  };

  it.each(['directory', 'http'])('is empty, by %s, each time that it is asked', async (by) => {
    const channel = await TestChannel.make();
    const path = empty(channel);
    const mirror = by === 'directory' ? path : 'empty';
    const name = by === 'directory' ? 'secrets.git' : 'empty';
    const edge = await Edge.make({ channel, mirrors: [mirror] });
    const status = await edge.round();
    expect(mirrorState(status, name)).toBe('Empty');
    expect(condition(status, 'Reachable')).toBe('True Answered');
    await edge.round();
    expect(edge.logged('mirror')).toMatchObject([{ level: 'warn', mirror: name, state: 'Empty' }]);
    await edge.stop();
    for (let i = 0; i < 2; i += 1) {
      const { code, stdout, stderr } = await oneRound(edge);
      expect(code).toBe(5);
      expect(stdout).toContain('"state":"Empty"');
      expect(stderr).toBe(
        `edgeseal: Ready is False, NoSnapshot: no snapshot was accepted yet; mirror ${name} is Empty: it has no channel for this region yet\n`,
      );
    }
  });
});

describe('another channel behind a mirror', () => {
  it('is named as that, before and after the first acceptance', async () => {
    const edge = await Edge.make();
    const { channel } = edge;
    const other = '00000000-0000-4000-8000-00000000ffff';
    const stranger = await TestChannel.make();
    onTestFinished(() => stranger.delete());
    stranger.makeRoot((spec) => {
      spec.repository = other;
    });
    stranger.publish({ snapshot: (snapshot) => ({ ...snapshot, repository: other }) });
    await channel.seal('production/db', { password: 'made-up-1' });
    channel.publish();
    const good = `${edge.server.url}/a/secrets.git`;
    const says = `this looks like the channel of repository ${other}, and yours is ${repositoryId}`;

    url(edge, stranger.path);
    const first = await edge.round();
    expect(first.mirrors[0]).toMatchObject({ state: 'Invalid' });
    expect(first.mirrors[0]?.message).toContain(says);
    expect(first.mirrors[0]?.message).not.toContain('compare spec.root');
    await edge.stop();
    url(edge, good);
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
    await edge.stop();
    url(edge, stranger.path);
    const after = await edge.round();
    expect(after.mirrors[0]?.message).toContain(says);
    expect(edge.value('production/db')).toBe('made-up-1');
  });

  it('of another region is named as that', async () => {
    const edge = await Edge.make();
    const stranger = await TestChannel.make('us-west');
    onTestFinished(() => stranger.delete());
    stranger.publish();
    stranger.copyBranch('edgeseal/us-east');
    url(edge, stranger.path);
    const status = await edge.round();
    expect(status.mirrors[0]?.message).toContain('of region us-west, and yours is us-east');
  });
});

describe('the url of a mirror', () => {
  it.each(['git@github.com:a/b.git', 'github.com:a/b.git', 'ssh://git@github.com/a/b.git'])(
    'such as %s is refused before anything runs',
    async (address) => {
      const edge = await Edge.make();
      url(edge, address);
      const { code, stderr, stdout } = await oneRound(edge);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain('spec.mirrors[0].url');
      expect(stderr).toMatch(/ssh:? is not supported/);
    },
  );

  it('may be a folder with a colon in its name', async () => {
    const edge = await Edge.make();
    url(edge, './a:b.git');
    const { mirrors } = await loadSettings(edge.config, {});
    expect(mirrors[0]?.url).toBe(edge.path('a:b.git'));
  });
});

describe('SYNC_INTERVAL', () => {
  it('is named where it is wrong', async () => {
    const edge = await Edge.make();
    const { code, stderr } = await oneRound(edge, { SYNC_INTERVAL: 'abc' });
    expect(code).toBe(2);
    expect(stderr).toContain('SYNC_INTERVAL is not a duration such as 90s');
    await expect(loadSettings(edge.config, { SYNC_INTERVAL: 'abc' })).rejects.toSatisfy((error) =>
      isEdgesealError(error, 'format-schema'),
    );
  });
});
