/**
 * The fastest that anyone could be from Node: sixteen kept-alive HTTPS connections, one server-side apply for each
 * Secret, nothing looked at but the status. A process of its own: `node bench/cluster/bare-client.ts FILE`.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { memoryOf } from './measure.ts';

interface Order {
  url: string;
  ca: string;
  token: string;
  manifests: { metadata: { namespace: string; name: string } }[];
}

const { url, ca, token, manifests } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Order;
const agent = new Agent({ keepAlive: true, maxSockets: 16, ca });

async function apply(manifest: Order['manifests'][number]): Promise<void> {
  const { namespace, name } = manifest.metadata;
  const payload = Buffer.from(JSON.stringify(manifest));
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}?fieldManager=bare&force=true`;
  await new Promise<void>((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/apply-patch+yaml',
      'content-length': payload.length,
    };
    const sent = request(new URL(path, url), { method: 'PATCH', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 201) resolve();
        else reject(new Error(`${name}: ${response.statusCode ?? 0}`));
      });
    });
    sent.once('error', reject).end(payload);
  });
}

const began = performance.now();
let next = 0;
const worker = async (): Promise<void> => {
  for (let one = manifests[next++]; one !== undefined; one = manifests[next++]) await apply(one);
};
await Promise.all(Array.from({ length: 16 }, worker));
const ms = performance.now() - began;
agent.destroy();
process.stdout.write(`${JSON.stringify({ ms, megabytes: memoryOf(process.pid, 'VmHWM') })}\n`);
