import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EdgesealError } from '../../core/errors.ts';
import { systemCode } from '../store/disk.ts';
import type { Counters } from './counters.ts';
import type { Status } from './status.ts';

// Imported as an ES module, node:http brings along every export it has, and with WebSocket all of fetch: 14 MB.
const { createServer } = process.getBuiltinModule('node:http');

/** What is served. */
export interface Served {
  status: () => Status | undefined;
  counters: Counters;
  /** Why it is not ready, in place of what the Ready condition says; undefined where it is. */
  unready?: () => string | undefined;
  /** Whether this one leads, where several may. */
  isLeading?: () => boolean;
  /** Whether rounds still begin. */
  isAlive: () => boolean;
  issuedAt: () => string | undefined;
}

interface Page {
  code: number;
  type: string;
  body: string;
}

/** Health, status and metrics over HTTP. It says names and numbers; it takes no input but a path. */
export class StatusServer {
  readonly #server: Server;
  readonly #served: Served;

  private constructor(served: Served) {
    this.#served = served;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 });
    this.#server.on('request', (request, response) => {
      void this.#answer(request, response);
    });
  }

  /** @throws EdgesealError `input-usage` where the address cannot be listened on */
  static async listen(
    listen: { host: string; port: number },
    served: Served,
  ): Promise<StatusServer> {
    const server = new StatusServer(served);
    try {
      server.#server.listen(listen.port, listen.host);
      await once(server.#server, 'listening');
    } catch (cause) {
      throw new EdgesealError(
        'input-usage',
        `cannot listen on ${listen.host}:${listen.port} (${systemCode(cause) ?? 'error'})`,
        { field: 'spec.listen', cause, hint: 'choose another port, or end what listens there' },
      );
    }
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    let page: Page = { code: 405, type: 'text/plain', body: 'only GET\n' };
    if (method === 'GET' || method === 'HEAD') {
      try {
        page = await this.#page(url.split('?')[0] ?? '');
      } catch {
        page = { code: 500, type: 'text/plain', body: 'failed\n' };
      }
    }
    response.writeHead(page.code, { 'content-type': page.type, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : page.body);
  }

  async #page(path: string): Promise<Page> {
    const text = (code: number, body: string): Page => ({
      code,
      type: 'text/plain; charset=utf-8',
      body: `${body}\n`,
    });
    const status = this.#served.status();
    switch (path) {
      case '/healthz':
        return this.#served.isAlive() ? text(200, 'ok') : text(503, 'no round has begun for long');
      case '/readyz': {
        if (this.#served.unready !== undefined) {
          const why = this.#served.unready();
          return why === undefined ? text(200, 'ok') : text(503, why);
        }
        const ready = status?.conditions.find(({ type }) => type === 'Ready');
        if (ready?.status === 'True') return text(200, 'ok');
        return text(503, `${ready?.reason ?? 'Starting'}: ${ready?.message ?? ''}`);
      }
      case '/status':
        return { code: 200, type: 'application/json', body: this.#status(status) };
      case '/metrics': {
        // Only who is asked for metrics pays for the library.
        const { renderMetrics } = await import('./metrics.ts');
        return { code: 200, ...(await renderMetrics(this.#served)) };
      }
      default:
        return text(404, 'there are /healthz, /readyz, /status and /metrics');
    }
  }

  #status(status: Status | undefined): string {
    const { lastContact } = this.#served.counters;
    const at = lastContact === undefined ? null : new Date(lastContact).toISOString();
    return `${JSON.stringify({ ...status, lastContact: at }, null, 2)}\n`;
  }
}
