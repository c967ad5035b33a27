import type { Agent, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { EdgesealError, messageOf } from '../errors.ts';
import { codeOf } from './file.ts';
import type { GitLimits } from './limits.ts';
import { displayUrl } from './mirror.ts';
import type { Mirror } from './mirror.ts';

// Imported as an ES module, node:http brings along every export it has, and with WebSocket all of fetch: 14 MB, and up
// to 70 ms of each fetch.
const { Agent: HttpAgent, request: httpRequest } = process.getBuiltinModule('node:http');

const MAX_REDIRECTS = 3;

export interface HttpAnswer {
  body: IncomingMessage;
  /** Where the answer came from, after redirects. */
  url: URL;
}

/** One conversation with one mirror: a kept-alive connection, deadlines, and a count of what came in. */
export class HttpSession {
  readonly mirror: Mirror & { kind: 'http' };
  readonly #limits: GitLimits;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #deadline: AbortSignal;
  /** Why we gave up: what the broken stream itself says then is only that it is broken. */
  #cut: EdgesealError | undefined;

  constructor(mirror: Mirror & { kind: 'http' }, limits: GitLimits) {
    this.mirror = mirror;
    this.#limits = limits;
    this.#deadline = AbortSignal.timeout(limits.totalTimeoutMs);
    this.#agent =
      mirror.url.protocol === 'https:'
        ? new HttpsAgent({ keepAlive: true, maxSockets: 1, ca: mirror.ca })
        : new HttpAgent({ keepAlive: true, maxSockets: 1 });
  }

  /** Bytes received so far, headers included. */
  get moved(): number {
    let sum = 0;
    for (const socket of this.#sockets) sum += socket.bytesRead;
    return sum;
  }

  /**
   * GET, following up to three redirects within the origin. Another origin is refused rather than asked
   * without credentials: who controls a redirect would otherwise choose whom the cluster talks to.
   *
   * @throws EdgesealError `git-mirror`, `git-timeout` or `git-limit`
   */
  async get(url: URL, type: string): Promise<HttpAnswer> {
    let here = url;
    for (let hops = 0; ; hops++) {
      const body = await this.#send('GET', here, {}, undefined);
      const status = body.statusCode ?? 0;
      if (status < 300 || status >= 400 || status === 304) {
        return { body: this.#checked(body, type), url: here };
      }
      body.resume();
      const location = body.headers.location ?? '';
      if (hops >= MAX_REDIRECTS) throw this.#error('more than three redirects');
      let next: URL;
      try {
        next = new URL(location, here);
      } catch {
        throw this.#error('a redirect to nowhere');
      }
      if (next.origin !== this.mirror.url.origin || next.username !== '' || next.password !== '') {
        throw this.#error(
          `a redirect to another origin, ${displayUrl(next.origin)}`,
          'if that is right, set the url of the mirror to it',
        );
      }
      here = next;
    }
  }

  /** POST to the place that a GET has led to; no redirects. Throws as `get`. */
  async post(
    url: URL,
    body: string,
    headers: OutgoingHttpHeaders,
    type: string,
  ): Promise<IncomingMessage> {
    return this.#checked(await this.#send('POST', url, headers, body), type);
  }

  /** Turns what a broken body throws into an error of ours. */
  async *read(body: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of body) yield chunk as Buffer;
    } catch (error) {
      throw this.#fault(error);
    }
    // A body without a length ends with its connection, also when it was we who ended that.
    if (this.#cut !== undefined || this.#deadline.aborted) throw this.#fault(undefined);
    if (!body.complete) throw this.#error('the answer breaks off');
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    url: URL,
    headers: OutgoingHttpHeaders,
    body: string | undefined,
  ): Promise<IncomingMessage> {
    const { authorization } = this.mirror;
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method,
        agent: this.#agent,
        signal: this.#deadline,
        maxHeaderSize: 16 * 1024,
        headers: {
          'user-agent': 'git/edgeseal',
          'git-protocol': 'version=2',
          'accept-encoding': 'identity',
          ...(authorization === undefined ? {} : { authorization }),
          ...headers,
        },
      });
      const connecting = setTimeout(() => {
        this.#cut = this.#late('no connection', this.#limits.connectTimeoutMs);
        request.destroy(this.#cut);
      }, this.#limits.connectTimeoutMs);
      const connected = (): void => {
        clearTimeout(connecting);
      };
      request.on('socket', (socket) => {
        this.#sockets.add(socket);
        if (socket.connecting) {
          socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
        } else connected();
      });
      request.setTimeout(this.#limits.idleTimeoutMs, () => {
        this.#cut = this.#late('silent', this.#limits.idleTimeoutMs);
        request.destroy(this.#cut);
      });
      request.on('response', resolve);
      request.on('error', (error) => {
        reject(this.#fault(error));
      });
      request.on('close', connected);
      request.end(body);
    });
  }

  #checked(body: IncomingMessage, type: string): IncomingMessage {
    const status = body.statusCode ?? 0;
    const fail = (what: string, hint?: string): EdgesealError => {
      body.destroy();
      return this.#error(what, hint);
    };
    if (status === 401 || status === 403) {
      throw fail(`access refused (HTTP ${status})`, 'check the credentials of the mirror');
    }
    if (status === 404) throw fail('no repository there (HTTP 404)', 'check the url of the mirror');
    if (status !== 200) throw fail(`HTTP ${status}`);
    if ((body.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw fail('a compressed answer, which was not asked for');
    }
    if (body.headers['content-type']?.split(';')[0]?.trim() !== type) {
      throw fail('not a smart git server', 'the url must be that of a git repository');
    }
    return body;
  }

  #fault(error: unknown): EdgesealError {
    if (error instanceof EdgesealError) return error;
    if (this.#cut !== undefined) return this.#cut;
    if (this.#deadline.aborted) return this.#late('not done', this.#limits.totalTimeoutMs);
    // A network error's text may hold the address, never our headers.
    const what = codeOf(error) ?? messageOf(error);
    return this.#error(
      `cannot be reached: ${what}`,
      /CERT|SIGNATURE/u.test(what) ? 'set the certificate authority (ca) of the mirror' : undefined,
    );
  }

  /** Tells one that is not there from one that is slow; the same words each time, so that they are said once. */
  #late(what: string, afterMs: number): EdgesealError {
    const came = this.moved === 0 ? 'without one byte' : 'in the middle of its answer';
    return this.#error(`${what} after ${afterMs / 1000} s, ${came}`, undefined, 'git-timeout');
  }

  #error(
    what: string,
    hint?: string,
    code: 'git-mirror' | 'git-timeout' = 'git-mirror',
  ): EdgesealError {
    return new EdgesealError(code, `mirror ${this.mirror.name}: ${what}`, {
      file: displayUrl(this.mirror.url.href),
      hint,
    });
  }
}
