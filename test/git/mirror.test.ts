import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeChannel } from '../../bench/channel-fixture.ts';
import { acceptFetch } from '../../core/git/cache.ts';
import { fetchChannel, readRemoteRef } from '../../core/git/fetch.ts';
import { displayUrl, parseMirror } from '../../core/git/mirror.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer, GitServerOptions } from '../../tools/git-server.ts';
import { errorOf, git, REF, temporary } from './fixture.ts';

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function serve(root: string, options: Partial<GitServerOptions> = {}): Promise<GitServer> {
  const server = await serveGit({ root, ...options });
  open.push(server);
  return server;
}

describe('credentials', () => {
  // Made up for these tests.
  const password = 'not-a-real-password';

  it('open the door, and without them the error shows none', async () => {
    const root = temporary();
    const channel = makeChannel(root, 3, 300);
    const { url } = await serve(root, { auth: { username: 'edge', password } });
    const spec = { name: 'hub', url: `${url}/channel.git`, username: 'edge', password };
    expect((await readRemoteRef(spec, REF)).oid).toBe(channel.commit());
    const inUrl = `${url.replace('//', `//edge:${password}@`)}/channel.git`;
    expect((await readRemoteRef({ name: 'hub', url: inUrl }, REF)).oid).toBe(channel.commit());
    const wrong = inUrl.replace(password, `${password}2`);
    const error = await errorOf(() => readRemoteRef({ name: 'hub', url: wrong }, REF));
    expect(error.message).toContain('access refused');
    expect(JSON.stringify([error.message, error.file, error.hint, error.stack])).not.toContain(
      password,
    );
  });

  it('may be a bearer token', async () => {
    const root = temporary();
    const channel = makeChannel(root, 3, 300);
    const { url } = await serve(root, { auth: { token: password } });
    const spec = { name: 'hub', url: `${url}/channel.git`, token: password };
    expect((await readRemoteRef(spec, REF)).oid).toBe(channel.commit());
  });

  it('never travel to another origin, whatever the redirect says', async () => {
    const seen: (string | undefined)[] = [];
    const root = temporary();
    const thief = await serve(root, {
      onRequest: (request, response) => {
        seen.push(request.headers.authorization);
        response.end();
        return true;
      },
    });
    const host = thief.url.replace('http://', '');
    for (const location of [thief.url, `//${host}`, `http://edge:x@${host}`, `https://${host}`]) {
      const { url } = await serve(root, {
        onRequest: (request, response) => {
          response.writeHead(302, { location: `${location}${request.url ?? ''}` }).end();
          return true;
        },
      });
      const spec = { name: 'hub', url: `${url}/channel.git`, username: 'edge', password };
      const error = await errorOf(() => readRemoteRef(spec, REF));
      expect(error).toMatchObject({ code: 'git-mirror' });
      expect(error.message).toContain('another origin');
      expect(error.message).not.toContain('edge:');
    }
    expect(seen).toEqual([]);
  });

  it('follow a redirect within the origin, three times at most', async () => {
    const root = temporary();
    const channel = makeChannel(root, 3, 300);
    const { url } = await serve(root, {
      auth: { username: 'edge', password },
      onRequest: (request, response) => {
        const match = /^\/moved(\d)(\/.*)$/u.exec(request.url ?? '');
        if (match === null) return false;
        const left = Number(match[1]) - 1;
        const target = left === 0 ? (match[2] ?? '') : `/moved${left}${match[2] ?? ''}`;
        response.writeHead(301, { location: target }).end();
        return true;
      },
    });
    const spec = { name: 'hub', username: 'edge', password };
    const three = { ...spec, url: `${url}/moved3/channel.git` };
    const gitdir = join(root, 'cache.git');
    expect((await fetchChannel({ spec: three, ref: REF, gitdir })).oid).toBe(channel.commit());
    const four = { ...spec, url: `${url}/moved4/channel.git` };
    expect((await errorOf(() => readRemoteRef(four, REF))).message).toContain('three redirects');
  });
});

