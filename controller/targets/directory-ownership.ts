import { randomBytes } from 'node:crypto';
import { bindingOf } from '../../core/format/ownership.ts';
import type { Scope } from '../../core/format/ownership.ts';
import type { Owned } from './target.ts';

const pattern = /^\.\.edgeseal-(\d{1,16})-([0-9a-f]{64})-([0-9a-f]{32})-[0-9a-f]{8}$/;

/**
 * The name of the directory that `..data` points to. It says what it was made from and whose it is, so that
 * ownership changes in the same rename as the content; an item's name never starts with two dots.
 */
export function ownershipOf(
  scope: Scope,
  secret: { namespace: string; name: string; version: number },
  sha256: string,
): string {
  const owner = bindingOf(scope, secret.namespace, secret.name);
  return `..edgeseal-${secret.version}-${sha256}-${owner}-${randomBytes(4).toString('hex')}`;
}

/** Reads such a name; undefined where it was made for another name, region or repository: a copy is not ours. */
export function parseDataName(
  scope: Scope,
  namespace: string,
  name: string,
  dataName: string,
): Owned | undefined {
  const [, version, sha256, owner] = pattern.exec(dataName) ?? [];
  if (sha256 === undefined || owner !== bindingOf(scope, namespace, name)) return undefined;
  return { namespace, name, version: Number(version), sha256 };
}
