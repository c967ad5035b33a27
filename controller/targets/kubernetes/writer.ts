import { EdgesealError } from '../../../core/errors.ts';
import { patchTypes } from '../../../core/kube/client.ts';
import type { KubeClient } from '../../../core/kube/client.ts';
import { KubeError, isKubeStatus } from '../../../core/kube/error.ts';
import type { KubeMeta, KubeObject } from '../../../core/kube/watch.ts';
import { metadataAccept } from '../../../core/kube/watch.ts';
import type { UnsealedSecret } from '../../../core/secret/unseal.ts';
import { adoptAnnotation } from '../../../core/format/ownership.ts';
import type { Scope } from '../../../core/format/ownership.ts';
import { writeFault } from './fault.ts';
import {
  fieldManager,
  isSameContent,
  isSameData,
  needsAnother,
  ownedBy,
  ownedFrom,
  patchOf,
} from './manifest.ts';
import type { LiveSecret, Manifest } from './manifest.ts';
import { redact } from './redact.ts';

interface Outcome {
  done: 'applied' | 'unchanged';
  metadata: KubeMeta;
}

/** Others may write at the same time: each attempt begins with what is there then. */
const ATTEMPTS = 4;
const query = { fieldManager };

/** Makes one Secret in the cluster what it is to be; every write is conditional on what was seen before it. */
export class SecretWriter {
  readonly #client: KubeClient;
  readonly #scope: Scope;

  constructor(client: KubeClient, scope: Scope) {
    this.#client = client;
    this.#scope = scope;
  }

  /**
   * @param secret the values that `wanted` was made from, to be kept out of messages
   * @param uid of the object that was ours when it was last seen, where there was one
   * @throws EdgesealError `target-refused`, `trust-floor`, `kube-*`
   */
  async write(wanted: Manifest, secret: UnsealedSecret, uid: string | undefined): Promise<Outcome> {
    const { namespace, name } = wanted.metadata;
    const values = [...secret.items.values()].map((value) => value.reveal());
    let mayExist = uid !== undefined;
    try {
      for (let attempt = 1; ; attempt += 1) {
        const live = mayExist ? await this.#get(namespace, name) : undefined;
        try {
          if (live === undefined) return await this.#create(wanted, values);
          return await this.#update(live, wanted, values, uid);
        } catch (error) {
          // Somebody has deleted it since it was looked at; where it was not looked at, the namespace is missing.
          const isGone = live !== undefined && isKubeStatus(error, 404);
          if ((!isGone && !isKubeStatus(error, 409)) || attempt === ATTEMPTS) throw error;
          mayExist = !isGone;
        }
      }
    } catch (error) {
      throw writeFault(error, namespace);
    }
  }

  /**
   * Deletes a Secret that is ours.
   *
   * @returns false where there is none, or somebody else's
   */
  async remove(namespace: string, name: string): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      const live = await this.#look(namespace, name);
      if (live === undefined || ownedFrom(this.#scope, live) === undefined) return false;
      try {
        // Its values are not known here, so nothing of what is said about it is passed on.
        await this.#delete(namespace, live, () => '');
        return true;
      } catch (error) {
        if (isKubeStatus(error, 404)) return false;
        if (!isKubeStatus(error, 409) || attempt === ATTEMPTS) throw writeFault(error, namespace);
      }
    }
  }

