import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Cluster } from '../support/cluster/client.ts';
import { describeCluster } from '../support/cluster/suite.ts';
import { base64 } from './site.ts';
import { Bench } from './target-kit.ts';

const value = 'made-up-and-looked-for-4711';

/** Refuses, in one namespace, what the expression does not allow; the message quotes what it was shown. */
async function admissionPolicy(
  cluster: Cluster,
  namespace: string,
  expression: string,
  messageExpression: string,
): Promise<void> {
  const api = { apiVersion: 'admissionregistration.k8s.io/v1' };
  const match = {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    resourceRules: [
      {
        apiGroups: [''],
        apiVersions: ['v1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['secrets'],
      },
    ],
  };
  await cluster.apply(
    [
      {
        ...api,
        kind: 'ValidatingAdmissionPolicy',
        metadata: { name: namespace },
        spec: { matchConstraints: match, validations: [{ expression, messageExpression }] },
      },
      {
        ...api,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata: { name: namespace },
        spec: { policyName: namespace, validationActions: ['Deny'] },
      },
    ]
      .map((manifest) => JSON.stringify(manifest))
      .join('\n---\n'),
  );
  // The policy holds once its watch has seen it.
  const probe = { metadata: { name: 'probe' }, stringData: { refuse: 'probe', old: 'probe' } };
  const path = `/api/v1/namespaces/${namespace}/secrets?dryRun=All`;
  for (let i = 0; (await cluster.request('POST', path, probe)).status === 201; i += 1) {
    if (i > 400) throw new Error('the policy does not take hold');
    await sleep(50);
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  return attempt.then(
    () => expect.unreachable('it was let through'),
    (error: unknown) => error as { code: string; message: string },
  );
}

describeCluster('what the API server refuses', (cluster) => {
  it('for a missing namespace is handed out again once that is there', async () => {
    const bench = await Bench.make(cluster);
    const later = `later-${bench.namespace}`;
    await expect(bench.apply('db', { a: 'b' }, {}, later)).rejects.toMatchObject({
      code: 'kube-not-found',
      hint: expect.stringContaining(`kubectl create namespace ${later}`),
    });
    await cluster.kubectl('create', 'namespace', later);
    await expect.poll(() => bench.woken).toBe(1);
    expect(await bench.target.drifted()).toEqual([`${later}/db`]);
    expect(await bench.apply('db', { a: 'b' }, {}, later)).toBe('applied');
  });

  it('for a namespace that is going comes again when that does', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('db', { a: 'b' });
    // A finalizer keeps the namespace in its last state for as long as we look.
    const holder = { metadata: { name: 'holder', finalizers: ['example.com/hold'] } };
    const maps = `/api/v1/namespaces/${bench.namespace}/configmaps`;
    await cluster.request('POST', maps, holder);
    await cluster.kubectl('delete', 'namespace', bench.namespace, '--wait=false');
    await expect.poll(() => bench.target.drifted(), { timeout: 30_000 }).toHaveLength(1);
    const fault = await failureOf(bench.apply('db', { a: 'b' }));
    expect(fault).toMatchObject({
      code: 'kube-not-found',
      message: expect.stringContaining('is being deleted'),
    });
    const headers = { 'content-type': 'application/merge-patch+json' };
    const free = { metadata: { finalizers: null } };
    await cluster.request('PATCH', `${maps}/holder`, free, { headers });
    const create = async () =>
      cluster.kubectl('create', 'namespace', bench.namespace).catch(() => '');
    await expect.poll(create, { timeout: 30_000, interval: 200 }).toContain('created');
    await expect.poll(() => bench.target.drifted()).toHaveLength(1);
    expect(await bench.apply('db', { a: 'b' })).toBe('applied');
  });

  it('by a quota is named so, and let in once there is room', async () => {
    const bench = await Bench.make(cluster);
    await bench.apply('first', { a: 'b' });
    const flags = ['--hard=count/secrets=1', `--namespace=${bench.namespace}`];
    await cluster.kubectl('create', 'quota', 'few', ...flags);
    // It is heeded once somebody has counted, and the API server has heard of that.
    const probe = { metadata: { name: 'probe' } };
    const dryRun = `/api/v1/namespaces/${bench.namespace}/secrets?dryRun=All`;
    const isHeeded = async () => (await cluster.request('POST', dryRun, probe)).body.message;
    await expect.poll(isHeeded, { timeout: 20_000 }).toContain('exceeded quota: few');
    const { message } = await failureOf(bench.apply('second', { a: 'b' }));
    expect(message).toContain('exceeded quota: few');
    await expect(bench.apply('second', { a: 'b' })).rejects.toMatchObject({
      code: 'kube-refused',
    });
    // Its place in the quota does not keep a Secret from being made anew.
    await expect
      .poll(() =>
        bench.apply('first', { a: 'c' }, { version: 2, type: 'example.com/x' }).catch(() => ''),
      )
      .toBe('applied');
    await cluster.kubectl('delete', 'quota', 'few', `--namespace=${bench.namespace}`);
    await expect.poll(() => bench.apply('second', { a: 'b' }).catch(() => '')).toBe('applied');
  });

  it('by an admission policy is told with its words, but for the values that it quotes', async () => {
    const bench = await Bench.make(cluster);
    const multiline = `-----BEGIN MADE UP-----\n${'abcdefgh'.repeat(8)}\n-----END MADE UP-----\n`;
    await bench.apply('changing', { old: `${value}-old`, pin: '4711' });
    const quote = (object: string): string => `${object}.data.map(k, ${object}.data[k]).join(' ')`;
    const words = `'not in this cluster: ' + ${quote('object')} + (oldObject == null ? '' : ${quote('oldObject')})`;
    await admissionPolicy(cluster, bench.namespace, `!('refuse' in object.data)`, words);
    const attempts = {
      made: () => bench.apply('made', { refuse: value, cert: multiline, pin: '4711' }),
      changed: () => bench.apply('changing', { refuse: value }, { version: 2 }),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      const { code, message } = await failureOf(attempt());
      expect(code, name).toBe('kube-refused');
      expect(message).toMatch(/not in this cluster: .*\[secret\]/);
      for (const text of [value, `${value}-old`, multiline, '4711', 'abcdefgh'])
        for (const form of [text, base64(text).slice(0, 12), text.slice(0, 12)])
          expect(message, name).not.toContain(form);
    }
    expect(await bench.values('changing')).toEqual({ old: `${value}-old`, pin: '4711' });
    // Another type would need another object: the last good one is not deleted for one that is not let in.
    const retyped = bench.apply(
      'changing',
      { refuse: value },
      { version: 3, type: 'example.com/x' },
    );
    await expect(retyped).rejects.toMatchObject({ code: 'kube-refused' });
    expect(await bench.values('changing')).toHaveProperty('old');
  });

  it('above 1 MiB is said so; below, it is kept', async () => {
    const bench = await Bench.make(cluster);
    const mebibyte = 'x'.repeat(1024 * 1024);
    expect(await bench.apply('large', { a: mebibyte })).toBe('applied');
    const fault = await failureOf(bench.apply('larger', { a: mebibyte, b: 'y' }));
    expect(fault.code).toBe('kube-refused');
    expect(fault.message).toContain('1048576');
    expect(fault.message.length).toBeLessThan(800);
  });

  it('for a right that is missing is told apart from what a policy refuses', async () => {
    const bench = await Bench.make(cluster);
    const role = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${bench.account.namespace}`;
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch', 'get'] }];
    const headers = { 'content-type': 'application/merge-patch+json' };
    await cluster.request('PATCH', role, { rules }, { headers });
    let attempts = 0;
    const attempt = async () =>
      bench.apply(`db-${(attempts += 1)}`, { a: 'b' }).catch((error: unknown) => error);
    await expect.poll(attempt).toMatchObject({
      code: 'kube-forbidden',
      message: expect.stringContaining('cannot create resource "secrets"'),
    });
  });

  it('because it is too busy is asked again when it says', async () => {
    const bench = await Bench.make(cluster);
    const name = bench.namespace;
    const api = { apiVersion: 'flowcontrol.apiserver.k8s.io/v1', metadata: { name } };
    const { account } = bench;
    const subject = {
      kind: 'ServiceAccount',
      serviceAccount: { namespace: account.namespace, name: 'controller' },
    };
    const rule = {
      subjects: [subject],
      resourceRules: [
        { verbs: ['create'], apiGroups: [''], resources: ['secrets'], namespaces: ['*'] },
      ],
    };
    const manifests = [
      {
        ...api,
        kind: 'PriorityLevelConfiguration',
        spec: {
          type: 'Limited',
          limited: {
            nominalConcurrencyShares: 0,
            lendablePercent: 0,
            borrowingLimitPercent: 0,
            limitResponse: { type: 'Reject' },
          },
        },
      },
      {
        ...api,
        kind: 'FlowSchema',
        spec: {
          matchingPrecedence: 10,
          priorityLevelConfiguration: { name },
          rules: [rule],
        },
      },
    ];
    await cluster.apply(manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
    const rejected = async (): Promise<number> => {
      const { body } = await cluster.request('GET', '/metrics');
      const pattern = `rejected_requests_total\\{flow_schema="${name}".*\\} (\\d+)`;
      return Number(new RegExp(pattern).exec(body)?.[1] ?? 0);
    };
    // No seats at all: one request at a time is let through, and whoever comes meanwhile is sent away.
    let count = 0;
    const burst = async () => {
      count += 1;
      const names = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter}-${count}`);
      const done = await Promise.all(names.map((one) => bench.apply(one, { a: 'b' })));
      expect(done).toEqual(names.map(() => 'applied'));
      return rejected();
    };
    await expect.poll(burst, { timeout: 30_000 }).toBeGreaterThan(0);
    await cluster.kubectl('delete', 'flowschema', name);
    await cluster.kubectl('delete', 'prioritylevelconfiguration', name);
  });
});
