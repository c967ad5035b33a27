import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What to send instead of one chunk of a response body: other bytes, a closed connection, or silence. */
export type ChunkFate = Uint8Array | 'cut' | 'stall';

export interface GitServerOptions {
  /** Folder that holds the repositories; the URL path below it names one. */
  root: string;
  /** TCP port; default: any free one. */
  port?: number;
  /** Allow `git push`. */
  push?: boolean;
  /** Ask for these credentials; every other request gets 401. */
  auth?: { username: string; password: string } | { token: string };
  /** Serve HTTPS with this key pair (PEM). */
  tls?: { key: string; cert: string };
  /** Set to false to be an old server that knows only protocol v0. */
  protocolV2?: boolean;
  /** Sees every request first; returns true if it has answered (redirect, replay) or wants it never answered. */
  onRequest?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Called once a request; what it returns maps each chunk of the body, `sent` being the bytes before it. */
  mutate?: (request: IncomingMessage) => ((chunk: Buffer, sent: number) => ChunkFate) | undefined;
}

export interface GitServer {
  /** Base URL without a trailing slash; a repository is `${url}/<folder under root>`. */
  url: string;
  /** `<METHOD> <path and query>` of every request, in order. */
  requests: string[];
  close: () => Promise<void>;
}

/**
 * A real Git server for tests, benchmarks and the demo: `git http-backend` as a CGI program behind
 * node:http, on 127.0.0.1 and a free port. It can cut, stall, mutate, redirect and replay.
 */
export async function serveGit(options: GitServerOptions): Promise<GitServer> {
  const requests: string[] = [];
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (options.onRequest?.(request, response) === true) return;
    if (!isAuthorized(options, request)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    runBackend(options, request, response);
  };
  const server: Server =
    options.tls === undefined ? createHttp(handle) : createHttps(options.tls, handle);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isAuthorized(options: GitServerOptions, request: IncomingMessage): boolean {
  if (options.auth === undefined) return true;
  const expected =
    'token' in options.auth
      ? `Bearer ${options.auth.token}`
      : `Basic ${Buffer.from(`${options.auth.username}:${options.auth.password}`).toString('base64')}`;
  return request.headers.authorization === expected;
}

function runBackend(
  options: GitServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'http.receivepack',
      GIT_CONFIG_VALUE_0: String(options.push ?? false),
      GIT_CONFIG_KEY_1: 'safe.directory',
      GIT_CONFIG_VALUE_1: '*',
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header('content-type'),
      CONTENT_LENGTH: header('content-length'),
      HTTP_CONTENT_ENCODING: header('content-encoding'),
      GIT_PROTOCOL: options.protocolV2 === false ? '' : header('git-protocol'),
      REMOTE_ADDR: '127.0.0.1',
    },
  });
  const stop = (): void => {
    backend.kill();
  };
  response.on('close', stop);
  backend.on('error', () => response.destroy());
  // The backend may leave before it has read all of a request; that shows in its answer.
  backend.stdin.on('error', () => undefined);
  request.pipe(backend.stdin);
  void relay(backend.stdout, response, options.mutate?.(request));
}

async function relay(
  output: AsyncIterable<Buffer>,
  response: ServerResponse,
  mutate: ((chunk: Buffer, sent: number) => ChunkFate) | undefined,
): Promise<void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let sent = 0;
  for await (let chunk of output) {
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) continue;
      writeHead(response, head.toString('latin1', 0, end));
      chunk = head.subarray(end + 4);
      head = undefined;
    }
    const fate: ChunkFate = mutate === undefined ? chunk : mutate(chunk, sent);
    sent += chunk.length;
    if (fate === 'stall') return;
    if (fate === 'cut') {
      response.destroy();
      return;
    }
    if (response.destroyed) return;
    if (!response.write(fate)) await drained(response);
  }
  if (head === undefined) response.end();
  else response.destroy();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function writeHead(response: ServerResponse, head: string): void {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (name.toLowerCase() === 'status') response.statusCode = Number(value.slice(0, 3));
    else response.setHeader(name, value);
  }
}