describe('urls', () => {
  it('with line breaks or control characters are refused', async () => {
    for (const url of ['http://x/a\r\nHost: y', 'https://x/\u0000', 'http://x/a\nb', '/tmp/a\rb']) {
      expect((await errorOf(() => parseMirror({ name: 'm', url }))).code).toBe('git-mirror');
    }
    for (const spec of [{ token: 'a\r\nx: y' }, { username: 'a\nb', password: 'c' }]) {
      const url = 'http://x/';
      expect((await errorOf(() => parseMirror({ name: 'm', url, ...spec }))).code).toBe(
        'git-mirror',
      );
    }
    const encoded = 'http://a%0d%0ax:b@x/';
    expect((await errorOf(() => parseMirror({ name: 'm', url: encoded }))).code).toBe('git-mirror');
    for (const url of ['ssh://git@host/x', 'ftp://x/', 'file://host/x', '', 'http://']) {
      expect((await errorOf(() => parseMirror({ name: 'm', url }))).code, url).toBe('git-mirror');
    }
  });

  it('are shown without credentials', () => {
    expect(displayUrl('https://edge:pass@host:1/x.git?t=1#f')).toBe('https://host:1/x.git');
    expect(displayUrl('https://edge:p@ss@host/x')).toBe('https://host/x');
    expect(displayUrl('https://edge:p\u001b[2J@ss@host/x')).toBe('https://host/x');
    expect(displayUrl('/media/usb/a b')).toBe('/media/usb/a b');
  });
});

