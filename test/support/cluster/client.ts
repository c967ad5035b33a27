import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Agent, request as httpsRequest } from 'node:https';
import path from 'node:path';

/** What one needs to know to use a cluster from any process. */
export interface ClusterAddress {
  url: string;
  /** Certificate that the API server's is checked against, as PEM and as a file. */
  ca: string;
  caFile: string;
  /** Of a user in system:masters. */
  adminToken: string;
  /** With the admin's token. */
  kubeconfig: string;
  kubectl: string;
  /** Temporary; goes when the cluster ends. */
  folder: string;
}

export interface RequestOptions {
  /** Whose request it is; default: the admin's. `null` sends none. */
  token?: string | null;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  /** Parsed where the server says that it is JSON; else the text. */
  body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

/** Content types of PATCH. A server-side apply also wants `?fieldManager=` in its path. */
export const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
} as const;

/** A cluster as tests use it, by a client as bare as can be: no library of the product takes part. */
export class Cluster {
  readonly address: ClusterAddress;
  readonly #agent: Agent;

  constructor(address: ClusterAddress) {
    this.address = address;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 32, ca: address.ca });
  }

  /**
   * Sends one request and returns whatever the server answers.
   *
   * @param body sent as JSON; PATCH is a server-side apply unless `headers` names another content type
   * @throws when there is no answer: connection refused, closed
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const token = options.token === undefined ? this.address.adminToken : options.token;
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined
        ? {}
        : {
            'content-type': method === 'PATCH' ? patchTypes.apply : 'application/json',
            'content-length': String(payload.length),
          }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.address.url);
      const sent = httpsRequest(url, { method, headers, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString();
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          resolve({ status: response.statusCode!, body: isJson ? JSON.parse(text) : text });
        });
      });
      sent.once('error', reject).end(payload);
    });
  }

  /** Like `request`, for what must succeed; returns the body. */
  async #must(method: string, path: string, body?: unknown): Promise<Answer['body']> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300) {
      const why = typeof answer.body === 'string' ? answer.body : answer.body.message;
      throw new Error(`${method} ${path}: ${answer.status} ${why}`);
    }
    return answer.body;
  }

  /** Runs the real kubectl as the admin; returns what it prints. */
  async kubectl(...args: string[]): Promise<string> {
    return this.#kubectl(args);
  }

  /** Applies manifests, as `kubectl apply --server-side` does. */
  async apply(yaml: string): Promise<string> {
    return this.#kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], yaml);
  }

  async #kubectl(args: string[], input = ''): Promise<string> {
    const { kubectl, kubeconfig, folder } = this.address;
    // HOME: its discovery cache belongs to this cluster, not to the person.
    const env = { ...process.env, HOME: folder, KUBECONFIG: kubeconfig };
    return new Promise((resolve, reject) => {
      const child = execFile(
        kubectl,
        args,
        { env, maxBuffer: 1 << 28 },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`, { cause: error }));
        },
      );
      child.stdin!.once('error', () => undefined).end(input);
    });
  }

  /** A kubeconfig file for somebody else's token. */
  kubeconfigFor(token: string): string {
    const file = path.join(this.address.folder, `kubeconfig-${randomBytes(6).toString('hex')}`);
    writeFileSync(file, formatKubeconfig(this.address, token), { mode: 0o600 });
    return file;
  }

  /**
   * Makes a namespace that no other test has.
   *
   * @returns its name: the prefix and some random digits
   */
  async createNamespace(prefix: string, labels: Record<string, string> = {}): Promise<string> {
    const name = `${prefix}-${randomBytes(4).toString('hex')}`;
    await this.#must('POST', '/api/v1/namespaces', { metadata: { name, labels } });
    return name;
  }

  /** A service account's token, as the kubelet would get one for a pod; makes the account where there is none. */
  async serviceAccountToken(namespace: string, name: string): Promise<string> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const made = await this.request('POST', accounts, { metadata: { name } });
    if (made.status !== 201 && made.status !== 409) {
      throw new Error(`service account ${namespace}/${name}: ${made.status} ${made.body.message}`);
    }
    const spec = { expirationSeconds: 24 * 60 * 60 };
    const answer = await this.#must('POST', `${accounts}/${name}/token`, { spec });
    return answer.status.token;
  }

  /** Closes the client's connections; the cluster goes on. */
  disconnect(): void {
    this.#agent.destroy();
  }
}

/** kubectl and Go clients read YAML, of which JSON is a part. */
export function formatKubeconfig(
  { url, caFile }: Pick<ClusterAddress, 'url' | 'caFile'>,
  token: string,
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
