import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateSigningKey } from '../../cli/signer/signer.ts';
import { serveGit } from '../../tools/git-server.ts';
import type { GitServer } from '../../tools/git-server.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { homeIn } from '../support/workspace.ts';

const root = path.join(import.meta.dirname, '../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const section = readme.slice(readme.indexOf('## Use it'), readme.indexOf('## Numbers'));

/** The commands of all blocks, one by one; what a backslash continues is one. */
const commands = [...section.matchAll(/^```sh\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.trim() !== '');

/**
 * Word for word, with three stand-ins: a Git server on loopback for git.example.com, a process of its own for the pods
 * (there is no kubelet), and no `npm install` (test/house/pack.test.ts does that).
 */
describeOwnCluster('README.md, "Use it"', { controllers: true }, (cluster) => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let server: GitServer;
  let pod: ChildProcess | undefined;
  let log = '';

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'edgeseal-readme-'));
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    const program = (name: string, line: string): void => {
      writeFileSync(path.join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`);
      chmodSync(path.join(bin, name), 0o755);
    };
    program('edgeseal', `${process.execPath} ${path.join(root, 'cli/bin.ts')}`);
    program('kubectl', cluster.address.kubectl);
    env = {
      ...homeIn(folder),
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
      TERM: 'dumb',
    };
    await generateSigningKey(path.join(folder, 'home/.ssh/id_ed25519'), 'made-up test key', env);
    mkdirSync(path.join(folder, 'home/.kube'));
    const config = readFileSync(cluster.address.kubeconfig, 'utf8');
    writeFileSync(path.join(folder, 'home/.kube/config'), config.replaceAll('"test"', '"edge-1"'), {
      mode: 0o600,
    });
    mkdirSync(path.join(folder, 'git'));
    const git = path.join(folder, 'git/secrets.git');
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', git], { env });
    server = await serveGit({ root: path.join(folder, 'git'), push: true });
  });

  afterAll(async () => {
    pod?.kill('SIGKILL');
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the kubelet would start. */
  async function startPod(): Promise<void> {
    const account = path.join(folder, 'account');
    mkdirSync(account);
    const token = await cluster.serviceAccountToken('edgeseal-system', 'edgeseal-us-east');
    writeFileSync(path.join(account, 'token'), token);
    writeFileSync(path.join(account, 'ca.crt'), cluster.address.ca);
    writeFileSync(path.join(account, 'namespace'), 'edgeseal-system');
    const { hostname, port } = new URL(cluster.address.url);
    const args = [path.join(root, 'cli/bin.ts'), 'controller', '--region-sync', 'us-east'];
    pod = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        POD_NAME: 'stand-in',
        POD_NAMESPACE: 'edgeseal-system',
        EDGESEAL_SERVICE_ACCOUNT_DIR: account,
        EDGESEAL_LISTEN: '127.0.0.1:0',
        EDGESEAL_STORE: path.join(folder, 'store'),
        SYNC_INTERVAL: '1s',
      },
    });
    for (const stream of [pod.stdout!, pod.stderr!])
      stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  }

  /** Types one command at a terminal, and a value where one is asked for. */
  async function type(command: string, cwd: string, value: string): Promise<string> {
    const child = spawn('script', ['-q', '-e', '-c', command, '/dev/null'], {
      cwd,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      if (/password(, again)?: $/.test(shown)) child.stdin.write(`${value}\r`);
    });
    const [code] = (await once(child, 'close')) as [number];
    if (code !== 0) throw new Error(`${command}: exit code ${code}\n${shown}\n${log.slice(-3000)}`);
    return shown;
  }

  it('brings a value into the cluster, and its next one', { timeout: 180_000 }, async () => {
    const values = ['made-up-first', 'made-up-second'];
    const arrived = async (): Promise<string> => {
      const secret = ['get', 'secret', 'database-credentials', '-n', 'production'];
      const data = await cluster.kubectl(...secret, '-o', 'jsonpath={.data.password}');
      return Buffer.from(data, 'base64').toString();
    };
    let cwd = folder;
    let shown = '';
    for (const line of commands) {
      const command = line
        .replaceAll('https://git.example.com/acme', server.url)
        .replace(' && npm install', '')
        .replace(' && cd secrets', '');
      const value = command.startsWith('edgeseal set') ? values[1]! : values[0]!;
      shown += await type(command, cwd, value);
      if (line.includes('cd secrets')) cwd = path.join(folder, 'secrets');
      if (command.startsWith('edgeseal install')) await startPod();
      if (command.startsWith('kubectl') && command.includes('get secret'))
        expect(await arrived()).toBe(values[0]);
    }
    expect(await arrived()).toBe(values[1]);
    for (const value of values) expect(shown + log).not.toContain(value);
  });
});