it('speaks TLS with an authority of its own, and not without', async () => {
  const root = temporary();
  const channel = makeChannel(root, 3, 300);
  const [key, cert] = [join(root, 'key.pem'), join(root, 'cert.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ], { stdio: 'ignore' }); // prettier-ignore
  const ca = readFileSync(cert, 'utf8');
  const server = await serve(root, { tls: { key: readFileSync(key, 'utf8'), cert: ca } });
  const spec = { name: 'hub', url: `${server.url}/channel.git` };
  expect((await readRemoteRef({ ...spec, ca }, REF)).oid).toBe(channel.commit());
  const error = await errorOf(() => readRemoteRef(spec, REF));
  expect(error.code).toBe('git-mirror');
  expect(error.hint).toContain('ca');
});

describe('a mirror that', () => {
  const isPack = (url: string | undefined): boolean => url?.endsWith('/git-upload-pack') ?? false;

  it.each([
    ['cuts the connection', 'cut', 'git-mirror'],
    ['goes silent', 'stall', 'git-timeout'],
    // Where the zeros fall on a packet's head they end the answer, else the pack.
    ['ends the pack early', 'zeros', /^git-(?:object|mirror)$/],
    ['changes one byte', 'flip', 'git-object'],
  ] as const)(
    '%s within the pack is named, and the next one can be fetched from',
    async (_, how, code) => {
      const root = temporary();
      const channel = makeChannel(root, 60, 3_000);
      const bad = await serve(root, {
        mutate: (request) =>
          isPack(request.url)
            ? (chunk, sent) => {
                if (sent + chunk.length < 20_000) return chunk;
                if (how === 'zeros') return Buffer.alloc(chunk.length, '0000');
                if (how !== 'flip') return how;
                chunk[chunk.length - 200] = (chunk.at(-200) ?? 0) ^ 1;
                return chunk;
              }
            : undefined,
      });
      const gitdir = join(root, 'cache.git');
      const limits = { idleTimeoutMs: 700 };
      const spec = { name: 'liar', url: `${bad.url}/channel.git` };
      const error = await errorOf(() => fetchChannel({ spec, ref: REF, gitdir, limits }));
      expect(error.code).toMatch(code);
      expect(error.message).toContain('mirror liar: ');
      const good = { name: 'good', url: `${(await serve(root)).url}/channel.git` };
      expect((await fetchChannel({ spec: good, ref: REF, gitdir })).oid).toBe(channel.commit());
    },
  );

  it('drips is cut by the total time', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-advertisement\r\n\r\n',
      );
      const drip = setInterval(() => socket.write('0'), 50);
      socket.on('close', () => {
        clearInterval(drip);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push({ close: () => server.close() });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.git`;
    const limits = { totalTimeoutMs: 600 };
    const error = await errorOf(() => readRemoteRef({ name: 'slow', url }, REF, limits));
    expect(error.code).toBe('git-timeout');
    expect(error.message).toContain('after 0.6 s, in the middle of its answer');
  });

  it('never connects, answers with another type, compresses, or is not there is an error', async () => {
    const root = temporary();
    const type = 'application/x-git-upload-pack-advertisement';
    const answers: [number, Record<string, string>][] = [
      [200, { 'content-type': 'text/html' }],
      [200, { 'content-type': type, 'content-encoding': 'gzip' }],
      [404, {}],
      [500, {}],
      [304, {}],
      [302, { location: 'http://[' }],
    ];
    for (const [status, headers] of answers) {
      const { url } = await serve(root, {
        onRequest: (_, response) => {
          response.writeHead(status, headers).end('x');
          return true;
        },
      });
      expect((await errorOf(() => readRemoteRef({ name: 'm', url }, REF))).code).toBe('git-mirror');
    }
    const gone = { name: 'gone', url: 'http://127.0.0.1:1/x.git' };
    expect((await errorOf(() => readRemoteRef(gone, REF))).message).toContain('ECONNREFUSED');
    const unmounted = { name: 'usb', url: join(root, 'nothing') };
    expect((await errorOf(() => readRemoteRef(unmounted, REF))).code).toBe('git-mirror');
  });

  it('says something in its error cannot write to the terminal', async () => {
    const text = 'ERR \u001b[2J\u0007gone';
    const { url } = await serve(temporary(), {
      onRequest: (_, response) => {
        response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' });
        response.end((text.length + 4).toString(16).padStart(4, '0') + text);
        return true;
      },
    });
    const error = await errorOf(() => readRemoteRef({ name: 'm', url }, REF));
    expect(error.message).toBe('mirror m: the server says: ?[2J?gone');
  });
});

describe('the cache', () => {
  it('is filled again when it is damaged', async () => {
    const root = temporary();
    const channel = makeChannel(root, 400, 300);
    const spec = { name: 'hub', url: `${(await serve(root)).url}/channel.git` };
    const gitdir = join(root, 'cache.git');
    const fill = async (): Promise<void> => {
      const { oid } = await fetchChannel({ spec, ref: REF, gitdir });
      expect(oid).toBe(channel.commit());
      acceptFetch(gitdir, REF, oid);
      git(gitdir, ['fsck', '--strict']);
    };
    await fill();
    const packs = join(gitdir, 'objects', 'pack');
    const damage: (() => void)[] = [
      () => {
        for (const name of readdirSync(packs)) writeOver(join(packs, name), Buffer.alloc(5_000));
      },
      () => writeOver(join(gitdir, REF), Buffer.alloc(41)),
      () => {
        // The last change lies in loose objects; among them are trees that the next thin pack builds on.
        const objects = join(gitdir, 'objects');
        for (const folder of readdirSync(objects).filter((name) => name.length === 2)) {
          for (const name of readdirSync(join(objects, folder))) {
            writeOver(join(objects, folder, name), Buffer.alloc(100));
          }
        }
      },
    ];
    for (const step of damage) {
      step();
      channel.change();
      await fill();
    }
  });

  it('does not grow with the number of publications', async () => {
    const root = temporary();
    const channel = makeChannel(root, 30, 300);
    const spec = { name: 'hub', url: `${(await serve(root)).url}/channel.git` };
    const gitdir = join(root, 'cache.git');
    const count = (): number =>
      readdirSync(join(gitdir, 'objects'), { recursive: true }).filter((name) =>
        /[0-9a-f]{38}$/u.test(String(name)),
      ).length;
    const counts: number[] = [];
    for (let i = 0; i < 12; i++) {
      const { oid } = await fetchChannel({ spec, ref: REF, gitdir });
      acceptFetch(gitdir, REF, oid);
      counts.push(count());
      channel.change();
    }
    // What one change replaces goes with the next fetch.
    expect(Math.max(...counts)).toBeLessThan((counts[0] ?? 0) + 25);
    git(gitdir, ['fsck', '--strict']);
  });

  it('is written anew as one pack when pieces collect', async () => {
    const root = temporary();
    const channel = makeChannel(root, 700, 300);
    const spec = { name: 'hub', url: `${(await serve(root)).url}/channel.git` };
    const gitdir = join(root, 'cache.git');
    const counts: number[] = [];
    for (let round = 0; round < 9; round++) {
      const { oid } = await fetchChannel({ spec, ref: REF, gitdir });
      acceptFetch(gitdir, REF, oid);
      const names = readdirSync(join(gitdir, 'objects', 'pack'));
      counts.push(names.filter((name) => name.endsWith('.pack')).length);
      channel.change(300);
    }
    // Each push of 300 is a pack of its own, up to the bound; then all are one again, and the newest.
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 2, 3]);
    git(gitdir, ['fsck', '--strict']);
  });
});

function writeOver(path: string, bytes: Buffer): void {
  writeFileSync(path, bytes);
}
