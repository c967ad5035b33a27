import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import type { Workspace } from './workspace.ts';

/** A sealed file of a workspace, by `namespace/name`. */
export function sealedIn(ws: Workspace, name: string): EdgeSecret {
  const file = `secrets/${name}.yaml`;
  return parseEdgeSecret(Buffer.from(ws.read(file)), file);
}

/** Its values as a region's controller opens them. */
export async function valuesIn(
  ws: Workspace,
  name: string,
  region = 'us-east',
): Promise<Record<string, string>> {
  const keys = [ws.keys[region]!];
  const opened = await unsealSecret(sealedIn(ws, name), ws.repositoryId, region, keys);
  const items = [...(opened?.items ?? [])];
  return Object.fromEntries(items.map(([k, v]) => [k, Buffer.from(v.reveal()).toString()]));
}
