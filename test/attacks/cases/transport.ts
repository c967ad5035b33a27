import { gzipSync } from 'node:zlib';
import { readFileSync, writeFileSync } from 'node:fs';
import { invalid, unreachable } from '../kit/attack.ts';
import type { ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { serveGit } from '../../../tools/git-server.ts';
import { runCli } from '../../support/workspace.ts';
import { rawPack } from '../../support/git-objects.ts';
import type { Attack, Family } from '../kit/attack.ts';
import { notChecked, redirected, silent } from '../kit/peers.ts';
import type { Peers } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';
import { isV0 } from '../kit/wire-v0.ts';
import { band, by, respond, FLUSH, packed, pkt, ref, server } from '../kit/wire.ts';

const password = 'made-up-password-of-a-mirror';
const OID = 'abcdef0123'.repeat(4);
const ADVERTISEMENT = 'application/x-git-upload-pack-advertisement';

/** Whatever is asked, one plain answer. */
function plain(
  id: string,
  attack: string,
  expected: Attack['expected'],
  status: number,
  headers: Record<string, string> = {},
  body: () => string | Buffer = () => '',
  peers: Peers = notChecked,
): Attack {
  return {
    id,
    attack,
    peers,
    expected,
    strike: (site) =>
      site.hostile({
        onRequest: (_, response) => {
          response.writeHead(status, headers).end(body());
          return true;
        },
      }),
  };
}

/** A server of the attacker's own, which answers one question in a way of its own. */
function spoken(
  id: string,
  attack: string,
  expected: Attack['expected'],
  answers: (site: Site) => Parameters<typeof server>[2],
  oid = OID,
): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected,
    strike: (site) => site.hostile({ onRequest: server(site, oid, answers(site)) }),
  };
}

/** Something else in the place of the pack that the honest server sends. */
const spoilPack =
  (fate: (chunk: Buffer, sent: number) => Uint8Array | 'cut' | 'stall') => async (site: Site) => {
    await site.publish();
    let posts = 0;
    site.hostile({
      mutate: (request) => {
        if (request.method !== 'POST') return undefined;
        posts += 1;
        // Of ours the first two are questions for the branch; a client of the first protocol only asks for the pack.
        return posts > (isV0(request) ? 0 : 2) ? fate : undefined;
      },
    });
  };

/** Time for a fetch is short where a case is about a server that takes its time. */
const hurried = (site: Site) => site.configure({ spec: ['limits: {fetchTimeout: 2s}'] });

/** Sends a little for ever, until the other side goes. */
function forEver(response: ServerResponse, what: string, everyMs: number): void {
  const timer = setInterval(() => response.write(what), everyMs);
  response.on('close', () => clearInterval(timer));
}

/** A host of the attacker's that is told nothing. */
async function thief(site: Site): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = [];
  const { url, close } = await serveGit({
    root: site.channel.folder,
    onRequest: ({ headers }, response) => {
      seen.push(JSON.stringify(headers));
      response.end();
      return true;
    },
  });
  site.undo(close);
  return { url, seen };
}

function redirect(
  id: string,
  attack: string,
  says: string,
  to: (url: string) => string,
  isPost = false,
): Attack {
  let seen: string[] = [];
  return {
    id,
    attack,
    peers: redirected,
    expected: unreachable(says),
    async strike(site) {
      await site.publish();
      const url = `${site.edge.server.url.replace('//', `//edge:${password}@`)}/a/secrets.git`;
      await site.configure({ mirrors: [url] });
      const other = await thief(site);
      ({ seen } = other);
      site.hostile({
        onRequest: ({ method, url: path = '' }, response) => {
          if ((method === 'POST') !== isPost) return false;
          // A header with a line break is refused by node:http: this is the raw answer.
          response.socket?.end(`HTTP/1.1 302 Found\r\nlocation: ${to(other.url)}${path}\r\n\r\n`);
          return true;
        },
      });
    },
    check({ edge, status }) {
      expect(seen).toEqual([]);
      expect(edge.lines.join('') + JSON.stringify(status)).not.toContain(password);
    },
  };
}

