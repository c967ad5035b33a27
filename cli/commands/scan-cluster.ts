import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { emitYaml } from '../../core/format/block-yaml.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { isLabel } from '../../core/format/names.ts';
import { duration, secondsOf } from '../../core/format/schema.ts';
import { KubeClient } from '../../core/kube/client.ts';
import { inCluster } from '../../core/kube/in-cluster.ts';
import { alertUrl, sendAlert } from '../cluster-scan/alert.ts';
import { cronJobObjects } from '../cluster-scan/cron-job.ts';
import { printReport, reportOf } from '../cluster-scan/report.ts';
import { isRefused, surveyCluster } from '../cluster-scan/survey.ts';
import { openContext } from '../cluster/open.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output, printError } from '../terminal/output.ts';
import { ProgressLine } from '../wait/progress-line.ts';

/** Options of `edgeseal scan --cluster`. */
export interface ClusterScanOptions {
  context?: string;
  kubeconfig?: string;
  namespaces?: string[];
  since?: string;
  logLimit?: string;
  report?: string;
  output?: string;
  printCronJob?: boolean;
  image?: string;
  schedule?: string;
  namespace?: string;
}

const defaultSince = '24h';
const defaultLimit = '64Mi';

/** `edgeseal scan --cluster`: searches ConfigMaps, pods and their logs for what only Secrets should hold. */
export async function run(io: Io, options: ClusterScanOptions): Promise<number> {
  const output = new Output(io);
  if (options.printCronJob === true) return printCronJob(output, options);
  if (!['text', 'json'].includes(options.output ?? 'text'))
    throw new EdgesealError(
      'input-usage',
      'of a cluster there is text or json: what is found is in no file',
    );
  const { ['EDGESEAL_ALERT_URL']: hook = '' } = io.env;
  const alert = hook === '' ? undefined : alertUrl(hook);
  const sinceSeconds = sinceOf(options.since ?? defaultSince);
  const limitBytes = bytesOf(options.logLimit ?? defaultLimit);
  const namespaces = options.namespaces ?? [];
  const { client, name } = await clientOf(io, options);
  const line = new ProgressLine(io);
  try {
    const survey = await surveyCluster(
      client,
      { sinceSeconds, limitBytes, namespaces },
      (words) => {
        if (io.stderr.isTTY === true) line.show(words);
      },
    );
    line.end();
    const report = reportOf(survey, name);
    if (options.output === 'json') output.json(report);
    else printReport(output, report);
    if (options.report !== undefined)
      await writeFile(resolve(io.cwd, options.report), `${JSON.stringify(report, null, 2)}\n`);
    const isSent = report.findings.length === 0 || (await sent(io, alert, report));
    if (report.findings.length > 0) return exitCodes.findings;
    return isSent && survey.unread.length === 0 ? exitCodes.ok : exitCodes.kube;
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new EdgesealError('kube-forbidden', (error as Error).message, {
      cause: error,
      hint: 'the search lists Secrets, ConfigMaps and pods of all namespaces and reads their logs; of some: --namespaces NAME,NAME',
    });
  } finally {
    line.end();
    client.close();
  }
}

/** The findings are printed already, so a hook that fails ends nothing; but it is said. */
async function sent(
  io: Io,
  url: URL | undefined,
  report: Parameters<typeof sendAlert>[1],
): Promise<boolean> {
  if (url === undefined) return true;
  try {
    await sendAlert(url, report);
    return true;
  } catch (error) {
    printError(error, io);
    return false;
  }
}

/** A kubeconfig's cluster, or the one around the pod that this runs in. */
async function clientOf(
  io: Io,
  { context, kubeconfig }: ClusterScanOptions,
): Promise<{ client: KubeClient; name: string }> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBECONFIG: file = '' } = io.env;
  if (host !== '' && file === '' && context === undefined && kubeconfig === undefined) {
    const client = new KubeClient(inCluster(io.env).endpoint);
    return { client, name: client.url };
  }
  const cluster = await openContext(io, {
    ...(context === undefined ? {} : { context }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  });
  return { client: cluster.client, name: cluster.context };
}

function printCronJob(output: Output, options: ClusterScanOptions): number {
  const { image, namespace = 'security', schedule = '0 3 * * *' } = options;
  if (image === undefined)
    throw new EdgesealError('input-usage', 'which image is the CronJob to run?', {
      hint: 'the one that your controllers run: --image REGISTRY/edgeseal:VERSION',
    });
  if (!isLabel(namespace)) throw new EdgesealError('input-usage', 'that is no name of a namespace');
  const objects = cronJobObjects({ image, namespace, schedule });
  output.line(
    objects
      .map((object) => emitYaml(object as unknown as Json))
      .join('---\n')
      .trimEnd(),
  );
  return exitCodes.ok;
}

function sinceOf(text: string): number {
  const seconds = duration.safeParse(text).success ? secondsOf(text) : 0;
  if (seconds > 0) return seconds;
  throw new EdgesealError('input-usage', '--since takes a duration such as 24h or 90m');
}

function bytesOf(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})(Ki|Mi|Gi)?$/.exec(text) ?? [];
  const factor = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 }[unit] ?? 1;
  const bytes = Number(digits) * factor;
  if (bytes > 0) return bytes;
  throw new EdgesealError('input-usage', '--log-limit takes bytes, such as 64Mi');
}
