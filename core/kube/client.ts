import { Agent, request as httpsRequest } from 'node:https';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EdgesealError } from '../errors.ts';
import { KubeError } from './error.ts';
import type { KubeStatus } from './error.ts';

/** Where an API server is, and who we are to it. */
export interface KubeEndpoint {
  /** `https://host:port`, without a path, or with the path of a proxy. */
  url: string;
  /** Certificate authority, PEM; default: the system's. */
  ca?: string | undefined;
  /** Client certificate and its key, PEM. */
  cert?: string | undefined;
  key?: string | undefined;
  /** Host name that the server's certificate is for, where the url's is another. */
  serverName?: string | undefined;
  /** Asked for each request: tokens are short-lived, and the kubelet renews them in their file. */
  token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Asked when a request that changes something is about to leave, its connection ready: false keeps it here. A process
   * may have been frozen since it was made.
   */
  mayWrite?: (() => boolean) | undefined;
  /** Told of each answer's HTTP status, and of 0 where there was none. */
  answered?: ((status: number) => void) | undefined;
}

/** Content types of PATCH. */
export const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;

export interface KubeRequest {
  /** Sent as JSON. */
  body?: unknown;
  /** Parameters of the query; undefined ones are left out. */
  query?: Record<string, string | number | boolean | undefined>;
  /** Default: `application/json`; a PATCH has to name its own. */
  contentType?: string;
  accept?: string;
  signal?: AbortSignal | undefined;
  /** Longest silence of the server, in milliseconds. */
  timeoutMs?: number;
  /** Takes out of the server's message what nobody may read, before it becomes part of an error. */
  redact?: ((message: string) => string) | undefined;
}

/** How often a server that asks for patience (429) is asked again, and how long it may make us wait each time. */
const PATIENCE = 5;
const PATIENCE_MS = 10_000;
/** A kept connection may be one that the server has just closed. */
const STALE_SOCKETS = 3;
const TIMEOUT_MS = 30_000;
/** An answer above this is no answer to anything that we ask. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A client of the Kubernetes API: JSON over kept-alive HTTPS, and nothing else. docs/decisions/0005-kubernetes-client.md
 * says why it is not the official one.
 */
export class KubeClient {
  readonly #endpoint: KubeEndpoint;
  readonly #base: URL;
  readonly #agent: Agent;

