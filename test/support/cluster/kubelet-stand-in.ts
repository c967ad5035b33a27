import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Cluster } from './client.ts';

/**
 * A stand-in for a kubelet, of which there is none here: one node on loopback whose containers' logs are texts of the test. The
 * API server asks it as it asks a kubelet (`/containerLogs/NAMESPACE/POD/CONTAINER`), so all before it is real: rights,
 * parameters, streaming. What a kubelet makes of a pod (running it, its status) does not happen.
 */
export class KubeletStandIn {
  readonly node: string;
  /** By `NAMESPACE/POD/CONTAINER`, with `?previous` for the one before. */
  readonly logs = new Map<string, string | Buffer>();
  /** Queries that were asked, in order. */
  readonly asked: URL[] = [];
  readonly #close: () => Promise<void>;

  private constructor(node: string, close: () => Promise<void>) {
    this.node = node;
    this.#close = close;
  }

  static async start(cluster: Cluster, node: string): Promise<KubeletStandIn> {
    // The API server does not check a kubelet's certificate unless it is told to: its own will do.
    const certificates = path.dirname(cluster.address.caFile);
    const server = createServer({
      cert: readFileSync(cluster.address.caFile),
      key: readFileSync(path.join(certificates, 'apiserver.key')),
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kubelet = new KubeletStandIn(node, async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'https://kubelet');
      kubelet.asked.push(url);
      const name = url.pathname.replace(/^\/containerLogs\//, '');
      const previous = url.searchParams.get('previous') === 'true' ? '?previous' : '';
      const text = kubelet.logs.get(name + previous);
      if (text === undefined) response.writeHead(404).end('no such container');
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(text);
    });
    await cluster.request('POST', '/api/v1/nodes', { metadata: { name: node } });
    await cluster.request(
      'PATCH',
      `/api/v1/nodes/${node}/status`,
      {
        status: {
          addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: port } },
        },
      },
      { headers: { 'content-type': 'application/merge-patch+json' } },
    );
    return kubelet;
  }

  async stop(): Promise<void> {
    await this.#close();
  }
}
