/* eslint-disable @typescript-eslint/no-explicit-any -- reports and manifests, whose shape the tests know */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { main } from '../../cli/bin.ts';
import { parseYamlDocuments } from '../../core/format/yaml.ts';
import type { CliResult } from '../support/workspace.ts';
import { KubeletStandIn } from '../support/cluster/kubelet-stand-in.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';

// All made up.
const password = 'made-up-Db-pass/4711';
const token = 'madeUpToken0123456789abcdef';
const values = { username: 'app_user', password, token, 'tls.crt': 'not-secret-at-all-0001' };

async function edgeseal(args: string[], env: NodeJS.ProcessEnv): Promise<CliResult> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += String(chunk);
        done();
      },
    });
  const io = {
    cwd: tmpdir(),
    env,
    stdin: Readable.from([]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
  };
  return { code: await main(args, io), ...texts };
}

function secretOf(namespace: string, name: string, data: Record<string, string>): unknown {
  return { metadata: { name, namespace }, stringData: data };
}

function podOf(node: string, name: string, env: { name: string; value: string }[]): unknown {
  return {
    metadata: { name },
    spec: {
      nodeName: node,
      containers: [{ name: 'app', image: 'made-up/app', env, args: ['--verbose'] }],
    },
  };
}

function statusOf(name: string, restartCount: number): unknown {
  const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  return { name, restartCount, state, ready: true, image: 'made-up/app', imageID: 'made-up' };
}

