import type { IncomingMessage, ServerResponse } from 'node:http';
import { FLUSH, pkt } from '../../../core/git/pkt-line.ts';
import type { Site } from './site.ts';
import { advertisedV0, isV0, respondV0 } from './wire-v0.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What a git client asks for in one request. */
type Question = 'capabilities' | 'refs' | 'pack';

const types: Record<Question, string> = {
  capabilities: 'application/x-git-upload-pack-advertisement',
  refs: 'application/x-git-upload-pack-result',
  pack: 'application/x-git-upload-pack-result',
};

const CAPABILITIES =
  pkt('version 2') +
  pkt('ls-refs=unborn') +
  pkt('fetch=shallow') +
  pkt('object-format=sha1') +
  FLUSH;

/** A pack as the server sends it: in packets of band 1. */
export function packed(pack: Uint8Array): Buffer {
  const parts: Buffer[] = [Buffer.from(pkt('packfile'))];
  for (let at = 0; at < pack.length; at += 60_000)
    parts.push(band(1, pack.subarray(at, at + 60_000)));
  return Buffer.concat([...parts, Buffer.from(FLUSH)]);
}

/** One packet of a band. */
export function band(n: number, bytes: Uint8Array): Buffer {
  const head = (bytes.length + 5).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(head), Buffer.from([n]), bytes]);
}

/** Packets around a text. */
export function ref(oid: string, name: string): string {
  return pkt(`${oid} ${name}`);
}

export { FLUSH, pkt };

type Answers = Partial<Record<Question, string | Uint8Array>>;

/** Answers one question as an honest server would for a branch at `oid`, but for what is given. */
export function respond(
  question: Question,
  response: ServerResponse,
  site: Site,
  oid: string,
  answers: Answers = {},
): void {
  const usual: Record<Question, string> = {
    capabilities: CAPABILITIES,
    refs: ref(oid, site.channel.ref) + FLUSH,
    pack: FLUSH,
  };
  response.writeHead(200, { 'content-type': types[question] });
  response.end(answers[question] ?? usual[question]);
}

/** A Git server of the attacker's own. It speaks protocol v2, and the first one to peers that know no other. */
export function server(site: Site, oid: string, answers: Answers): Answer {
  const { refs = ref(oid, site.channel.ref) + FLUSH, pack = FLUSH } = answers;
  return by((question, request, response, body) => {
    if (!isV0(request)) respond(question, response, site, oid, answers);
    else if (question !== 'capabilities') respondV0(response, body, oid, pack);
    else response.writeHead(200, { 'content-type': types.capabilities }).end(advertisedV0(refs));
  });
}

/** Tells apart what is asked for; the request's body is read first. */
export function by(
  answer: (
    question: Question,
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
  ) => unknown,
): Answer {
  return (request, response) => {
    if (request.method === 'GET') answer('capabilities', request, response, '');
    else {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')));
      request.on('end', () =>
        answer(body.includes('command=ls-refs') ? 'refs' : 'pack', request, response, body),
      );
    }
    return true;
  };
}
