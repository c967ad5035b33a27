import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findAssets } from '../../../tools/assets.ts';
import { Cluster, formatKubeconfig } from './client.ts';
import type { ClusterAddress } from './client.ts';
import { freePort, Server } from './server.ts';

export interface ClusterOptions {
  /**
   * Run kube-controller-manager too: it empties deleted namespaces, collects garbage, makes each namespace's default
   * service account, counts quotas. Default false: an API server is enough for most.
   */
  controllers?: boolean;
  /** More flags for kube-apiserver, such as `--audit-log-path=...` or `--encryption-provider-config=...`. */
  apiserverFlags?: string[];
}

/** Those that an edge cluster's Secrets can meet; each further one costs start-up time. */
const controllers = [
  'namespace-controller',
  'garbage-collector-controller',
  'resourcequota-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'deployment-controller',
  'replicaset-controller',
];

/** Far more than a start takes on an idle machine (6 s): two cores may be shared with a build. */
const patience = 120_000;

/** A cluster of the caller's own: it may be killed, restarted, filled, broken. */
export class OwnCluster extends Cluster {
  readonly #apiserver: Server;
  readonly #others: Server[];

  constructor(address: ClusterAddress, apiserver: Server, others: Server[]) {
    super(address);
    this.#apiserver = apiserver;
    this.#others = others;
  }

  /** Kills the API server alone, as a crash would; etcd keeps what was stored. */
  async killApiserver(): Promise<void> {
    await this.#apiserver.kill();
  }

  /** Starts it again, with the same address, certificate and tokens, and waits until it is ready. */
  async startApiserver(): Promise<void> {
    await this.#apiserver.start();
    await untilReady(this, this.#apiserver);
  }

  /** Keeps the API server from answering, though its connections stay open; `thaw` ends that. */
  freezeApiserver(): void {
    this.#apiserver.signal('SIGSTOP');
  }

  thawApiserver(): void {
    this.#apiserver.signal('SIGCONT');
  }

  /** Ends all of it, and removes its folder. */
  async stop(): Promise<void> {
    this.disconnect();
    await Promise.all([this.#apiserver, ...this.#others].map((server) => server.kill()));
    rmSync(this.address.folder, { recursive: true, force: true });
  }
}

/**
 * Starts a real cluster without nodes: etcd, kube-apiserver and, if asked, kube-controller-manager, on loopback and
 * free ports, with RBAC. It ends with `stop()`, and with the process that started it, however that ends.
 *
 * @throws when its programs have not been built, or one of them does not start; the message has the end of its log
 */
export async function startCluster(options: ClusterOptions = {}): Promise<OwnCluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Between finding a port free and listening on it, another cluster may have taken it.
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || attempt === 3) throw error;
    }
  }
}

async function startOnce(options: ClusterOptions): Promise<OwnCluster> {
  const { programs, missing } = findAssets('cluster');
  if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}: npm run assets`);
  const folder = mkdtempSync(path.join(tmpdir(), 'edgeseal-cluster-'));
  const file = (name: string): string => path.join(folder, name);
  const started: Server[] = [];
  const server = async (name: string, args: string[]): Promise<Server> => {
    const made = new Server(programs[name]!, args, file(`${name}.log`));
    await made.start();
    started.push(made);
    return made;
  };

  try {
    const etcdUrl = `http://127.0.0.1:${await freePort()}`;
    const port = await freePort();
    const adminToken = randomBytes(16).toString('hex');
    const address: ClusterAddress = {
      url: `https://127.0.0.1:${port}`,
      ca: '',
      caFile: file('certificates/apiserver.crt'),
      adminToken,
      kubeconfig: file('kubeconfig'),
      kubectl: programs['kubectl']!,
      folder,
    };
    writeFileSync(address.kubeconfig, formatKubeconfig(address, adminToken), { mode: 0o600 });
    writeFileSync(file('tokens.csv'), `${adminToken},admin,admin,system:masters\n`, {
      mode: 0o600,
    });
    writeFileSync(file('service-account.key'), serviceAccountKey(), { mode: 0o600 });
    mkdirSync(file('certificates'));

    const etcd = await server('etcd', [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      // Nobody needs this data after a power cut, and fsync would cost most of each write.
      '--unsafe-no-fsync',
      '--log-level=warn',
    ]);
    const apiserver = await server('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      // It makes itself a certificate there, and finds it again when restarted.
      `--cert-dir=${file('certificates')}`,
      `--token-auth-file=${file('tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('service-account.key')}`,
      `--service-account-signing-key-file=${file('service-account.key')}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      // Loopback may not be advertised as the `kubernetes` service's endpoint.
      '--endpoint-reconciler-type=none',
      ...(options.apiserverFlags ?? []),
    ]);
    address.ca = await certificate(address.caFile, apiserver, etcd);
    await untilReady(new Cluster(address), apiserver);
    if (options.controllers === true) {
      await server('kube-controller-manager', [
        `--kubeconfig=${address.kubeconfig}`,
        `--controllers=${controllers.join(',')}`,
        `--root-ca-file=${address.caFile}`,
        `--service-account-private-key-file=${file('service-account.key')}`,
        '--leader-elect=false',
        '--secure-port=0',
      ]);
    }
    return new OwnCluster(
      address,
      apiserver,
      started.filter((other) => other !== apiserver),
    );
  } catch (error) {
    await Promise.all(started.map((one) => one.kill()));
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }) as string;
}

/** The certificate that the API server has made itself: it is written before the port is opened. */
async function certificate(file: string, ...servers: Server[]): Promise<string> {
  const key = file.replace(/crt$/, 'key');
  await until(
    async () => existsSync(file) && existsSync(key) && readFileSync(key, 'utf8').includes('END'),
    servers,
  );
  return readFileSync(file, 'utf8');
}

async function untilReady(cluster: Cluster, apiserver: Server): Promise<void> {
  await until(async () => {
    const answer = await cluster.request('GET', '/readyz').catch(() => undefined);
    return answer?.status === 200;
  }, [apiserver]);
}

async function until(check: () => Promise<boolean>, servers: Server[]): Promise<void> {
  const deadline = Date.now() + patience;
  for (;;) {
    if (await check()) return;
    const dead = servers.find((server) => !server.running);
    if (dead !== undefined) throw new Error(`a server ended while it started:\n${dead.logTail()}`);
    if (Date.now() > deadline) {
      const logs = servers.map((server) => server.logTail()).join('\n');
      throw new Error(`not ready after ${patience / 1000} s:\n${logs}`);
    }
    await sleep(50);
  }
}
