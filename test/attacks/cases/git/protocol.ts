import { invalid, unreachable } from '../../kit/attack.ts';
import { rawPack } from '../../../support/git-objects.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { notChecked } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';
import { band, FLUSH, packed, pkt, ref, server } from '../../kit/wire.ts';

const OID = 'abcdef0123'.repeat(4);
const ADVERTISEMENT = 'application/x-git-upload-pack-advertisement';

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

export const protocol: Family = {
  title: 'A Git server breaks the protocol',
  attacker: 'A mirror whose answers are not, or not quite, what the protocol wants.',
  test: 'test/attacks/git.test.ts',
  attacks: [
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
  ],
};
