import type { IncomingMessage, ServerResponse } from 'node:http';
import { FLUSH, pkt } from '../../../core/git/pkt-line.ts';

/** What Git clients of the first protocol may ask for, as a server advertises it. */
const CAPABILITIES = 'multi_ack side-band-64k ofs-delta shallow agent=made-up/1';

/** Whether a client speaks the first protocol: ours never does, go-git does nothing else. */
export function isV0({ headers }: IncomingMessage): boolean {
  return headers['git-protocol'] !== 'version=2';
}

/** Branches as they are advertised in the first protocol: the same lines, with the capabilities behind the first. */
export function advertisedV0(refs: string | Uint8Array): Buffer {
  const text = Buffer.from(refs).toString('latin1');
  const [line = '', length = ''] = /^([0-9a-f]{4})[0-9a-f]{40} [^\n\0]+/.exec(text) ?? [];
  const whole = Number.parseInt(length, 16);
  const isPacket = length !== '' && whole <= text.length;
  const first = isPacket ? text.slice(4, whole).replace(/\n$/, '') : '';
  const rest = isPacket ? text.slice(whole) : text;
  const named = line !== '' && isPacket ? pkt(`${first}\0${CAPABILITIES}\n`) : '';
  return Buffer.from(`${pkt('# service=git-upload-pack\n')}${FLUSH}${named}${rest}`, 'latin1');
}

/** The answer to a question for a pack in the first protocol: the same bands, and nothing that names them. */
export function respondV0(
  response: ServerResponse,
  body: string,
  oid: string,
  pack: string | Uint8Array,
): void {
  const bands = Buffer.from(pack);
  const name = Buffer.from(pkt('packfile'));
  const isNamed = bands.subarray(0, name.length).equals(name);
  // Who clones one commit deep is told where history ends.
  const shallow = body.includes('deepen ') ? pkt(`shallow ${oid}`) + FLUSH : '';
  response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
  response.end(
    Buffer.concat([
      Buffer.from(`${shallow}${pkt('NAK\n')}`),
      isNamed ? bands.subarray(name.length) : bands,
    ]),
  );
}
