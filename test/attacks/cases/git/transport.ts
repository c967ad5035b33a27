import { gzipSync } from 'node:zlib';
import { invalid, unreachable } from '../../kit/attack.ts';
import type { ServerResponse } from 'node:http';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked, silent } from '../../kit/peers.ts';
import type { Peers } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';
import { isV0 } from '../../kit/wire-v0.ts';
import { band, by, respond, pkt, ref } from '../../kit/wire.ts';

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
  ],
};
