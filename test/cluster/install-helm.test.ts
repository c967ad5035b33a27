import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { crdFiles } from '../../tools/crds.ts';
import { findAssets } from '../../tools/assets.ts';
import { exampleNamespace, exampleValues, forms, manifestFiles } from '../../tools/manifests.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';

const chart = path.join(import.meta.dirname, '../../controller/deploy/chart');
const { programs } = findAssets('helm');
const helm = programs['helm'];
const why = helm === undefined ? ' (helm not built: npm run assets -- helm)' : '';

describeOwnCluster(
  'what is deployed by hand, on a real API server',
  { controllers: true },
  (cluster) => {
    const exists = async (url: string): Promise<boolean> =>
      (await cluster.request('GET', url)).status === 200;
    const regionSync = `/apis/edgeseal.dev/v1alpha1/namespaces/${exampleNamespace}/regionsyncs/us-east`;
    const deployment = `/apis/apps/v1/namespaces/${exampleNamespace}/deployments/edgeseal-us-east`;

    describe.skipIf(helm === undefined)(`by Helm${why}`, () => {
      let values: string;
      const run = (...args: string[]): string =>
        execFileSync(helm!, args, {
          encoding: 'utf8',
          env: {
            PATH: process.env['PATH'],
            HOME: cluster.address.folder,
            KUBECONFIG: cluster.address.kubeconfig,
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        });
      beforeAll(async () => {
        values = path.join(cluster.address.folder, 'values.json');
        writeFileSync(values, JSON.stringify(await exampleValues('deployment')));
      });

      const at = ['-n', exampleNamespace];
      const crd =
        '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/regionsyncs.edgeseal.dev';

      it('is installed, the CRDs first', async () => {
        run('install', 'edgeseal-crds', `${chart}-crds`, ...at, '--create-namespace');
        await cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all');
        const said = run('install', 'us-east', chart, ...at, '-f', values);
        expect(said).toContain('edgeseal region add us-east');
        expect(await exists(regionSync)).toBe(true);
        expect(await exists(deployment)).toBe(true);
      });

      it('is upgraded, the CRDs too', async () => {
        // As an older version would have left it.
        const { body } = await cluster.request('GET', crd);
        const [version] = body.spec.versions;
        delete version.schema.openAPIV3Schema.properties.spec.properties.suspend;
        expect((await cluster.request('PUT', crd, body)).status).toBe(200);
        run('upgrade', 'edgeseal-crds', `${chart}-crds`, ...at);
        const properties = (await cluster.request('GET', crd)).body.spec.versions[0].schema
          .openAPIV3Schema.properties.spec.properties;
        expect(Object.keys(properties)).toContain('suspend');
        run('upgrade', 'us-east', chart, ...at, '-f', values, '--set', 'replicas=3');
        expect((await cluster.request('GET', deployment)).body.spec.replicas).toBe(3);
      });

      it('is uninstalled; the CRDs stay, and with them what other regions have', async () => {
        run('uninstall', 'us-east', ...at);
        expect([await exists(deployment), await exists(regionSync)]).toEqual([false, false]);
        run('uninstall', 'edgeseal-crds', ...at);
        expect(await exists(crd)).toBe(true);
      });
    });

    it.each(forms)('as plain manifests (%s): CRDs first, then all the rest', async (form) => {
      for (const [name, text] of Object.entries(crdFiles()))
        if (name.startsWith('crds/')) await cluster.apply(text);
      await cluster.kubectl(
        'wait',
        '--for=condition=Established',
        'crd',
        'regionsyncs.edgeseal.dev',
      );
      const text = (await manifestFiles())[`manifests/${form}.yaml`]!;
      await cluster.apply(text.split('---\n')[0]!);
      await cluster.apply(text);
      expect(await exists(regionSync)).toBe(true);
      await cluster.kubectl('delete', 'namespace', exampleNamespace);
    });
  },
);
