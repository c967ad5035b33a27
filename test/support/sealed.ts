import { join } from 'node:path';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { signChanges } from '../../cli/signer/signing.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { secretPath } from '../../core/format/names.ts';
import { recipientsFor } from '../../core/repository/recipients.ts';
import { loadRepository } from '../../core/repository/repository-state.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { worktreeView } from '../../core/repository/view.ts';
import { createSecret, setItems } from '../../core/secret/change.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { processIo } from '../../cli/terminal/io.ts';
import type { Workspace } from './workspace.ts';

const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };

interface Sealing {
  regions?: string[];
  sign?: boolean;
  signingKey?: string;
}

/** The workspace's repository as its working tree has it, from root 1. */
export async function stateOf(ws: Workspace): Promise<RepositoryState> {
  return loadRepository(worktreeView(ws.repo), rootHash(Buffer.from(ws.read('trust/1.yaml'))));
}

/** Seals made-up values into the workspace by core's own functions: `seal` is another command's matter. */
export async function sealInto(
  ws: Workspace,
  secret: string,
  values: Record<string, string | Uint8Array>,
  options: Sealing = {},
): Promise<void> {
  const [namespace = '', name = ''] = secret.split('/');
  const state = await stateOf(ws);
  const regions = options.regions ?? ['eu-central', 'us-east', 'us-west'];
  const identity = { repository: ws.repositoryId, namespace, name, template };
  const items = itemsOf(values);
  await put(
    ws,
    await createSecret(identity, 1, await recipientsFor(state, regions), items),
    options,
  );
}

/** Sets values in a new envelope, for some regions. */
export async function setInto(
  ws: Workspace,
  secret: string,
  values: Record<string, string>,
  options: Sealing = {},
): Promise<void> {
  const old = sealedIn(ws, secret);
  const regions = options.regions ?? ['eu-central', 'us-east', 'us-west'];
  const recipients = await recipientsFor(await stateOf(ws), regions);
  const version = old.spec.version + 1;
  await put(
    ws,
    await setItems(old, ws.repositoryId, version, recipients, itemsOf(values)),
    options,
  );
}

/** Writes a secret to its place, signed unless told otherwise. */
export async function put(ws: Workspace, secret: EdgeSecret, options: Sealing = {}): Promise<void> {
  const { namespace, name } = secret.metadata;
  const file = join(ws.repo, secretPath(namespace, name));
  const io = { ...processIo(), cwd: ws.repo, env: ws.env };
  const { secrets } = await signChanges(io, await stateOf(ws), [secret], options);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, formatEdgeSecret(secrets[0]!));
}

export function sealedIn(ws: Workspace, secret: string): EdgeSecret {
  return parseEdgeSecret(readFileSync(join(ws.repo, `secrets/${secret}.yaml`)));
}

function itemsOf(values: Record<string, string | Uint8Array>): Map<string, SecretBytes> {
  return new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? SecretBytes.fromText(value)
        : new SecretBytes(Uint8Array.from(value)),
    ]),
  );
}