describeOwnCluster('edgeseal scan --cluster', {}, async (cluster) => {
  const kubelet = await KubeletStandIn.start(cluster, 'edge-node');
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-scan-'));
  const namespace = await cluster.createNamespace('prod');
  const post = async (path: string, body: unknown, at = namespace): Promise<void> => {
    const answer = await cluster.request('POST', `/api/v1/namespaces/${at}/${path}`, body);
    if (answer.status !== 201) throw new Error(answer.body.message);
  };
  const pod = async (
    name: string,
    env: { name: string; value: string }[],
    node = 'edge-node',
    at = namespace,
  ) => {
    await post('pods', podOf(node, name, env), at);
    // What its kubelet would say.
    const status = { phase: 'Running', containerStatuses: [statusOf('app', 1)] };
    const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
    await cluster.request(
      'PATCH',
      `/api/v1/namespaces/${at}/pods/${name}/status`,
      { status },
      merge,
    );
  };
  await post('serviceaccounts', { metadata: { name: 'default' } });
  await post('secrets', secretOf(namespace, 'db', values));
  const scan = (...args: string[]): Promise<CliResult> =>
    edgeseal(['scan', '--cluster', '--kubeconfig', cluster.address.kubeconfig, ...args], {});
  const asJson = async (...args: string[]): Promise<any> => {
    const { code, stdout, stderr } = await scan('--output', 'json', ...args);
    expect(stdout + stderr).not.toContain(password);
    expect(stdout + stderr).not.toContain(token);
    return { code, ...JSON.parse(stdout) };
  };
  afterAll(async () => {
    await kubelet.stop();
    rmSync(folder, { recursive: true });
  });

  it('finds nothing in a clean cluster, and says what it looked at', async () => {
    await post('configmaps', {
      metadata: { name: 'clean' },
      data: { 'app.conf': 'user = app_user\nlog = debug\n', cert: values['tls.crt'] },
    });
    await pod('clean', [{ name: 'DB_USER', value: 'app_user' }]);
    kubelet.logs.set(`${namespace}/clean/app`, 'started as app_user\nready\n');
    const result = await scan();
    expect(result.stderr).toContain('0 findings; looked for 2 values of 1 Secret');
    expect(result.stderr).toContain('1 log (1 KiB)');
    expect([result.code, result.stdout]).toEqual([0, '']);
    expect(kubelet.asked.at(-1)?.searchParams.get('sinceSeconds')).toBe('86400');
  });

  it('finds a Secret’s value in a ConfigMap, a pod and a log, also encoded, and never prints it', async () => {
    const inside = Buffer.from(`{"auth":"${token}"}`).toString('base64');
    await post('configmaps', {
      metadata: { name: 'leaky' },
      data: { 'app.conf': `user = app_user\npass = ${password}\n`, blob: inside },
    });
    await pod('leaky', [{ name: 'PW', value: password }]);
    const quiet = 'GET /healthz 200\n'.repeat(100_000);
    kubelet.logs.set(
      `${namespace}/leaky/app`,
      `${quiet}dial postgres://app:${encodeURIComponent(password)}@db\n${quiet}`,
    );
    const { code, findings } = await asJson();
    const found = findings.filter(({ rule }: { rule: string }) => rule === 'cluster-secret');
    const at = (file: string): unknown =>
      found.find((finding: { file: string }) => finding.file === file);
    expect(code).toBe(1);
    expect(at(`configmap/${namespace}/leaky/app.conf`)).toMatchObject({
      line: 2,
      column: 8,
      masked: '****',
      message: `the value of password of Secret ${namespace}/db`,
    });
    expect(at(`configmap/${namespace}/leaky/blob`)).toMatchObject({
      message: `the value of token of Secret ${namespace}/db`,
    });
    expect(at(`pod/${namespace}/leaky/app/env/PW`)).toMatchObject({ line: 1, column: 1, times: 1 });
    expect(at(`log/${namespace}/leaky/app`)).toMatchObject({ line: 100_001, times: 1 });
    // The one before the restart, too.
    kubelet.logs.set(`${namespace}/clean/app?previous`, `crashed with ${token}\n`);
    const again = (await asJson()).findings.find(({ file }: { file: string }) =>
      file.endsWith('/previous'),
    );
    expect(again).toMatchObject({
      file: `log/${namespace}/clean/app/previous`,
      line: 1,
      column: 14,
    });
    kubelet.logs.delete(`${namespace}/clean/app?previous`);
    const files = new Set(findings.map(({ file }: { file: string }) => file));
    expect([...files].filter((file) => String(file).includes('/clean'))).toEqual([]);
  });

  it('prints for a person where to look, writes the report, and alerts', async () => {
    const bodies: any[] = [];
    const hook = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        bodies.push(JSON.parse(text));
        response.end('ok');
      });
    });
    hook.listen(0, '127.0.0.1');
    await once(hook, 'listening');
    const url = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/made-up-hook`;
    const args = ['scan', '--cluster', '--kubeconfig', cluster.address.kubeconfig];
    const report = join(folder, 'report.json');
    const alerted = { EDGESEAL_ALERT_URL: url };
    const result = await edgeseal([...args, '--report', report], alerted);
    hook.close();
    expect(result.code).toBe(1);
    expect(result.stdout).toContain(`configmap/${namespace}/leaky/app.conf:2:8: cluster-secret`);
    expect(result.stdout).toContain(`kubectl logs -n ${namespace} leaky -c app --since-time=`);
    expect(bodies).toHaveLength(1);
    expect(bodies[0].text).toContain('secrets exposed in test');
    expect(JSON.parse(readFileSync(report, 'utf8')).findings).toEqual(bodies[0].findings);
    const all =
      JSON.stringify(bodies) + readFileSync(report, 'utf8') + result.stdout + result.stderr;
    for (const secret of [password, token, encodeURIComponent(password)])
      expect(all).not.toContain(secret);
    const dead = await edgeseal(args, alerted);
    expect([dead.code, dead.stderr]).toEqual([
      1,
      expect.stringContaining('the alert was not sent'),
    ]);
    expect(dead.stderr).not.toContain('made-up-hook');
    const clear = await edgeseal(args, { EDGESEAL_ALERT_URL: 'http://hooks.example.com/x' });
    expect([clear.code, clear.stderr]).toEqual([
      2,
      expect.stringContaining('not an https address'),
    ]);
  });

  it('searches only the namespaces that are named', async () => {
    const other = await cluster.createNamespace('other');
    await post('configmaps', { metadata: { name: 'leaky' }, data: { a: password } }, other);
    const all = await asJson('--namespaces', other);
    expect([all.code, all.findings]).toEqual([0, []]);
    const both = await asJson('--namespaces', `${namespace},${other}`);
    expect(JSON.stringify(both.findings)).toContain(`configmap/${other}/leaky/a`);
  });

  it('says what it could not look at, and is not content then', async () => {
    const alone = await cluster.createNamespace('alone');
    await post('serviceaccounts', { metadata: { name: 'default' } }, alone);
    // Of a node that nobody answers for.
    await cluster.request('POST', '/api/v1/nodes', { metadata: { name: 'gone' } });
    await pod('lost', [], 'gone', alone);
    const { code, stderr } = await scan('--namespaces', alone);
    expect([code, stderr]).toEqual([
      7,
      expect.stringContaining(`not looked at: log/${alone}/lost/app`),
    ]);
    const short = await scan('--namespaces', namespace, '--log-limit', '1Ki');
    expect(short.stderr).toContain('only its first 1024 bytes were read');
  });

  it('runs every night by the CronJob that it prints, with just the rights that it has there', async () => {
    const guide = readFileSync('docs/guides/scan-cluster.md', 'utf8');
    const [, command = ''] =
      /^edgeseal (scan --cluster --print-cron-job .*) > scan\.yaml$/m.exec(guide) ?? [];
    const printed = await edgeseal(command.split(' '), {});
    expect(printed.code).toBe(0);
    await cluster.apply(printed.stdout);
    const objects = parseYamlDocuments(printed.stdout).map(({ value }) => value as any);
    const job = objects.find(({ kind }) => kind === 'CronJob');
    expect(job.spec.schedule).toBe('0 3 * * *');
    const { args } = job.spec.jobTemplate.spec.template.spec.containers[0];
    const kubeconfig = cluster.kubeconfigFor(
      await cluster.serviceAccountToken('security', 'edgeseal-scan'),
    );
    const nightly = await edgeseal([...args, '--kubeconfig', kubeconfig], {});
    expect(nightly.code).toBe(1);
    expect(JSON.parse(nightly.stdout).findings.length).toBeGreaterThan(3);
    // And alerts, once the guide's Secret is there.
    const [, alert = ''] = /^kubectl (create secret generic .*)$/m.exec(guide) ?? [];
    writeFileSync(join(folder, 'hook.url'), 'https://hooks.example.com/made-up');
    await cluster.kubectl(...alert.replace('hook.url', join(folder, 'hook.url')).split(' '));
    const [{ valueFrom }] = job.spec.jobTemplate.spec.template.spec.containers[0].env;
    const { name, key } = valueFrom.secretKeyRef;
    const found = await cluster.request('GET', `/api/v1/namespaces/security/secrets/${name}`);
    expect(Object.keys(found.body.data)).toEqual([key]);
    // A pod of it passes the level of its namespace.
    const { template } = job.spec.jobTemplate.spec;
    await post('pods', { metadata: { name: 'scan' }, spec: template.spec }, 'security');
    const weak = cluster.kubeconfigFor(await cluster.serviceAccountToken('security', 'nobody'));
    const refused = await edgeseal([...args, '--kubeconfig', weak], {});
    expect([refused.code, refused.stderr]).toEqual([
      7,
      expect.stringContaining('--namespaces NAME,NAME'),
    ]);
  });
});
