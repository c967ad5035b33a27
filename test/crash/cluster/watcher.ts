import { request } from 'node:https';
import type { ClientRequest } from 'node:http';
import { createInterface } from 'node:readline';
import { sealedAnnotation, versionAnnotation } from '../../../core/format/ownership.ts';
import type { Cluster } from '../../support/cluster/client.ts';

interface Secret {
  metadata: { name: string; uid: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
}

/**
 * Sees every version of every Secret of a namespace that there ever was, as the API server tells it, and keeps what is
 * wrong with one: items of several versions, an item too few, a version lower than before, one that was written or made again.
 */
export class Watcher {
  readonly wrong: string[] = [];
  seen = 0;
  readonly #itemsOf: (key: string, version: number) => Record<string, string> | undefined;
  readonly #highest = new Map<string, number>();
  #request: ClientRequest | undefined;

  /** @param itemsOf the values that a secret is to have in this version */
  constructor(itemsOf: (name: string, version: number) => Record<string, string> | undefined) {
    this.#itemsOf = itemsOf;
  }

  /** Begins with what is there. */
  async begin({ address }: Cluster, namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/secrets?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`;
    const headers = { authorization: `Bearer ${address.adminToken}` };
    const { url, ca } = address;
    await new Promise<void>((resolve, reject) => {
      this.#request = request(new URL(path, url), { ca, headers }, (response) => {
        const lines = createInterface({ input: response });
        // That the test ends it is no fault of the server's.
        for (const stream of [response, lines]) stream.on('error', () => undefined);
        lines.on('line', (line) => {
          const { type, object } = JSON.parse(line) as { type: string; object: Secret };
          if (type === 'ERROR') this.wrong.push(`the watch ended: ${line}`);
          else if (type === 'BOOKMARK') resolve();
          else this.look(type, object);
        });
      });
      this.#request.once('error', reject).end();
    });
  }

  look(type: string, { metadata, data = {} }: Secret): void {
    this.seen += 1;
    const { name, annotations = {} } = metadata;
    if (annotations[sealedAnnotation] === undefined) return;
    const version = Number(annotations[versionAnnotation]);
    const wanted = this.#itemsOf(name, version);
    const has = Object.fromEntries(
      Object.entries(data).map(([item, value]) => [item, Buffer.from(value, 'base64').toString()]),
    );
    const shown = `${type} ${name} version ${version}: ${JSON.stringify(has)}`;
    if (wanted === undefined || !isSame(has, wanted)) this.wrong.push(`${shown} is not whole`);
    const before = this.#highest.get(name) ?? 0;
    if (version < before) this.wrong.push(`${shown} is lower than before`);
    if (version === before && type !== 'DELETED') this.wrong.push(`${shown} was there before`);
    this.#highest.set(name, version);
  }

  end(): void {
    this.#request?.on('error', () => undefined).destroy();
  }
}

function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const sorted = (one: Record<string, string>): string =>
    JSON.stringify(Object.entries(one).sort());
  return sorted(a) === sorted(b);
}