export const transport: Family = {
  title: 'A Git server misbehaves',
  attacker: 'A mirror, or the network to it, below what is signed.',
  test: 'test/attacks/git.test.ts',
  attacks: [
    {
      id: 'cut-question',
      attack: 'closes the connection in the middle of its first answer',
      peers: silent,
      expected: unreachable('mirror a: '),
      strike: (site) => site.hostile({ mutate: () => () => 'cut' }),
    },
    {
      id: 'cut-pack',
      attack: 'closes the connection in the middle of the pack',
      peers: silent,
      expected: unreachable('mirror a: '),
      strike: spoilPack((chunk, sent) => (sent > 300 ? 'cut' : chunk.subarray(0, 300))),
    },
    {
      id: 'changed-pack',
      attack: 'changes one byte of the pack',
      peers: notChecked,
      expected: invalid('mirror a: '),
      strike: spoilPack((chunk) => {
        const changed = Buffer.from(chunk);
        if (changed.length > 200) changed[changed.length - 60]! ^= 1;
        return changed;
      }),
    },
    {
      id: 'stall',
      attack: 'stops in the middle of the pack and keeps the connection',
      peers: silent,
      expected: unreachable('after 2 s, in the middle of its answer'),
      async strike(site) {
        await hurried(site);
        await spoilPack((chunk, sent) => (sent > 0 ? 'stall' : chunk.subarray(0, 100)))(site);
      },
    },
    {
      id: 'slow-drip',
      attack: 'sends one packet of progress ten times a second, for ever',
      peers: silent,
      expected: unreachable('after 2 s, in the middle of its answer'),
      async strike(site) {
        await hurried(site);
        const oid = OID;
        site.hostile({
          onRequest: by((question, request, response) => {
            if (question !== 'pack') {
              respond(question, response, site, oid);
              return;
            }
            response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
            response.write(pkt('packfile'));
            forEver(response, band(2, Buffer.from('.')).toString('latin1'), 100);
          }),
        });
      },
    },
    {
      id: 'endless-refs',
      attack: 'advertises branches for ever',
      peers: notChecked,
      expected: invalid('the ref advertisement'),
      strike: (site) =>
        site.hostile({
          onRequest: (_, response) => {
            response.writeHead(200, { 'content-type': ADVERTISEMENT });
            forEver(response, ref(OID, 'refs/heads/x').repeat(2000), 1);
            return true;
          },
        }),
    },
    plain('endless-header', 'sends a header of 1 MB', unreachable('mirror a: '), 200, {
      'x-long': 'x'.repeat(1 << 20),
    }),
    redirect(
      'redirect-to-another-host',
      'sends the client, with its password, to another port',
      'a redirect to another origin',
      (url) => url,
    ),
    redirect(
      'redirect-without-scheme',
      'redirects to //host',
      'a redirect to another origin',
      (url) => url.replace('http:', ''),
    ),
    redirect(
      'redirect-with-credentials',
      'redirects to a url with a user',
      'a redirect to another origin',
      (url) => url.replace('//', '//edge:x@'),
    ),
    redirect(
      'redirect-to-a-file',
      'redirects to file:///etc',
      'a redirect to another origin',
      () => 'file:///etc',
    ),
    redirect(
      'redirect-with-a-line-break',
      'hides a header in the redirect',
      'mirror',
      (url) => `${url}\nx-more: y`,
    ),
    redirect(
      'redirect-of-the-pack',
      'redirects only the question for the pack',
      'HTTP 302',
      (url) => url,
      true,
    ),
    {
      id: 'redirect-in-a-circle',
      attack: 'redirects for ever within its own host',
      peers: redirected,
      expected: unreachable('more than three redirects'),
      strike: (site) =>
        site.hostile({
          onRequest: ({ url = '' }, response) => {
            response.writeHead(301, { location: url }).end();
            return true;
          },
        }),
    },
    plain(
      'http-304',
      'says that nothing has changed, which was not asked',
      unreachable('HTTP 304'),
      304,
    ),
    plain('http-204', 'says that there is nothing', unreachable('HTTP 204'), 204),
    plain(
      'http-206',
      'sends a part',
      unreachable('HTTP 206'),
      206,
      { 'content-type': ADVERTISEMENT },
      () => pkt('version 2'),
    ),
    plain('http-503', 'is out of order', unreachable('HTTP 503'), 503, {}, () => '', silent),
    plain('http-401', 'asks for a password', unreachable('access refused (HTTP 401)'), 401),
    plain(
      'login-page',
      'answers with a page to log in',
      unreachable('not a smart git server'),
      200,
      { 'content-type': 'text/html' },
      () => '<html>',
    ),
    plain(
      'dumb-protocol',
      'answers in the protocol without a program on the server',
      unreachable('not a smart git server'),
      200,
      { 'content-type': 'text/plain' },
      () => `${OID}\trefs/heads/edgeseal/us-east\n`,
    ),
    plain(
      'gzip-bomb',
      'answers with 100 MB of zeros, compressed',
      unreachable('compressed answer'),
      200,
      { 'content-type': ADVERTISEMENT, 'content-encoding': 'gzip' },
      () => gzipSync(Buffer.alloc(100 << 20)),
    ),
    plain('empty-answer', 'answers with nothing', unreachable('the answer breaks off'), 200, {
      'content-type': ADVERTISEMENT,
    }),
    spoken(
      'packet-of-length-3',
      'sends a packet whose length is 3',
      unreachable('length 3'),
      () => ({ refs: '0003' }),
    ),
    spoken(
      'packet-not-hex',
      'sends a length that is none',
      unreachable('not in the git protocol'),
      () => ({ refs: '-001x' }),
    ),
    spoken('packet-too-short', 'ends within a packet', unreachable('ends within a packet'), () => ({
      refs: 'ffffabc',
    })),
    spoken(
      'no-flush',
      'ends without the packet that ends an answer',
      unreachable('breaks off'),
      ({ channel }) => ({ refs: ref(OID, channel.ref) }),
    ),
    spoken(
      'error-with-escapes',
      'hides terminal codes and lines of log in its error',
      unreachable('the server says: a?[31mb??{"level":"info"}'),
      () => ({ refs: pkt('ERR a\u001b[31mb\r\n{"level":"info"}') }),
    ),
    spoken('band-3', 'sends its error within the pack', unreachable('the server says: no'), () => ({
      pack: Buffer.concat([
        Buffer.from(pkt('packfile')),
        band(3, Buffer.from('no')),
        Buffer.from(FLUSH),
      ]),
    })),
    spoken(
      'unknown-band',
      'sends packets on a band that is not there',
      unreachable('unknown band'),
      () => ({
        pack: Buffer.concat([
          Buffer.from(pkt('packfile')),
          band(7, Buffer.from('x')),
          Buffer.from(FLUSH),
        ]),
      }),
    ),
    spoken('no-pack', 'ends before the pack', unreachable('sent no pack'), () => ({ pack: FLUSH })),
    spoken(
      'ref-with-a-prefix',
      'has branches only whose names begin as ours',
      { mirror: 'Empty', says: 'no channel for this region' },
      ({ channel }) => ({
        refs: ref(OID, `${channel.ref}-2`) + ref(OID, `${channel.ref}/x`) + FLUSH,
      }),
    ),
    spoken(
      'oid-of-zeros',
      'has the branch at no commit',
      unreachable('malformed ref advertisement'),
      ({ channel }) => ({ refs: ref('0'.repeat(40), channel.ref) + FLUSH }),
    ),
    spoken(
      'oid-upper-case',
      'spells the commit in capitals',
      unreachable('malformed ref advertisement'),
      ({ channel }) => ({ refs: ref(OID.toUpperCase(), channel.ref) + FLUSH }),
    ),
    spoken(
      'ref-twice',
      'has the branch at two commits',
      unreachable('lists the branch twice'),
      ({ channel }) => ({ refs: ref(OID, channel.ref) + ref('1'.repeat(40), channel.ref) + FLUSH }),
    ),
    spoken(
      'sha-256-objects',
      'says that its objects are named by SHA-256',
      unreachable('object format sha256'),
      () => ({ capabilities: pkt('version 2') + pkt('object-format=sha256') + FLUSH }),
    ),
    spoken(
      'another-commit',
      'sends the pack of another commit than it has named',
      invalid('missing'),
      () => ({ pack: packed(rawPack([{ type: 3, data: Buffer.from('another blob') }])) }),
    ),
    {
      id: 'old-protocol-many-refs',
      attack: 'speaks protocol v0 and advertises 10,000 branches',
      peers: notChecked,
      expected: invalid('the ref advertisement'),
      strike(site) {
        const refs = Array.from({ length: 10_000 }, (_, i) => ref(OID, `refs/heads/x/${i}`));
        const first = pkt(`${OID} HEAD\0side-band-64k shallow`);
        const body = pkt('# service=git-upload-pack') + FLUSH + first + refs.join('') + FLUSH;
        site.hostile({
          onRequest: (_, response) => {
            response.writeHead(200, { 'content-type': ADVERTISEMENT }).end(body);
            return true;
          },
        });
      },
    },
    {
      id: 'another-commit-each-time',
      attack: 'names another commit each time that it is asked, and has none of them',
      peers: notChecked,
      expected: { mirror: 'Unreachable', says: 'sent no pack', note: 'asked less often each time' },
      strike(site) {
        let n = 0;
        site.hostile({
          onRequest: (request, response) =>
            server(site, (n += 1).toString(16).padStart(40, 'a'), {})(request, response),
        });
      },
    },
    {
      id: 'line-break-in-a-url',
      attack: 'has a line break written into the url of a mirror, to add a header',
      peers: notChecked,
      expected: { note: 'refused before anything runs: exit code 2, “control characters”' },
      async strike({ edge }) {
        const config = edge.path('line-break.yaml');
        const text = readFileSync(edge.config, 'utf8');
        writeFileSync(config, text.replace('/a/secrets.git', '/a/x\\r\\nauthorization: y'));
        const args = ['controller', '--config', config, '--once'];
        const { code, stderr } = await runCli(args, { cwd: edge.folder, env: {}, stdin: '' });
        expect([code, stderr]).toEqual([2, expect.stringContaining('control characters')]);
      },
    },
  ],
};
