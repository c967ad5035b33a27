// vitest's globalSetup: one cluster for all test files of a run, started when the first of them asks for it. It lives in
// vitest's main process, so no test file's end takes it away from the others, and it ends with the run.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startCluster } from './start.ts';
import type { OwnCluster } from './start.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** GET returns the shared cluster's address as JSON; POST reports why a test file was skipped. */
    clusterBroker: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let shared: Promise<OwnCluster> | undefined;
  const skipped: string[] = [];
  const secret = `/${randomUUID()}`;

  const answer = async (method: string, body: string): Promise<string> => {
    if (method === 'POST') {
      skipped.push(body);
      return '';
    }
    shared ??= startCluster({ controllers: true });
    const cluster = await shared;
    return JSON.stringify(cluster.address);
  };
  const broker = createServer((request, response) => {
    if (request.url !== secret) {
      response.writeHead(404).end();
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      answer(request.method!, body).then(
        (text) => response.end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
  // The first answer takes as long as a start.
  broker.requestTimeout = 0;
  broker.listen(0, '127.0.0.1').unref();
  await once(broker, 'listening');
  project.provide(
    'clusterBroker',
    `http://127.0.0.1:${(broker.address() as AddressInfo).port}${secret}`,
  );

  return async () => {
    broker.close();
    broker.closeAllConnections();
    const cluster = await shared?.catch(() => undefined);
    await cluster?.stop();
    if (skipped.length > 0) {
      console.log(`skipped ${skipped.length} suites: ${[...new Set(skipped)].join('; ')}`);
    }
  };
}