  async #create(wanted: Manifest, values: Uint8Array[]): Promise<Outcome> {
    const { namespace } = wanted.metadata;
    const made = (await this.#client.request('POST', collection(namespace), {
      body: wanted,
      query,
      redact: (message) => redact(message, values),
    })) as LiveSecret;
    return this.#finish(made, wanted);
  }

  async #update(
    live: LiveSecret,
    wanted: Manifest,
    values: Uint8Array[],
    uid: string | undefined,
  ): Promise<Outcome> {
    const { metadata } = live;
    const { namespace, name } = wanted.metadata;
    this.#requireOurs(live, wanted, uid);
    if (metadata.deletionTimestamp !== undefined) {
      throw new EdgesealError('kube-conflict', 'it is being deleted, and a finalizer holds it', {
        hint: `see who: kubectl -n ${namespace} get secret ${name} -o jsonpath={.metadata.finalizers}`,
      });
    }
    const before = Object.values(live.data ?? {}).map((value) => Buffer.from(value, 'base64'));
    const clean = (message: string): string => redact(message, [...values, ...before]);
    if (needsAnother(live, wanted)) {
      await this.#rehearse(wanted, clean);
      await this.#delete(namespace, metadata, clean).catch((error: unknown) => {
        if (!isKubeStatus(error, 404)) throw error;
      });
      return this.#create(wanted, values);
    }
    const body = patchOf(live, wanted);
    if (body === undefined) return { done: 'unchanged', metadata };
    const made = (await this.#client.request('PATCH', `${collection(namespace)}/${name}`, {
      body,
      query,
      contentType: patchTypes.merge,
      redact: clean,
    })) as LiveSecret;
    return this.#finish(made, wanted);
  }

  /** What the API server says it has now is what counts: an admission webhook may have had its own ideas. */
  #finish(made: LiveSecret, wanted: Manifest): Outcome {
    if (isSameData(made, wanted)) return { done: 'applied', metadata: made.metadata };
    throw new EdgesealError('kube-refused', 'the cluster keeps other data than were written', {
      hint: 'look for an admission webhook that changes Secrets: kubectl get mutatingwebhookconfigurations',
    });
  }

  /** @throws EdgesealError where the Secret is not ours to change, or further than what is to be written */
  #requireOurs(live: LiveSecret, wanted: Manifest, uid: string | undefined): void {
    const { metadata } = live;
    const held = ownedBy(this.#scope, live);
    if (held === undefined) {
      if (metadata.uid === uid) return;
      if (metadata.annotations?.[adoptAnnotation] === this.#scope.region) return;
      throw new EdgesealError('target-refused', 'a Secret that is not ours is in its place', {
        hint: `delete it, or let this region take it over: kubectl -n ${wanted.metadata.namespace} annotate secret ${wanted.metadata.name} ${adoptAnnotation}=${this.#scope.region}`,
      });
    }
    const version = versionOf(wanted, this.#scope);
    if (held.version < version.version) return;
    if (held.version === version.version) {
      // Wrapped anew for another key it is another file with the same content; anything else is a second truth.
      if (held.sha256 === version.sha256 || isSameContent(live, wanted)) return;
      throw new EdgesealError(
        'trust-floor',
        `the cluster holds version ${held.version} with another content, made from another file`,
        { hint: 'make a new version, or delete the Secret if its content is not wanted' },
      );
    }
    throw new EdgesealError(
      'trust-floor',
      `the cluster holds version ${held.version}, this is version ${version.version}`,
      { hint: 'another controller of this region is further, or the channel went back' },
    );
  }

  /** Asks whether the new one would be let in before the old one is deleted: the last good value is to stay. */
  async #rehearse(wanted: Manifest, clean: (message: string) => string): Promise<void> {
    try {
      await this.#client.request('POST', collection(wanted.metadata.namespace), {
        body: wanted,
        query: { ...query, dryRun: 'All' },
        redact: clean,
      });
    } catch (error) {
      const isRefusal = isKubeStatus(error, 403, 422);
      // The old one still counts against a quota, and its room becomes free.
      if (isRefusal && !error.message.includes('exceeded quota')) throw error;
      if (error instanceof KubeError && error.code === 'kube-unreachable') throw error;
    }
  }

  async #delete(
    namespace: string,
    { name, uid, resourceVersion }: KubeMeta,
    clean: (message: string) => string,
  ): Promise<void> {
    await this.#client.request('DELETE', `${collection(namespace)}/${name}`, {
      body: { preconditions: { uid, resourceVersion } },
      redact: clean,
    });
  }

  async #get(namespace: string, name: string): Promise<LiveSecret | undefined> {
    try {
      return (await this.#client.request('GET', `${collection(namespace)}/${name}`)) as LiveSecret;
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #look(namespace: string, name: string): Promise<KubeMeta | undefined> {
    try {
      const { metadata } = (await this.#client.request('GET', `${collection(namespace)}/${name}`, {
        accept: metadataAccept('PartialObjectMetadata'),
      })) as KubeObject;
      return metadata;
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }
}

function versionOf(wanted: Manifest, scope: Scope): { version: number; sha256: string } {
  const owned = ownedFrom(scope, { ...wanted.metadata, uid: '', resourceVersion: '' });
  if (owned === undefined) throw new EdgesealError('internal', 'a manifest without an owner');
  return owned;
}

/** Names were checked where the sealed secret was read: they need no encoding. */
const collection = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;
