import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import type { Colleague } from './colleague.ts';
import { nextRoot } from './root.ts';
import type { Workspace } from './workspace.ts';

/** What git did, and what it and its drivers said. */
export interface GitResult {
  code: number;
  said: string;
}

/** Runs git as a person would, drivers and all. */
export function gitIn(repo: string, env: NodeJS.ProcessEnv, ...args: string[]): GitResult {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: repo, env, encoding: 'utf8' });
  return { code: status ?? -1, said: `${stdout}${stderr}` };
}

/** Has a colleague listed as an author of these namespaces, and tells everybody. */
export async function listAuthor(
  ws: Workspace,
  who: Colleague,
  name: string,
  namespaces: string[],
): Promise<void> {
  const keys = [readFileSync(who.pub, 'utf8').trim().split(' ').slice(0, 2).join(' ')];
  await nextRoot(ws, (spec) => ({
    ...spec,
    authors: [...spec.authors, { name, keys, namespaces }],
  }));
  ws.commit(`${name} writes`);
  who.take('main');
}

/** A sealed file as a folder has it. */
export function sealedAt(repo: string, secret: string): EdgeSecret {
  return parseEdgeSecret(readFileSync(join(repo, `secrets/${secret}.yaml`)));
}

/** What a region gets of it. */
export async function valuesAt(
  ws: Workspace,
  repo: string,
  secret: string,
  region = 'us-east',
): Promise<Record<string, string>> {
  const opened = await unsealSecret(sealedAt(repo, secret), ws.repositoryId, region, [
    ws.keys[region]!,
  ]);
  return Object.fromEntries(
    [...(opened?.items ?? [])].map(([item, value]) => [
      item,
      Buffer.from(value.reveal()).toString(),
    ]),
  );
}

/** Whether a clone has unmerged files. */
export function unmerged(repo: string, env: NodeJS.ProcessEnv): string {
  return execFileSync('git', ['diff', '--name-only', '--diff-filter=U'], {
    cwd: repo,
    env,
    encoding: 'utf8',
  }).trim();
}
