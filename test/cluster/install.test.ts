import { writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalBytes } from '../../core/format/canonical-json.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { CliResult, Workspace } from '../support/workspace.ts';

const image = 'registry.example.com/edgeseal:0.1.0';
const mirror = 'https://git.example.com/team/secrets.git';
const system = 'edgeseal-system';

describeOwnCluster('install', { controllers: true }, (cluster) => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await makeWorkspace();
    workspace.write(
      'plain.yaml',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: production}\nstringData: {password: made-up}\n',
    );
    const sealed = await workspace.cli(['seal', 'plain.yaml', '--regions', 'us-east,us-west']);
    expect(sealed.stderr).not.toContain('error');
    workspace.write(
      'regions/us-east.yaml',
      workspace.read('regions/us-east.yaml').replace('spec:\n', 'spec:\n  interval: 30s\n'),
    );
    workspace.git('rm', '-q', '--cached', '--ignore-unmatch', 'plain.yaml');
    workspace.write('.gitignore', 'plain.yaml\n');
    workspace.commit('Seal');
    const published = await workspace.cli(['publish', 'us-east']);
    expect([published.code, published.stderr]).toEqual([0, expect.anything()]);
  });
  afterAll(() => {
    workspace.remove();
  });

  const { kubeconfig } = cluster.address;
  const run = (...args: string[]): Promise<CliResult> =>
    workspace.cli([...args, '--kubeconfig', kubeconfig, '--context', 'test']);
  const works = async (...args: string[]): Promise<CliResult> => {
    const result = await run(...args);
    expect(result.code, result.stderr).toBe(0);
    return result;
  };
  const get = async (path: string) => (await cluster.request('GET', path)).body;
  const regionSync = `/apis/edgeseal.dev/v1alpha1/namespaces/${system}/regionsyncs/us-east`;
  const deployment = `/apis/apps/v1/namespaces/${system}/deployments/edgeseal-us-east`;

  it('changes nothing by a dry run', async () => {
    const { stdout } = await works(
      'install',
      'us-east',
      '--image',
      image,
      '--mirror',
      mirror,
      '--dry-run',
    );
    expect(stdout).toContain(`would create  Namespace ${system}`);
    expect(stdout).toContain('would create  CustomResourceDefinition regionsyncs.edgeseal.dev');
    expect(stdout).toContain(`would create, unchecked  RegionSync ${system}/us-east`);
    expect((await cluster.request('GET', `/api/v1/namespaces/${system}`)).status).toBe(404);
    expect((await cluster.request('GET', '/apis/edgeseal.dev/v1alpha1')).status).toBe(404);
  });

  it('installs all of it, and nothing of it a second time', async () => {
    const first = await works('install', 'us-east', '--image', image, '--mirror', mirror);
    expect(first.stderr).toContain('floor: snapshot 1 of root 1');
    expect(first.stderr).toContain('edgeseal region add us-east --context test');
    const { spec } = await get(regionSync);
    expect(spec).toMatchObject({
      repository: workspace.repositoryId,
      region: 'us-east',
      floor: { root: 1, sequence: 1 },
      mirrors: [{ url: mirror }],
      interval: '30s',
      keys: { secret: { name: 'edgeseal-region-key-us-east', generate: true } },
      target: { kubernetes: { namespaces: ['*'] } },
    });
    const root = createHash('sha256').update(workspace.read('trust/1.yaml')).digest('hex');
    expect(spec.root).toBe(root);
    const again = await works('install', 'us-east');
    expect(again.stdout.trim()).toMatch(/^unchanged {2}\d+ objects$/);
    const managers = (await get(deployment)).metadata.managedFields.map(
      (entry: { manager: string }) => entry.manager,
    );
    expect(managers).toContain('edgeseal-install');
  });

  it('makes pods that the PodSecurity level restricted admits', async () => {
    const { metadata } = await get(`/api/v1/namespaces/${system}`);
    expect(metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    const { spec } = await get(deployment);
    const pods = `/api/v1/namespaces/${system}/pods?dryRun=All`;
    const pod = { metadata: { generateName: 'try-' }, spec: spec.template.spec };
    expect((await cluster.request('POST', pods, pod)).status).toBe(201);
    // The level is really held: the same pod as root is refused.
    pod.spec = { ...pod.spec, securityContext: { runAsUser: 0 } };
    expect((await cluster.request('POST', pods, pod)).status).toBe(403);
  });

  it('gives the service account the rights that it needs, and no others', async () => {
    const token = await cluster.serviceAccountToken(system, 'edgeseal-us-east');
    await cluster.createNamespace('apps');
    const may = async (
      verb: string,
      resource: string,
      namespace: string,
      name = '',
    ): Promise<boolean> => {
      const [path = '', group = ''] = resource.split('@');
      const [kind, subresource = ''] = path.split('/');
      const { body } = await cluster.request(
        'POST',
        '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
        {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: { verb, group, resource: kind, subresource, namespace, name },
          },
        },
        { token },
      );
      return body.status.allowed;
    };
    const yes: Parameters<typeof may>[] = [
      ...['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'].map(
        (verb): Parameters<typeof may> => [verb, 'secrets', 'production'],
      ),
      ['list', 'secrets', ''],
      ['watch', 'namespaces', ''],
      ['list', 'edgesecrets@edgeseal.dev', ''],
      ['patch', 'edgesecrets/status@edgeseal.dev', 'production'],
      ['get', 'regionsyncs@edgeseal.dev', system],
      ['update', 'regionsyncs/status@edgeseal.dev', system],
      ['create', 'configmaps', system],
      ['update', 'configmaps', system, 'edgeseal-mark-us-east'],
      ['create', 'leases@coordination.k8s.io', system],
      ['update', 'leases@coordination.k8s.io', system],
      ['create', 'events', 'production'],
      ['create', 'events@events.k8s.io', system],
    ];
    // Reading Secrets of kube-system belongs to "every namespace": the guide says so, and how to confine it.
    yes.push(['get', 'secrets', 'kube-system']);
    const no: Parameters<typeof may>[] = [
      ['deletecollection', 'secrets', 'production'],
      ['create', 'pods', system],
      ['create', 'pods/exec', system],
      ['get', 'pods', system],
      ['get', 'configmaps', 'production'],
      ['create', 'configmaps', 'production'],
      ['list', 'configmaps', system],
      ['delete', 'configmaps', system, 'edgeseal-mark-us-east'],
      ['update', 'regionsyncs@edgeseal.dev', system, 'us-east'],
      ['patch', 'regionsyncs@edgeseal.dev', system, 'us-east'],
      ['get', 'regionsyncs@edgeseal.dev', 'production'],
      ['create', 'edgesecrets@edgeseal.dev', 'production'],
      ['delete', 'edgesecrets@edgeseal.dev', 'production'],
      ['create', 'namespaces', ''],
      ['create', 'serviceaccounts/token', system],
      ['create', 'roles@rbac.authorization.k8s.io', system],
      ['update', 'clusterroles@rbac.authorization.k8s.io', ''],
      ['create', 'clusterrolebindings@rbac.authorization.k8s.io', ''],
      ['escalate', 'clusterroles@rbac.authorization.k8s.io', ''],
      ['impersonate', 'users', ''],
      ['patch', 'deployments@apps', system],
      ['get', 'leases@coordination.k8s.io', 'kube-system'],
      ['update', 'customresourcedefinitions@apiextensions.k8s.io', ''],
      ['get', 'nodes', ''],
    ];
    for (const question of yes)
      expect([...question, await may(...question)]).toEqual([...question, true]);
    for (const question of no)
      expect([...question, await may(...question)]).toEqual([...question, false]);
  });

  it('is upgraded by running it again: says what changes, keeps what was chosen and what others set', async () => {
    await cluster.kubectl(
      'patch',
      'regionsync',
      'us-east',
      '-n',
      system,
      '--type=merge',
      '-p',
      '{"spec":{"suspend":true}}',
    );
    const next = `${image}-next`;
    const tried = await works('install', 'us-east', '--image', next, '--dry-run');
    expect(tried.stdout).toContain(
      `would change  Deployment ${system}/edgeseal-us-east\n  spec.template.spec.containers[0].image: "${image}" -> "${next}"`,
    );
    const done = await works('install', 'us-east', '--image', next);
    expect(done.stdout).toContain(`changed  Deployment ${system}/edgeseal-us-east`);
    const { spec } = await get(regionSync);
    expect([spec.suspend, spec.mirrors]).toEqual([true, [{ url: mirror }]]);
    expect((await works('install', 'us-east')).stdout).toMatch(/^unchanged {2}\d+ objects$/m);
  });

  it('explains a conflict before anything is changed, and takes over when told to', async () => {
    await cluster.kubectl('scale', 'deployment/edgeseal-us-east', '-n', system, '--replicas=5');
    const refused = await run('install', 'us-east', '--image', `${image}-2`);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toMatch(
      /Deployment edgeseal-system\/edgeseal-us-east was changed by somebody: .*\.spec\.replicas/,
    );
    expect(refused.stderr).toContain('--force-conflicts');
    expect((await get(deployment)).spec.template.spec.containers[0].image).toBe(`${image}-next`);
    workspace.write('.git/values.yaml', 'replicas: 5\n');
    await works('install', 'us-east', '--values', '.git/values.yaml');
    await works('install', 'us-east', '--values', '/dev/null', '--force-conflicts');
    expect((await get(deployment)).spec.replicas).toBe(2);
  });

  it('confines a controller to namespaces, and takes back the rights of one that was taken out', async () => {
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'one' } });
    await cluster.request('POST', '/api/v1/namespaces', { metadata: { name: 'two' } });
    const token = await cluster.serviceAccountToken(system, 'edgeseal-us-east');
    const reads = async (namespace: string): Promise<number> =>
      (
        await cluster.request('GET', `/api/v1/namespaces/${namespace}/secrets`, undefined, {
          token,
        })
      ).status;
    workspace.write('.git/values.yaml', 'namespaces: [one, two]\n');
    await works('install', 'us-east', '--values', '.git/values.yaml');
    expect([await reads('one'), await reads('two'), await reads('kube-system')]).toEqual([
      200, 200, 403,
    ]);
    expect((await get(regionSync)).spec.target.kubernetes.namespaces).toEqual(['one', 'two']);
    workspace.write('.git/values.yaml', 'namespaces: [two]\n');
    const { stdout } = await works('install', 'us-east', '--values', '.git/values.yaml');
    expect(stdout).toContain('removed  RoleBinding one/edgeseal-us-east-secrets');
    expect([await reads('one'), await reads('two')]).toEqual([403, 200]);
    await works('install', 'us-east', '--values', '/dev/null');
    expect(await reads('one')).toBe(200);
  });

  it('puts a private key into the cluster beside those that are there, and nowhere else', async () => {
    const file = workspace.keyFile('us-east');
    const foreign = await run('install', 'us-east', '--key', workspace.keyFile('us-west'));
    expect([foreign.code, foreign.stderr]).toEqual([
      3,
      expect.stringContaining('is no active key of us-east'),
    ]);
    const printed = await run('install', 'us-east', '--key', file, '--print', '--image', image);
    expect([printed.code, printed.stdout]).toEqual([2, '']);
    expect(printed.stderr).toContain('kubectl create secret generic edgeseal-region-key-us-east');
    const { stdout, stderr } = await works('install', 'us-east', '--key', file);
    const id = workspace.keys['us-east']!.id;
    const path = `/api/v1/namespaces/${system}/secrets/edgeseal-region-key-us-east`;
    const { data, metadata } = await get(path);
    expect(Object.keys(data)).toEqual([`${id}.key`]);
    const line = Buffer.from(data[`${id}.key`], 'base64').toString();
    expect(line).toMatch(/^edgeseal-region-key-1-/);
    expect(stdout + stderr).not.toContain('edgeseal-region-key-1-');
    expect(JSON.stringify(metadata)).not.toContain(line);
    expect((await get(regionSync)).spec.keys.secret.generate).toBeUndefined();
    // The key stays when it is installed again without one, and does not become generated.
    await works('install', 'us-east');
    expect(Object.keys((await get(path)).data)).toEqual([`${id}.key`]);
    expect((await get(regionSync)).spec.keys.secret.generate).toBeUndefined();
  });

  it('refuses another namespace, another repository, and a floor that sinks', async () => {
    const elsewhere = await run('install', 'us-east', '--namespace', 'other');
    expect([elsewhere.code, elsewhere.stderr]).toEqual([
      2,
      expect.stringContaining(`is installed in namespace ${system} already`),
    ]);
    const raise = (sequence: number): Promise<string> =>
      cluster.kubectl(
        'patch',
        'regionsync',
        'us-east',
        '-n',
        system,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { floor: { sequence } } }),
      );
    await raise(9);
    const sunk = await run('install', 'us-east');
    expect([sunk.code, sunk.stderr]).toEqual([
      3,
      expect.stringContaining('the cluster accepts nothing below snapshot 9 of root 1'),
    ]);
    await raise(1);
    const renewed = await works('install', 'us-east', '--renew-floor', '--force-conflicts');
    expect(renewed.stdout).toContain('spec.floor.renewed: nothing -> "20');
  });

  it('waits for the pods, and says how to see why they do not come', async () => {
    const late = await run('install', 'us-east', '--wait', '1s');
    expect([late.code, late.stderr]).toEqual([7, expect.stringContaining('0 of 2 pods are ready')]);
    expect(late.stderr).toContain('kubectl describe pods -n edgeseal-system');
  });

  it('needs mirrors that a pod can fetch from, without credentials in their urls', async () => {
    for (const [url, why] of [
      ['git@git.example.com:team/secrets.git', 'is neither an HTTP(S) url'],
      ['https://me:made-up-token@git.example.com/s.git', 'has credentials in its url'],
    ]) {
      const { code, stderr } = await run('install', 'us-west', '--image', image, '--mirror', url!);
      expect([code, stderr]).toEqual([2, expect.stringContaining(why!)]);
      expect(stderr).not.toContain('made-up-token');
    }
    const none = await run('install', 'us-west', '--image', image);
    expect(none.stderr).toContain('edgeseal.yaml names no mirror');
    const unnamed = await run('install', 'us-west', '--mirror', mirror);
    expect(unnamed.stderr).toContain('which image is the controller to run from?');
  });

  it('prints manifests that kubectl applies as they are, without a cluster', async () => {
    const args = [
      'install',
      'us-west',
      '--image',
      image,
      '--mirror',
      mirror,
      '--mirror-secret',
      'login',
      '--print',
    ];
    const { code, stdout, stderr } = await workspace.cli(args);
    expect([code, stderr]).toEqual([0, '']);
    await cluster.apply(stdout.split('---\n').slice(0, 3).join('---\n'));
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', 'regionsyncs.edgeseal.dev');
    const file = `${workspace.folder}/printed.yaml`;
    writeFileSync(file, stdout);
    await cluster.kubectl(
      'apply',
      '--server-side',
      '--dry-run=server',
      '--validate=strict',
      '-f',
      file,
    );
    expect(stdout).toContain('secret:\n        name: login');
    // A region that was never published has no floor; one that main does not know can still be installed.
    expect(stdout).not.toMatch(/^  floor:/m);
    const fresh = await workspace.cli(['install', 'new-region', ...args.slice(2)]);
    expect(fresh.code).toBe(0);
  });

  it('runs as a DaemonSet with folders of the nodes, in a namespace that allows that', async () => {
    workspace.write(
      '.git/values.yaml',
      'kind: DaemonSet\ndaemonSet: {owner: 1000, mode: "0440"}\n',
    );
    const own = 'edgeseal-nodes';
    const args = ['install', 'us-west', '--namespace', own, '--image', image, '--mirror', mirror];
    await works(...args, '--values', '.git/values.yaml');
    const { spec } = await get(`/apis/apps/v1/namespaces/${own}/daemonsets/edgeseal-us-west`);
    const pods = `/api/v1/namespaces/${own}/pods?dryRun=All`;
    const pod = { metadata: { generateName: 'try-' }, spec: spec.template.spec };
    expect((await cluster.request('POST', pods, pod)).status).toBe(201);
    const sync = await get(`/apis/edgeseal.dev/v1alpha1/namespaces/${own}/regionsyncs/us-west`);
    expect(sync.spec.target).toEqual({
      kubernetes: { namespaces: ['*'] },
      directory: { path: '/var/cache/secrets', owner: 1000, mode: '0440' },
    });
    // The other form takes its place, and does not run beside it.
    const back = await works(...args, '--values', '/dev/null');
    expect(back.stdout).toContain(`removed  DaemonSet ${own}/edgeseal-us-west`);
    await works('uninstall', 'us-west', '--namespace', own);
  });

  it('is uninstalled without a clone; Secrets, key, mark and CRDs stay', async () => {
    const secret = (name: string, region: string, owner: string) => ({
      metadata: {
        name,
        labels: { 'app.kubernetes.io/managed-by': 'edgeseal', 'edgeseal.dev/region': region },
        annotations: { 'edgeseal.dev/owner': owner },
      },
    });
    const namespace = await cluster.createNamespace('production');
    const bindingOf = (name: string): string => {
      const bound = { repository: workspace.repositoryId, region: 'us-east', namespace, name };
      return createHash('sha256').update(canonicalBytes(bound)).digest('hex').slice(0, 32);
    };
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    await cluster.request('POST', secrets, secret('ours', 'us-east', bindingOf('ours')));
    await cluster.request('POST', secrets, secret('copied', 'us-east', bindingOf('ours')));
    const names = async (): Promise<string[]> =>
      (await get(secrets)).items.map((item: { metadata: { name: string } }) => item.metadata.name);

    const nowhere = { cwd: workspace.folder };
    const at = ['--kubeconfig', kubeconfig, '--context', 'test'];
    const dry = await workspace.cli(
      ['uninstall', 'us-east', ...at, '--delete-secrets', '--dry-run'],
      nowhere,
    );
    expect(dry.stdout).toContain(`would remove  Secret ${namespace}/ours`);
    expect(dry.stdout).not.toContain('copied');
    expect(await names()).toEqual(['copied', 'ours']);
    const asked = await workspace.cli(['uninstall', 'us-east', ...at, '--delete-secrets'], {
      ...nowhere,
      stdin: 'n\n',
    });
    expect([asked.code, asked.stderr]).toEqual([
      2,
      expect.stringContaining('Delete 1 Secret of us-east in test'),
    ]);

    const gone = await workspace.cli(['uninstall', 'us-east', ...at], nowhere);
    expect(gone.code, gone.stderr).toBe(0);
    expect(gone.stderr).toContain('What stays:');
    for (const path of [deployment, regionSync])
      expect((await cluster.request('GET', path)).status).toBe(404);
    expect(
      (
        await cluster.request(
          'GET',
          '/apis/rbac.authorization.k8s.io/v1/clusterroles/edgeseal-us-east',
        )
      ).status,
    ).toBe(404);
    expect(await names()).toEqual(['copied', 'ours']);
    expect(
      Object.keys(
        (await get(`/api/v1/namespaces/${system}/secrets/edgeseal-region-key-us-east`)).data,
      ),
    ).toHaveLength(1);
    expect((await cluster.request('GET', '/apis/edgeseal.dev/v1alpha1')).status).toBe(200);
    const nothing = await workspace.cli(['uninstall', 'us-east', ...at], nowhere);
    expect([nothing.code, nothing.stderr]).toEqual([
      7,
      expect.stringContaining('has nothing of region us-east'),
    ]);

    await works('install', 'us-east', '--image', image, '--mirror', mirror);
    const all = await workspace.cli(
      ['uninstall', 'us-east', ...at, '--delete-secrets', '--yes'],
      nowhere,
    );
    expect(all.code, all.stderr).toBe(0);
    expect(await names()).toEqual(['copied']);
  });
});