  /**
   * @param maxSockets how many requests are under way at a time; further ones wait
   * @throws EdgesealError `kube-config` for a url that is not https
   */
  constructor(endpoint: KubeEndpoint, maxSockets = 16) {
    this.#endpoint = endpoint;
    this.#base = baseOf(endpoint.url);
    const { ca, cert, key, serverName } = endpoint;
    this.#agent = new OneServerAgent({
      keepAlive: true,
      maxSockets,
      scheduling: 'lifo',
      ca,
      cert,
      key,
      ...(serverName === undefined ? {} : { servername: serverName }),
    });
  }

  /** The API server's address, for status and errors. */
  get url(): string {
    return this.#base.origin;
  }

  /**
   * Sends one request and returns the parsed answer.
   *
   * @param path absolute, such as `/api/v1/namespaces/default/secrets`; names in it are checked or encoded by the caller
   * @returns the JSON of a 2xx answer; undefined where it has no body
   * @throws KubeError for any other answer, and with status 0 where there was none
   */
  async request(method: string, path: string, options: KubeRequest = {}): Promise<unknown> {
    const where = { method, path };
    const text = await this.#ask(where, options);
    if (text === '') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw new KubeError(where, 0, { message: 'the answer is not JSON' });
    }
  }

  /** The text of a 2xx answer, asked for again while the server is too busy: it has done nothing then. */
  async #ask(where: { method: string; path: string }, options: KubeRequest): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.open(where.method, where.path, options);
      const text = await readAll(response, where);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return text;
      const error = failure(where, response, text, options.redact);
      if (status !== 429 || attempt === PATIENCE) throw error;
      // Spread out, so that those who were sent away together do not come back together.
      const wait = Math.min((error.retryAfterMs ?? 1000) + randomInt(500 * attempt), PATIENCE_MS);
      await sleep(wait, undefined, { signal: options.signal }).catch(() => undefined);
      if (options.signal?.aborted === true) throw error;
    }
  }

  /**
   * Sends one request and returns the answer with its body still to be read, for watches.
   *
   * @throws KubeError with status 0 where there was no answer
   */
  async open(method: string, path: string, options: KubeRequest = {}): Promise<IncomingMessage> {
    const { body, query, signal, timeoutMs = TIMEOUT_MS } = options;
    const target = this.#base.pathname.replace(/\/$/, '') + withQuery(path, query);
    const token = await this.#endpoint.token?.();
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers: OutgoingHttpHeaders = {
      accept: options.accept ?? 'application/json',
      'user-agent': 'edgeseal',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : {
            'content-type': options.contentType ?? 'application/json',
            'content-length': payload.length,
          }),
    };
    const send = (): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const sent = httpsRequest({
          // Not as a URL: taking one apart again for each request costs as much as sending it.
          host: this.#base.hostname.replace(/^\[|\]$/g, ''),
          port: this.#base.port,
          path: target,
          method,
          headers,
          agent: this.#agent,
          timeout: timeoutMs,
          ...(signal === undefined ? {} : { signal }),
        });
        sent.once('response', resolve);
        // Also ends the body of an answer that stalls: a server that is frozen says nothing at all.
        sent.once('timeout', () =>
          sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)),
        );
        sent.on('error', (error: NodeJS.ErrnoException) => {
          const message = error.code ?? error.message;
          const isStale = sent.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(message);
          reject(isStale ? new StaleSocket() : noAnswer({ method, path }, message));
        });
        this.#dispatch(sent, method, payload);
      });
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await send();
        this.#endpoint.answered?.(response.statusCode ?? 0);
        return response;
      } catch (error) {
        if (error instanceof StaleSocket && attempt < STALE_SOCKETS) continue;
        this.#endpoint.answered?.(0);
        if (!(error instanceof StaleSocket)) throw error;
        throw noAnswer({ method, path }, 'ECONNRESET');
      }
    }
  }

  #dispatch(sent: ClientRequest, method: string, payload: Buffer | undefined): void {
    const { mayWrite } = this.#endpoint;
    if (mayWrite === undefined || method === 'GET') {
      sent.end(payload);
      return;
    }
    const go = (): void => {
      if (mayWrite()) sent.end(payload);
      else sent.destroy(new Error('this controller does not lead'));
    };
    // What is ended earlier lies in the socket until it is connected, and leaves without being asked for again.
    sent.once('socket', (socket) => {
      if (socket.connecting) socket.once('secureConnect', go);
      else go();
    });
  }

  /** Ends all connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/**
 * Keeps connections to one server. To tell servers apart, Node's own makes a name from host, port and all certificates
 * for each request, which takes longer than to send it.
 */
class OneServerAgent extends Agent {
  override getName(): string {
    return 'api';
  }
}

/** A kept connection that the server had closed already: nothing is known of the server from it. */
class StaleSocket extends Error {}

function withQuery(path: string, query: KubeRequest['query'] = {}): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  if (pairs.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

function noAnswer(where: { method: string; path: string }, why: string): KubeError {
  return new KubeError(where, 0, { message: `no answer: ${why}` });
}

function baseOf(url: string): URL {
  const parsed = URL.parse(url);
  if (parsed?.protocol === 'https:') return parsed;
  // A token, and every Secret, would cross the network for anyone to read.
  throw new EdgesealError('kube-config', `the API server's address is not an https url`, {
    hint: 'look at clusters[].cluster.server of the kubeconfig',
  });
}

async function readAll(
  response: IncomingMessage,
  where: { method: string; path: string },
): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      length += (chunk as Buffer).length;
      if (length > MAX_BYTES) throw new Error('the answer is too long');
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    response.destroy();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new KubeError(where, 0, { message: `the answer breaks off: ${code ?? message}` });
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failure(
  where: { method: string; path: string },
  response: IncomingMessage,
  text: string,
  redact: (message: string) => string = (message) => message,
): KubeError {
  let status: KubeStatus = {};
  try {
    const parsed = JSON.parse(text) as KubeStatus | null;
    if (parsed !== null && typeof parsed.message === 'string')
      status = { reason: parsed.reason, message: redact(parsed.message) };
  } catch {
    // A proxy's page, perhaps: its status says enough.
  }
  const after = Number(response.headers['retry-after']);
  const retryAfterMs = Number.isFinite(after) && after > 0 ? after * 1000 : undefined;
  return new KubeError(where, response.statusCode ?? 0, status, retryAfterMs);
}
