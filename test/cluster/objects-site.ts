import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { partsOf } from '../../cli/install/manifest.ts';
import { rbac } from '../../cli/install/rbac.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { checkValues } from '../../core/format/install-values.ts';
import type { EdgeSecretStatus } from '../../core/format/status.ts';
import { exampleValues } from '../../tools/manifests.ts';
import { TestChannel } from '../controller/channel.ts';
import type { Cluster } from '../support/cluster/client.ts';
import { RegionSite } from './region-site.ts';
import type { Replica } from './region-site.ts';

const merge = { 'content-type': 'application/merge-patch+json' };

/** A region that EdgeSecret objects feed, with the rights that `edgeseal install` gives, and no others. */
export class ObjectSite {
  readonly site: RegionSite;
  readonly channel: TestChannel;
  readonly namespace: string;

  private constructor(site: RegionSite) {
    this.site = site;
    this.channel = site.channel;
    this.namespace = site.namespace;
  }

  static async make(cluster: Cluster): Promise<ObjectSite> {
    const region = `r-${Math.random().toString(36).slice(2, 10)}`;
    const channel = await TestChannel.make(region);
    const site = await RegionSite.make(cluster, { channel });
    await cluster.kubectl('wait', '--for=condition=Established', 'crd', 'edgesecrets.edgeseal.dev');
    const values = checkValues(
      {
        ...(await exampleValues('deployment')),
        region,
        mirrors: [],
        objects: { namespaces: [site.namespace], ownerReferences: false },
        keys: { secret: { name: 'region-key', generate: false } },
      },
      'the test',
    );
    const parts = partsOf(values, site.own);
    for (const manifest of rbac(parts)) await cluster.apply(JSON.stringify(manifest));
    const token = await cluster.serviceAccountToken(site.own, parts.name);
    writeFileSync(site.path('account/token'), token);
    for (;;) {
      const answer = await cluster.request(
        'GET',
        '/apis/edgeseal.dev/v1alpha1/edgesecrets?limit=1',
        undefined,
        { token },
      );
      if (answer.status === 200) break;
      await sleep(20);
    }
    return new ObjectSite(site);
  }

  /** Starts a region without a channel, its root in a ConfigMap, and a replica. */
  async start(objects: object = {}, spec: object = {}): Promise<Replica> {
    await this.putRoots();
    await this.site.create(this.spec(objects, spec));
    const replica = this.site.replica();
    await this.site.until('Ready', 'True Applied');
    return replica;
  }

  spec(objects: object = {}, spec: object = {}): object {
    return { mirrors: [], objects: { namespaces: [this.namespace], ...objects }, ...spec };
  }

  /** The files of the repository's trust/, by name; a stranger's are put in where the channel has none. */
  roots(upTo = Infinity, ...strangers: TestChannel[]): Record<string, string> {
    const files: Record<string, string> = {};
    for (const { rootFiles } of [...strangers, this.channel])
      for (const [path, bytes] of rootFiles) {
        const [, number = '', signature] = /(\d+)(\.sig)?$/.exec(path) ?? [];
        if (Number(number) <= upTo)
          files[`${number}${signature ?? '.yaml'}`] = Buffer.from(bytes).toString();
      }
    return files;
  }

  async putRoots(upTo = Infinity, ...strangers: TestChannel[]): Promise<void> {
    const path = `/api/v1/namespaces/${this.site.own}/configmaps`;
    await this.site.cluster.request('DELETE', `${path}/edgeseal-trust`);
    const data = this.roots(upTo, ...strangers);
    await this.site.must('POST', path, { metadata: { name: 'edgeseal-trust' }, data });
  }

  path(name: string, namespace = this.namespace): string {
    return `/apis/edgeseal.dev/v1alpha1/namespaces/${namespace}/edgesecrets/${name}`;
  }

  /** Applies a sealed file as kubectl does. */
  async apply(secret: EdgeSecret): Promise<void> {
    await this.site.cluster.apply(formatEdgeSecret(secret));
  }

  async delete(name: string, namespace = this.namespace): Promise<void> {
    await this.site.must('DELETE', this.path(name, namespace));
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  async object(name: string, namespace = this.namespace): Promise<any> {
    return this.site.must('GET', this.path(name, namespace));
  }

  async status(name: string, namespace = this.namespace): Promise<EdgeSecretStatus> {
    return (await this.object(name, namespace)).status as EdgeSecretStatus;
  }

  /** Waits until an object's current spec has this verdict, as `<status> <reason>`. */
  async until(name: string, wanted: string, namespace = this.namespace): Promise<void> {
    const verdict = async (): Promise<string> => {
      const { status, metadata } = await this.object(name, namespace);
      if (status.observedGeneration !== metadata.generation) return 'not looked at';
      const ready = (status as EdgeSecretStatus).conditions?.find(({ type }) => type === 'Ready');
      return `${ready?.status} ${ready?.reason}`;
    };
    await expect.poll(verdict, { timeout: 20_000, interval: 50 }).toBe(wanted);
  }

  async patch(name: string, body: object): Promise<void> {
    await this.site.must('PATCH', this.path(name), body, merge);
  }

  /** The floors of a namespace, as they lie in the cluster. */
  async floors(namespace = this.namespace): Promise<Record<string, string>> {
    const { body } = await this.site.cluster.request('GET', this.floorsPath(namespace));
    return (body.data ?? {}) as Record<string, string>;
  }

  floorsPath(namespace = this.namespace): string {
    return `/api/v1/namespaces/${this.site.own}/configmaps/edgeseal-floors-${namespace}`;
  }

  /** Waits until the controller has worked for two of its intervals. */
  async rest(): Promise<void> {
    await sleep(2500);
  }
}
