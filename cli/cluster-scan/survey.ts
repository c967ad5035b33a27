import { isEdgesealError } from '../../core/errors.ts';
import type { KubeClient } from '../../core/kube/client.ts';
import { isKubeStatus } from '../../core/kube/error.ts';
import { listAll } from '../../core/kube/watch.ts';
import type { KubeObject } from '../../core/kube/watch.ts';
import type { ClusterFinding } from './finding.ts';
import { logName, logsOf, readLog } from './logs.ts';
import type { LogOptions, LogSource } from './logs.ts';
import { placesOfConfigMap, placesOfPod } from './places.ts';
import type { ConfigMapObject, PodObject } from './places.ts';
import { Search } from './search.ts';
import { soughtValues } from './sought.ts';
import type { SecretObject } from './sought.ts';

/** What is looked at. */
export interface SurveyOptions extends LogOptions {
  /** Namespaces; all where there are none. */
  namespaces: readonly string[];
}

/** What was found, and how much was looked at: a report that is silent on this could be an empty one. */
export interface Survey {
  findings: ClusterFinding[];
  secrets: number;
  /** Values that were looked for, and items that were not: too short, or public by what they are. */
  values: number;
  passedOver: number;
  configMaps: number;
  pods: number;
  logs: number;
  logBytes: number;
  /** What should have been looked at and could not be, with the reason. */
  unread: { what: string; why: string }[];
}

/** So many logs are read at a time. */
const logsAtOnce = 4;

/**
 * Searches a cluster's ConfigMaps, pods and logs for the values of its own Secrets and for what the rules know. Plaintext
 * stays in memory, and nothing of it is in what is returned.
 *
 * @param progress told what is being done, for a person who waits
 * @throws KubeError where Secrets, ConfigMaps or pods cannot be listed at all
 */
export async function surveyCluster(
  client: KubeClient,
  options: SurveyOptions,
  progress: (words: string) => void,
): Promise<Survey> {
  const search = new Search();
  const survey: Survey = {
    findings: [],
    secrets: 0,
    values: 0,
    passedOver: 0,
    configMaps: 0,
    pods: 0,
    logs: 0,
    logBytes: 0,
    unread: [],
  };
  progress('reading Secrets');
  for (const secret of await list<SecretObject>(client, 'secrets', options)) {
    const { sought, passedOver } = soughtValues(secret);
    survey.secrets += 1;
    survey.passedOver += passedOver;
    for (const one of sought) search.add(one);
  }
  survey.values = search.values;
  progress('searching ConfigMaps');
  for (const object of await list<ConfigMapObject>(client, 'configmaps', options)) {
    survey.configMaps += 1;
    for (const place of placesOfConfigMap(object)) await search.look(place);
  }
  progress('searching pods');
  const pods = await list<PodObject>(client, 'pods', options);
  survey.pods = pods.length;
  for (const pod of pods) for (const place of placesOfPod(pod)) await search.look(place);
  const sources = pods.flatMap(logsOf);
  const worker = async (): Promise<void> => {
    for (let source = sources.shift(); source !== undefined; source = sources.shift()) {
      progress(`searching logs, ${sources.length + 1} to go`);
      await searchLog(client, source, options, { search, survey });
    }
  };
  await Promise.all(Array.from({ length: logsAtOnce }, worker));
  survey.findings = search.findings;
  return survey;
}

async function searchLog(
  client: KubeClient,
  source: LogSource,
  options: LogOptions,
  { search, survey }: { search: Search; survey: Survey },
): Promise<void> {
  const blocks = readLog(client, source, options);
  try {
    for (;;) {
      const { done, value } = await blocks.next();
      if (done !== true) {
        await search.look(value);
        continue;
      }
      if (value === undefined) return;
      survey.logs += 1;
      survey.logBytes += value;
      if (value < options.limitBytes) return;
      survey.unread.push({
        what: logName(source),
        why: `only its first ${options.limitBytes} bytes were read: --log-limit reads more`,
      });
      return;
    }
  } catch (error) {
    const why = isEdgesealError(error) ? error.message : 'the log broke off';
    survey.unread.push({ what: logName(source), why });
  }
}

/** A collection of all namespaces, or of those that were named. */
async function list<T extends KubeObject>(
  client: KubeClient,
  collection: string,
  { namespaces }: SurveyOptions,
): Promise<T[]> {
  if (namespaces.length === 0)
    return (await listAll<T>(client, { path: `/api/v1/${collection}` })).items;
  const all: T[] = [];
  for (const namespace of namespaces) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${collection}`;
    all.push(...(await listAll<T>(client, { path })).items);
  }
  return all;
}

/** Whether a listing was refused for want of rights. */
export function isRefused(error: unknown): boolean {
  return isKubeStatus(error, 401, 403);
}
