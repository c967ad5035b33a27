import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OwnCluster } from '../../test/support/cluster/start.ts';
import { freePort, Server } from '../../test/support/cluster/server.ts';
import { findAssets } from '../../tools/assets.ts';
import { withCluster } from './cold.ts';
import type { Cold } from './cold.ts';
import { manifestOf, requireAll } from './made-up.ts';
import type { MadeUp } from './made-up.ts';
import { countSecrets, memoryOf, until, untilSecrets } from './measure.ts';

/** Where the controller looks, and nowhere else. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const own = 'sealed-secrets';

/** Seals with the real kubeseal, and lets the real controller open all of it, without a limit on its requests. */
export async function sealedSecrets(list: MadeUp[]): Promise<Cold | string> {
  const { programs, crds, missing } = findAssets('sealed-secrets');
  if (missing.length > 0) return 'not measured (npm run assets -- sealed-secrets flux sops age)';
  return withCluster(list, async (cluster) => {
    const removeAccount = await makeAccount(cluster);
    if (removeAccount === undefined)
      return `not measured: its controller wants files in ${accountFolder}, which cannot be made here`;
    try {
      for (const folder of crds) await cluster.kubectl('apply', '--server-side', '-f', folder);
      await cluster.kubectl('wait', '--for=condition=established', 'crd', '--all');
      return await measure(cluster, programs, list);
    } finally {
      removeAccount();
    }
  });
}

async function measure(
  cluster: OwnCluster,
  programs: Record<string, string>,
  list: MadeUp[],
): Promise<Cold> {
  const { folder, url } = cluster.address;
  const address = new URL(url);
  const args = [
    '--kubeclient-qps=-1',
    `--listen-addr=127.0.0.1:${await freePort()}`,
    `--listen-metrics-addr=127.0.0.1:${await freePort()}`,
  ];
  const log = join(folder, 'sealed-secrets.log');
  const controller = new Server(programs['sealed-secrets-controller']!, args, log, {
    KUBERNETES_SERVICE_HOST: address.hostname,
    KUBERNETES_SERVICE_PORT: address.port,
  });
  try {
    // Once before, for its key.
    await controller.start();
    const certificate = join(folder, 'sealed-secrets.crt');
    await until(async () => existsCertificate(cluster, certificate), 'key', [controller]);
    await controller.kill();
    const sealed = execFileSync(programs['kubeseal']!, ['--cert', certificate, '-o', 'yaml'], {
      input: list.map((one) => JSON.stringify(manifestOf(one))).join('\n---\n'),
      maxBuffer: 1 << 28,
    });
    await cluster.apply(sealed.toString());
    const before = await countSecrets(cluster);
    const began = performance.now();
    await controller.start();
    const done = await untilSecrets(cluster, before + list.length, [controller]);
    const peaks = [memoryOf(controller.pid, 'VmHWM')];
    await requireAll(cluster, list);
    return { seconds: (done - began) / 1000, peaks };
  } finally {
    await controller.kill();
  }
}

async function existsCertificate(cluster: OwnCluster, file: string): Promise<boolean> {
  const label = 'sealedsecrets.bitnami.com/sealed-secrets-key';
  const path = `/api/v1/namespaces/${own}/secrets?labelSelector=${label}`;
  const { body } = await cluster.request('GET', path);
  const certificate = body.items[0]?.data['tls.crt'];
  if (certificate === undefined) return false;
  writeFileSync(file, Buffer.from(certificate as string, 'base64'));
  return true;
}

/** @returns what removes it again; undefined where this is a pod, or the folder cannot be made */
async function makeAccount(cluster: OwnCluster): Promise<(() => void) | undefined> {
  if (existsSync(accountFolder)) return undefined;
  const made = firstMissing(accountFolder);
  try {
    mkdirSync(accountFolder, { recursive: true });
  } catch {
    return undefined;
  }
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(made, { recursive: true, force: true });
  };
  // Also where the benchmark is interrupted.
  process.on('exit', remove);
  await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: own } });
  writeFileSync(join(accountFolder, 'token'), cluster.address.adminToken, { mode: 0o600 });
  writeFileSync(join(accountFolder, 'ca.crt'), cluster.address.ca);
  writeFileSync(join(accountFolder, 'namespace'), own);
  return remove;
}

/** The highest folder on the way that is not there yet: what was made is removed, and no more. */
function firstMissing(folder: string): string {
  const parent = dirname(folder);
  return existsSync(parent) ? folder : firstMissing(parent);
}
