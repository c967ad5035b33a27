import type { IncomingMessage } from 'node:http';
import type { KubeClient } from '../../core/kube/client.ts';
import { KubeError } from '../../core/kube/error.ts';
import { countLines } from '../../core/scan/windows.ts';
import type { Place } from './finding.ts';
import { containersOf } from './places.ts';
import type { ContainerStatus, PodObject } from './places.ts';

/** What is read of logs. */
export interface LogOptions {
  sinceSeconds: number;
  /** Most bytes of one container's log; the newest are lost then, since the API counts from the beginning. */
  limitBytes: number;
}

/** One log: of a container, or of the one that was there before it was restarted. */
export interface LogSource {
  namespace: string;
  pod: string;
  container: string;
  previous: boolean;
}

/** A text is judged in blocks of this size, each up to the end of a line. */
const blockBytes = 1 << 20;
/** Of a line that is longer, so much is kept for the next block: a value across the cut is still seen. */
const overlap = 4096;

/** The logs that a pod has by its status; where that says nothing of a container, its log is asked for once the pod runs. */
export function logsOf(object: PodObject): LogSource[] {
  const { name: pod, namespace = '' } = object.metadata;
  const { containerStatuses, initContainerStatuses, ephemeralContainerStatuses } =
    object.status ?? {};
  const statuses = new Map<string, ContainerStatus>();
  for (const list of [containerStatuses, initContainerStatuses, ephemeralContainerStatuses])
    for (const status of list ?? []) statuses.set(status.name, status);
  return containersOf(object).flatMap(({ name: container }) => {
    const status = statuses.get(container);
    const source = { namespace, pod, container };
    const sources: LogSource[] = [];
    if ((status?.restartCount ?? 0) > 0) sources.push({ ...source, previous: true });
    // One that waits for its image, or between two attempts, has no log of its own yet.
    const waits =
      status === undefined
        ? object.status?.phase === 'Pending'
        : status.state?.waiting !== undefined;
    if (!waits) sources.push({ ...source, previous: false });
    return sources;
  });
}

/** The place's name in a report. */
export function logName({ namespace, pod, container, previous }: LogSource): string {
  return `log/${namespace}/${pod}/${container}${previous ? '/previous' : ''}`;
}

/**
 * Reads a log as a stream, block by block, whatever its length.
 *
 * @yields blocks that end with a line, as long as lines are shorter than a block
 * @returns bytes that were read, or undefined where there is no such log any more
 * @throws KubeError where it may not or cannot be read
 */
export async function* readLog(
  client: KubeClient,
  source: LogSource,
  options: LogOptions,
): AsyncGenerator<Place, number | undefined> {
  const { namespace, pod, container, previous } = source;
  const path = `/api/v1/namespaces/${namespace}/pods/${encodeURIComponent(pod)}/log`;
  const query = { container, previous: previous || undefined, ...options };
  const response = await client.open('GET', path, { query, accept: '*/*' });
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    const error = new KubeError({ method: 'GET', path }, status, await reasonOf(response));
    // The pod has gone meanwhile, or the runtime has thrown the log away.
    if (error.status === 400 || error.status === 404) return undefined;
    throw error;
  }
  const since = new Date(Date.now() - options.sinceSeconds * 1000).toISOString();
  const command = `kubectl logs -n ${namespace} ${pod} -c ${container}${previous ? ' --previous' : ''} --since-time=${since.slice(0, 19)}Z`;
  const place = { file: logName(source), kind: 'container.log', look: command };
  let rest: Buffer = Buffer.alloc(0);
  let linesBefore = 0;
  let total = 0;
  for await (const chunk of response) {
    total += (chunk as Buffer).length;
    rest = Buffer.concat([rest, chunk as Buffer]);
    if (rest.length < blockBytes) continue;
    const end = rest.lastIndexOf(10) + 1 || rest.length;
    const bytes = rest.subarray(0, end);
    yield { ...place, bytes, linesBefore };
    linesBefore += countLines(bytes, 0, bytes.length);
    rest = bytes.at(-1) === 10 ? rest.subarray(end) : rest.subarray(-overlap);
  }
  if (rest.length > 0) yield { ...place, bytes: rest, linesBefore };
  return total;
}

/** The server's own words, shortened: they are about a pod, and a kubelet might say anything. */
async function reasonOf(response: IncomingMessage): Promise<{ message?: string }> {
  let text = '';
  for await (const chunk of response) if (text.length < 4096) text += String(chunk);
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? { message } : {};
  } catch {
    return {};
  }
}
