import { EdgesealError } from '../errors.ts';
import type { HttpSession } from './http.ts';
import { capped } from './limits.ts';
import type { GitLimits } from './limits.ts';
import { isOid } from './local-ref.ts';
import { printable } from './mirror.ts';
import { DELIM, FLUSH, line, PacketReader, pkt } from './pkt-line.ts';
import type { Packet } from './pkt-line.ts';

const REQUEST = {
  'content-type': 'application/x-git-upload-pack-request',
  accept: 'application/x-git-upload-pack-result',
};
const RESULT = 'application/x-git-upload-pack-result';
/** Progress and packet heads around a pack of the largest allowed size. */
const WIRE_OVERHEAD = 1.05;

/** What a server has said about itself and one ref. */
export interface RemoteRef {
  /** The ref's commit; undefined if the server has no such ref. */
  oid: string | undefined;
  protocol: 0 | 2;
  /** Whether a fetch without history can be asked for. */
  shallow: boolean;
  /** URL of the repository after redirects, for the fetch. */
  base: string;
  objectFormat: boolean;
}

/**
 * Asks for one ref: protocol v2 `ls-refs` with a prefix, so that the answer does not grow with the
 * number of branches; from a server that knows only v0 or v1, its whole advertisement (gitprotocol-v2,
 * gitprotocol-http).
 *
 * @throws EdgesealError `git-mirror` or `git-limit`
 */
export async function askRef(
  session: HttpSession,
  ref: string,
  limits: GitLimits,
): Promise<RemoteRef> {
  const suffix = '/info/refs?service=git-upload-pack';
  const { body, url } = await session.get(
    new URL(session.mirror.url.href + suffix),
    'application/x-git-upload-pack-advertisement',
  );
  if (!url.href.endsWith(suffix))
    throw new EdgesealError('git-mirror', 'a redirect to another service');
  const base = url.href.slice(0, -suffix.length);
  const packets = advertisement(session, body, limits);
  let first = await packets.next();
  if (first.kind === 'data' && line(first.data).startsWith('# service=')) {
    await packets.next();
    first = await packets.next();
  }
  if (first.kind === 'data' && line(first.data) === 'version 2') {
    const capabilities = new Map<string, string>();
    for await (const text of lines(packets)) {
      const [name = '', value = ''] = text.split(/=(.*)/su);
      capabilities.set(name, value);
    }
    await packets.drain();
    checkFormat(capabilities.get('object-format'));
    const remote: RemoteRef = {
      oid: undefined,
      protocol: 2,
      shallow: (capabilities.get('fetch') ?? '').split(' ').includes('shallow'),
      base,
      objectFormat: capabilities.has('object-format'),
    };
    return { ...remote, oid: await lsRefs(session, remote, ref, limits) };
  }
  if (first.kind === 'data' && line(first.data) === 'version 1') first = await packets.next();
  return readAdvertisement(packets, first, ref, base);
}

async function lsRefs(
  session: HttpSession,
  remote: RemoteRef,
  ref: string,
  limits: GitLimits,
): Promise<string | undefined> {
  const request = command('ls-refs', remote) + pkt(`ref-prefix ${ref}`) + FLUSH;
  const url = new URL(`${remote.base}/git-upload-pack`);
  const body = await session.post(url, request, REQUEST, RESULT);
  const packets = advertisement(session, body, limits);
  let oid: string | undefined;
  for await (const text of lines(packets)) {
    const [id = '', name = ''] = text.split(' ');
    if (name !== ref) continue;
    if (!isOid(id)) throw new EdgesealError('git-mirror', 'a malformed ref advertisement');
    if (oid !== undefined) throw listedTwice();
    oid = id;
  }
  await packets.drain();
  return oid;
}

async function readAdvertisement(
  packets: PacketReader,
  first: Packet,
  ref: string,
  base: string,
): Promise<RemoteRef> {
  let oid: string | undefined;
  let capabilities: string[] = [];
  let packet = first;
  for (let i = 0; packet.kind === 'data'; packet = await packets.next(), i++) {
    const [text = '', extra = ''] = line(packet.data).split('\0');
    if (i === 0) {
      capabilities = extra.split(' ');
      checkFormat(capabilities.find((each) => each.startsWith('object-format='))?.slice(14));
    }
    const id = text.slice(0, 40);
    if (text.slice(41) !== ref || !isOid(id)) continue;
    if (oid !== undefined) throw listedTwice();
    oid = id;
  }
  // An answer of nothing at all is not the one of a repository without branches.
  if (packet.kind !== 'flush') throw new EdgesealError('git-mirror', 'the answer breaks off');
  await packets.drain();
  if (oid !== undefined && !capabilities.includes('side-band-64k')) {
    throw new EdgesealError('git-mirror', 'the git server is too old: it has no side-band-64k');
  }
  const shallow = capabilities.includes('shallow');
  return { oid, protocol: 0, shallow, base, objectFormat: false };
}

