import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OwnCluster } from '../../test/support/cluster/start.ts';
import { freePort, Server } from '../../test/support/cluster/server.ts';
import { findAssets } from '../../tools/assets.ts';
import type { AssetSet } from '../../tools/assets.ts';
import { serveGit } from '../../tools/git-server.ts';
import { withCluster } from './cold.ts';
import type { Cold } from './cold.ts';
import { manifestOf, requireAll } from './made-up.ts';
import type { MadeUp } from './made-up.ts';
import { countSecrets, memoryOf, untilSecrets } from './measure.ts';

const run = promisify(execFile);
const own = 'flux-system';

/** A Git repository of Secrets that SOPS has encrypted for an age key, applied by the real Flux. */
export async function flux(list: MadeUp[]): Promise<Cold | string> {
  const sets = (['flux', 'sops', 'age'] satisfies AssetSet[]).map((set) => findAssets(set));
  if (sets.some(({ missing }) => missing.length > 0))
    return 'not measured (npm run assets -- sealed-secrets flux sops age)';
  const programs: Record<string, string> = Object.assign({}, ...sets.map((set) => set.programs));
  return withCluster(list, async (cluster) => {
    for (const crds of sets.flatMap((set) => set.crds))
      await cluster.kubectl('apply', '--server-side', '-f', crds);
    await cluster.kubectl('wait', '--for=condition=established', 'crd', '--all');
    return measure(cluster, programs, list);
  });
}

async function measure(
  cluster: OwnCluster,
  programs: Record<string, string>,
  list: MadeUp[],
): Promise<Cold> {
  const { folder } = cluster.address;
  const keyFile = join(folder, 'age.agekey');
  execFileSync(programs['age-keygen']!, ['-o', keyFile], { stdio: 'ignore' });
  const key = readFileSync(keyFile, 'utf8');
  await encrypt(programs['sops']!, /age1\S+/.exec(key)![0], join(folder, 'flux'), list);
  const git = await serveGit({ root: folder });
  const servers: Server[] = [];
  try {
    await cluster.apply(JSON.stringify(objects(git.url, key)));
    const storage = `127.0.0.1:${await freePort()}`;
    servers.push(
      await controller(cluster, programs, 'source-controller', [
        `--storage-path=${folder}`,
        `--storage-addr=${storage}`,
        `--storage-adv-addr=${storage}`,
      ]),
      await controller(cluster, programs, 'kustomize-controller', []),
    );
    const before = await countSecrets(cluster);
    const began = performance.now();
    for (const server of servers) await server.start();
    const done = await untilSecrets(cluster, before + list.length, servers);
    const peaks = servers.map(({ pid }) => memoryOf(pid, 'VmHWM'));
    await requireAll(cluster, list);
    return { seconds: (done - began) / 1000, peaks };
  } finally {
    await Promise.all(servers.map((server) => server.kill()));
    await git.close();
  }
}

async function controller(
  cluster: OwnCluster,
  programs: Record<string, string>,
  name: string,
  args: string[],
): Promise<Server> {
  const { folder, kubeconfig } = cluster.address;
  const flags = [
    ...args,
    // As with the others: nobody holds back requests.
    '--kube-api-qps=5000',
    '--kube-api-burst=10000',
    '--events-addr=',
    `--metrics-addr=127.0.0.1:${await freePort()}`,
    `--health-addr=127.0.0.1:${await freePort()}`,
  ];
  const env = { KUBECONFIG: kubeconfig, RUNTIME_NAMESPACE: own, TMPDIR: folder };
  return new Server(programs[name]!, flags, join(folder, `${name}.log`), env);
}

/** One file a Secret, as people keep them; four at a time, since each is a process of its own. */
async function encrypt(sops: string, to: string, folder: string, list: MadeUp[]): Promise<void> {
  mkdirSync(folder);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = list[next++]; one !== undefined; one = list[next++]) {
      const file = join(folder, `${one.namespace}-${one.name}.yaml`);
      writeFileSync(file, JSON.stringify(manifestOf(one)));
      const only = ['--encrypted-regex', '^(data|stringData)$', '--age', to];
      await run(sops, ['encrypt', '--in-place', '--input-type', 'yaml', ...only, file]);
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  const git = (...args: string[]): unknown => execFileSync('git', ['-C', folder, ...args]);
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git(
    '-c',
    'user.name=Made Up',
    '-c',
    'user.email=made-up@example.com',
    'commit',
    '-qm',
    'Encrypt',
  );
}

function objects(url: string, key: string): object {
  const named = (name: string): object => ({ name, namespace: own });
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: own } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: named('sops-age'),
        stringData: { 'age.agekey': key },
      },
      {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'GitRepository',
        metadata: named('secrets'),
        spec: { url: `${url}/flux/.git`, ref: { branch: 'main' }, interval: '10m' },
      },
      {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: named('secrets'),
        spec: {
          sourceRef: { kind: 'GitRepository', name: 'secrets' },
          path: './',
          prune: true,
          interval: '10m',
          decryption: { provider: 'sops', secretRef: { name: 'sops-age' } },
        },
      },
    ],
  };
}
