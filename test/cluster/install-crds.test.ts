import { writeFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { crdFiles } from '../../tools/crds.ts';
import { makeWorkspace } from '../support/workspace.ts';
import { describeCluster } from '../support/cluster/suite.ts';

describeCluster('custom resource definitions on a real API server', (cluster) => {
  const install = async (): Promise<void> => {
    for (const [name, text] of Object.entries(crdFiles()))
      if (name.startsWith('crds/')) await cluster.apply(text);
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', 'regionsyncs.edgeseal.dev');
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', 'edgesecrets.edgeseal.dev');
  };
  const good = (): Record<string, unknown> => ({
    repository: '00000000-0000-4000-8000-00000000c0de',
    region: 'us-east',
    root: 'a'.repeat(64),
    floor: { root: 1, sequence: 1 },
    mirrors: [{ url: 'https://git.example.com/secrets.git', auth: { secret: { name: 'mirror' } } }],
    keys: { secret: { name: 'edgeseal-region-key-us-east', generate: true } },
    target: { kubernetes: {} },
  });

  it('are established, without a condition that complains of the schema', async () => {
    await install();
    for (const name of ['regionsyncs', 'edgesecrets']) {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}.edgeseal.dev`;
      const { body } = await cluster.request('GET', path);
      const bad = body.status.conditions.filter(
        (c: { type: string; status: string }) =>
          c.type.startsWith('NonStructural') || c.status !== 'True',
      );
      expect(bad).toEqual([]);
    }
    // By their short names, where no other suite makes any.
    expect(await cluster.kubectl('get', 'esync,esec', '-n', 'default')).toBe('');
    // The schema for people is published a moment after the CRD is established.
    const explained = (): Promise<string> => cluster.kubectl('explain', 'regionsync.spec.root');
    expect(await vi.waitFor(explained, 20_000)).toContain('pinned trust root');
  });

  it('take a good RegionSync, and refuse what the schema refuses', async () => {
    await install();
    const namespace = await cluster.createNamespace('crds');
    const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/regionsyncs`;
    const post = (spec: unknown, name = 'us-east', query = '?dryRun=All') =>
      cluster.request('POST', path + query, {
        apiVersion: 'edgeseal.dev/v1alpha1',
        kind: 'RegionSync',
        metadata: { name },
        spec,
      });
    expect((await post(good())).status).toBe(201);
    const [mirror] = good()['mirrors'] as Record<string, unknown>[];
    const bad: [Record<string, unknown>, string][] = [
      [{ root: 'A'.repeat(64) }, 'spec.root'],
      [{ repository: 'x' }, 'spec.repository'],
      [{ floor: { root: 0, sequence: 1 } }, 'spec.floor.root'],
      [{ floor: { root: 1, sequence: 2 ** 53 } }, 'spec.floor.sequence'],
      [{ mirrors: [] }, 'spec.mirrors'],
      [{ mirrors: [{ ...mirror, auth: {} }] }, 'wants one of basic, bearer and secret'],
      [
        {
          mirrors: [
            { ...mirror, name: 'a' },
            { ...mirror, name: 'a' },
          ],
        },
        'two mirrors have one name',
      ],
      [{ keys: {} }, 'names no private region key'],
      [{ target: {} }, 'names no target'],
      [{ target: { kubernetes: { namespaces: ['A'] } } }, 'spec.target.kubernetes.namespaces'],
      [{ interval: 'soon' }, 'spec.interval'],
      [{ region: 'Us' }, 'spec.region'],
      [{ region: 'us-west' }, 'metadata.name has to be the region'],
    ];
    for (const [change, message] of bad) {
      const { status, body } = await post({ ...good(), ...change });
      expect([status, body.message], message).toEqual([422, expect.stringContaining(message)]);
    }
    const strict = await post(
      { ...good(), surprise: 1 },
      'us-east',
      '?dryRun=All&fieldValidation=Strict',
    );
    expect([strict.status, strict.body.message]).toEqual([
      400,
      expect.stringContaining('unknown field "spec.surprise"'),
    ]);
    expect((await post(good(), 'us-east', '')).status).toBe(201);
    const moved = await cluster.request(
      'PATCH',
      `${path}/us-east`,
      { spec: { repository: '00000000-0000-4000-8000-00000000c0ff' } },
      { headers: { 'content-type': 'application/merge-patch+json' } },
    );
    expect([moved.status, moved.body.message]).toEqual([
      422,
      expect.stringContaining('cannot be changed: install the region anew'),
    ]);
  });

  it('keep the status apart, with its nulls', async () => {
    await install();
    const namespace = await cluster.createNamespace('crds');
    const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/regionsyncs`;
    const object = {
      apiVersion: 'edgeseal.dev/v1alpha1',
      kind: 'RegionSync',
      metadata: { name: 'us-east' },
      spec: good(),
      status: { observedGeneration: 9 },
    };
    expect((await cluster.request('POST', path, object)).body.status).toBeUndefined();
    const status = {
      observedGeneration: 1,
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'NoSnapshot',
          message: '',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          observedGeneration: 1,
        },
      ],
      root: null,
      snapshot: { sequence: 3, sha256: 'b'.repeat(64), source: null },
      secrets: { listed: 2, applied: 1, failing: 1, failed: [] },
      pruning: { pending: 0, acknowledge: null, names: [] },
      alarm: null,
    };
    const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
    const changed = await cluster.request('PATCH', `${path}/us-east/status`, { status }, merge);
    expect([changed.status, changed.body.status.secrets]).toEqual([200, status.secrets]);
    const table = await cluster.kubectl('get', 'esync', '-n', namespace);
    expect(table).toMatch(/^NAME +READY +SNAPSHOT +APPLIED +FAILING +AGE +REASON$/m);
    expect(table).toMatch(/^us-east +False +3 +1 +1 +\d+s +NoSnapshot$/m);
  });

  it('take sealed secrets as they are, __proto__ included, and large ones by server-side apply', async () => {
    await install();
    const workspace = await makeWorkspace();
    const namespace = await cluster.createNamespace('crds');
    workspace.write(
      'a.yaml',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: odd, namespace: ${namespace}}\nstringData: {__proto__: made-up, constructor: made-up}\n`,
    );
    const sealed = await workspace.cli(['seal', 'a.yaml']);
    expect(sealed.stderr + sealed.stdout).not.toMatch(/error/);
    const text = workspace.read(`secrets/${namespace}/odd.yaml`);
    await cluster.apply(text);
    const path = `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/edgesecrets/odd`;
    const { body } = await cluster.request('GET', path);
    const { metadata, spec } = body as EdgeSecret;
    const back = formatEdgeSecret({
      ...(body as EdgeSecret),
      metadata: { name: metadata.name, namespace: metadata.namespace },
      spec,
    });
    expect(back).toBe(text);
    expect(Object.keys(body.spec.envelopes[0].data)).toEqual(['__proto__', 'constructor']);

    const recipients = body.spec.envelopes[0].recipients;
    const bad: [Record<string, unknown>, string][] = [
      [{ version: 0 }, 'spec.version'],
      [{ envelopes: [] }, 'spec.envelopes'],
      [
        { envelopes: [{ ...body.spec.envelopes[0], version: 99 }] },
        'an envelope has a version above',
      ],
      [{ envelopes: [{ ...body.spec.envelopes[0], data: { a: 'not base64!' } }] }, 'data.a'],
      [{ envelopes: [{ ...body.spec.envelopes[0], suite: 2 }] }, 'suite'],
      [
        { envelopes: [{ ...body.spec.envelopes[0], digest: 'a'.repeat(64) }] },
        'must validate one and only one schema (oneOf)',
      ],
      [
        {
          envelopes: [
            { ...body.spec.envelopes[0], recipients: [{ ...recipients[0], key: 'short' }] },
          ],
        },
        'recipients[0].key',
      ],
    ];
    for (const [change, message] of bad) {
      const answer = await cluster.request(
        'PUT',
        `${path}?dryRun=All`,
        Object.assign({}, body, { spec: { ...body.spec, ...change } }),
      );
      expect([answer.status, answer.body.message], message).toEqual([
        422,
        expect.stringContaining(message),
      ]);
    }

    const large = 'A'.repeat(400_000);
    const big = text.replace(/^( +)constructor: .*$/m, `$1constructor: ${large}`);
    await cluster.apply(big);
    const file = `${workspace.folder}/big.yaml`;
    writeFileSync(file, big);
    await expect(cluster.kubectl('apply', '--dry-run=server', '-f', file)).rejects.toThrow(
      'metadata.annotations: Too long',
    );
    workspace.remove();
  });
});
