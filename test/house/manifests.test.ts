import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controllerObjects } from '../../cli/install/objects.ts';
import type { Manifest } from '../../cli/install/manifest.ts';
import { checkValues } from '../../core/format/install-values.ts';
import { parseYamlDocuments } from '../../core/format/yaml.ts';
import { findAssets } from '../../tools/assets.ts';
import { exampleNamespace, exampleValues, forms, manifestFiles } from '../../tools/manifests.ts';

const deploy = path.join(import.meta.dirname, '../../controller/deploy');

describe('what is deployed by hand', () => {
  it('is what the command line renders (npm run docs writes it)', async () => {
    for (const [name, text] of Object.entries(await manifestFiles())) {
      expect(fs.readFileSync(path.join(deploy, name), 'utf8'), name).toBe(text);
    }
  });

  it('has the version of the package', () => {
    const { version } = JSON.parse(
      fs.readFileSync(path.join(deploy, '../../package.json'), 'utf8'),
    );
    for (const name of ['chart', 'chart-crds']) {
      const chart = fs.readFileSync(path.join(deploy, name, 'Chart.yaml'), 'utf8');
      expect(chart).toContain(`\nversion: ${version}\nappVersion: ${version}\n`);
    }
  });
});

describe("the requirement's DaemonSet secret-cache", () => {
  it('has its counterpart: the same intervals and key, the same folder of the node', () => {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const parse = (file: string): any[] =>
      parseYamlDocuments(fs.readFileSync(file, 'utf8')).map(({ value }) => value);
    const [wanted] = parse(path.join(deploy, '../../test/seed/13-offline-secret-caching.yaml'));
    const ours = parse(path.join(deploy, 'manifests/daemonset.yaml')).find(
      ({ kind }) => kind === 'DaemonSet',
    );
    const [theirs, own] = [wanted, ours].map(({ spec }) => spec.template.spec);
    const variables = theirs.containers[0].env as { name: string }[];
    expect(variables.map(({ name }) => name)).toContain('ENCRYPTION_KEY');
    expect(own.containers[0].env).toEqual(expect.arrayContaining(variables));
    const folders = own.volumes.map((volume: { hostPath?: unknown }) => volume.hostPath);
    expect(folders).toContainEqual(theirs.volumes[0].hostPath);
    const mounts = own.containers[0].volumeMounts.map((m: { mountPath: string }) => m.mountPath);
    expect(mounts).toContain(theirs.containers[0].volumeMounts[0].mountPath);
  });
});

const { programs } = findAssets('helm');
const helm = programs['helm'];
const why = helm === undefined ? ' (helm not built: npm run assets -- helm)' : '';

describe.skipIf(helm === undefined)(`the chart${why}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edgeseal-helm-'));
  });
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const run = (command: string, values: Record<string, unknown>): string => {
    const file = path.join(folder, 'values.json');
    fs.writeFileSync(file, JSON.stringify(values));
    const args = command === 'template' ? ['release'] : [];
    // Helm from source does not know which Kubernetes it was made for.
    const kubeVersion = ['--kube-version', '1.29.0'];
    return execFileSync(
      helm!,
      [
        command,
        ...args,
        path.join(deploy, 'chart'),
        '-n',
        exampleNamespace,
        '-f',
        file,
        ...kubeVersion,
      ],
      {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], HOME: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
  };
  const objects = (text: string): Manifest[] =>
    parseYamlDocuments(text).map(({ value }) => value as unknown as Manifest);
  const byId = (all: Manifest[]): Record<string, Manifest> =>
    Object.fromEntries(
      all
        .map((one): [string, Manifest] => {
          const { namespace = '', name } = one.metadata;
          return [`${one.kind} ${namespace}/${name}`, JSON.parse(JSON.stringify(one)) as Manifest];
        })
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );

  const variants: [string, Record<string, unknown>][] = [
    ['as it comes', {}],
    [
      'with everything said',
      {
        floor: { root: 3, sequence: 12_345_678, renewed: '2026-02-03' },
        mirrors: [
          { url: 'https://a.example.com/s.git', name: 'a', auth: { secret: { name: 'one' } } },
          { url: 'https://b.example.com:8443/s.git', auth: { secret: { name: 'one' } } },
          { url: '/mnt/stick/us-east.bundle', name: 'stick' },
        ],
        interval: '30s',
        staleAfter: '48h',
        keys: { secret: { name: 'my-key', generate: false } },
        namespaces: ['production', 'staging'],
        objects: { namespaces: ['gitops'] },
        imagePullPolicy: 'Always',
        imagePullSecrets: ['registry'],
        replicas: 1,
        store: { claim: 'edgeseal-store' },
        env: [{ name: 'SYNC_INTERVAL', value: '1h' }],
        encryptionKey: { secret: 'store-key', key: 'the.key' },
        limits: { fetchMemory: 128 },
        networkPolicy: {
          enabled: true,
          apiServerPorts: [6443],
          mirrorPorts: [8443, 443, 10443, 6443],
          metricsFrom: [{ namespaceSelector: { matchLabels: { team: 'monitoring' } } }],
        },
        priorityClassName: 'system-cluster-critical',
        nodeSelector: { 'kubernetes.io/arch': 'arm64' },
        tolerations: [{ operator: 'Exists' }],
      },
    ],
    [
      'without what can be left out',
      { networkPolicy: { enabled: false }, podDisruptionBudget: { enabled: false } },
    ],
    [
      'with files for another user',
      { daemonSet: { owner: 1000, group: 3_000_000_000, mode: '0440' } },
    ],
  ];
  it.each(forms.flatMap((form) => variants.map(([name, change]) => ({ form, name, change }))))(
    'makes the same as the command line: $form, $name',
    async ({ form, change }) => {
      const example = await exampleValues(form);
      const values = Object.fromEntries(
        Object.entries({ ...example, ...change }).map(([name, value]) => [
          name,
          isMap(value) && isMap(example[name]) ? { ...example[name], ...value } : value,
        ]),
      );
      if (form === 'daemonset') values['store'] = { claim: '' };
      const ours = controllerObjects(checkValues(values as never, 'test'), exampleNamespace);
      const theirs = objects(run('template', values));
      expect(byId(theirs)).toEqual(byId(ours));
    },
  );

  it('refuses what the values may not be', async () => {
    const example = await exampleValues('deployment');
    for (const bad of [
      { region: '' },
      { image: '' },
      { root: 'abc' },
      { mirrors: [] },
      { kind: 'StatefulSet' },
      { surprise: 1 },
      { store: { claim: 'edgeseal-store' } },
    ]) {
      expect(() => run('template', { ...example, ...bad }), JSON.stringify(bad)).toThrow(
        Object.keys(bad)[0],
      );
      expect(() => checkValues({ ...example, ...bad }, 'test')).toThrow();
    }
    expect(run('lint', example)).toContain('0 chart(s) failed');
  });
});

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