/**
 * Asks for a commit without its history, against the one that we have, and yields the pack's bytes.
 *
 * A depth of 1 with our commit given as `have` and as `shallow` moves the difference of the two trees
 * and nothing of what was published in between.
 *
 * @throws EdgesealError `git-mirror` or `git-limit`
 */
export async function* askPack(
  session: HttpSession,
  remote: RemoteRef,
  want: string,
  have: string | undefined,
  limits: GitLimits,
): AsyncGenerator<Buffer> {
  const url = new URL(`${remote.base}/git-upload-pack`);
  const request = remote.protocol === 2 ? fetchV2(remote, want, have) : fetchV0(remote, want, have);
  const headers = remote.protocol === 2 ? REQUEST : { ...REQUEST, 'git-protocol': 'version=0' };
  const body = await session.post(url, request, headers, RESULT);
  const max = limits.maxBytes * WIRE_OVERHEAD + limits.maxAdvertisement;
  const packets = new PacketReader(capped(session.read(body), max, 'the answer of the mirror'));
  const band = remote.protocol === 2 ? await skipToPackV2(packets) : await skipToPackV0(packets);
  let packet = band;
  while (packet.kind === 'data') {
    const channel = packet.data[0];
    if (channel === 1) yield packet.data.subarray(1);
    else if (channel === 3) {
      throw new EdgesealError(
        'git-mirror',
        `the server says: ${printable(line(packet.data.subarray(1)))}`,
      );
    } else if (channel !== 2) throw new EdgesealError('git-mirror', 'a packet on an unknown band');
    packet = await packets.next();
  }
  if (packet.kind !== 'flush') throw new EdgesealError('git-mirror', 'the answer breaks off');
  await packets.drain();
}

function listedTwice(): EdgesealError {
  return new EdgesealError('git-mirror', 'a ref advertisement that lists the branch twice');
}

function fetchV2(remote: RemoteRef, want: string, have: string | undefined): string {
  let text = command('fetch', remote) + pkt('no-progress') + pkt('ofs-delta') + pkt(`want ${want}`);
  if (remote.shallow) text += pkt('deepen 1');
  if (have !== undefined) {
    if (remote.shallow) text += pkt(`shallow ${have}`);
    text += pkt('thin-pack') + pkt(`have ${have}`);
  }
  return text + pkt('done') + FLUSH;
}

function fetchV0(remote: RemoteRef, want: string, have: string | undefined): string {
  const thin = have === undefined ? '' : ' thin-pack';
  let text = pkt(`want ${want} side-band-64k ofs-delta no-progress${thin}`);
  if (remote.shallow) {
    if (have !== undefined) text += pkt(`shallow ${have}`);
    text += pkt('deepen 1');
  }
  text += FLUSH;
  if (have !== undefined) text += pkt(`have ${have}`);
  return text + pkt('done');
}

async function skipToPackV2(packets: PacketReader): Promise<Packet> {
  for (;;) {
    const packet = await packets.next();
    if (packet.kind === 'data') {
      if (line(packet.data) === 'packfile') return packets.next();
    } else if (packet.kind !== 'delim') {
      throw new EdgesealError('git-mirror', 'the mirror sent no pack');
    }
  }
}

async function skipToPackV0(packets: PacketReader): Promise<Packet> {
  for (;;) {
    const packet = await packets.next();
    if (packet.kind === 'data') {
      if ((packet.data[0] ?? 0) <= 3) return packet;
      const text = line(packet.data);
      if (!/^(?:NAK|ACK [0-9a-f]{40}.*|(?:un)?shallow [0-9a-f]{40})$/u.test(text)) {
        throw new EdgesealError('git-mirror', `an unexpected answer: ${printable(text, 60)}`);
      }
    } else if (packet.kind !== 'flush') {
      throw new EdgesealError('git-mirror', 'the mirror sent no pack');
    }
  }
}

function command(name: string, remote: RemoteRef): string {
  return pkt(`command=${name}`) + (remote.objectFormat ? pkt('object-format=sha1') : '') + DELIM;
}

function advertisement(
  session: HttpSession,
  body: Parameters<HttpSession['read']>[0],
  limits: GitLimits,
): PacketReader {
  return new PacketReader(
    capped(session.read(body), limits.maxAdvertisement, 'the ref advertisement'),
  );
}

/** Text packets up to the flush. */
async function* lines(packets: PacketReader): AsyncGenerator<string> {
  for (;;) {
    const packet = await packets.next();
    if (packet.kind === 'flush') return;
    if (packet.kind !== 'data') throw new EdgesealError('git-mirror', 'the answer breaks off');
    yield line(packet.data);
  }
}

function checkFormat(format: string | undefined): void {
  if (format !== undefined && format !== 'sha1') {
    throw new EdgesealError(
      'git-mirror',
      `object format ${printable(format, 20)} is not supported`,
    );
  }
}
