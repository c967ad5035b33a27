import { processIo } from '../../cli/terminal/io.ts';
import { openRepository } from '../../cli/repository.ts';
import { changeRoot } from '../../cli/trust/root-change.ts';
import type { KeyState, TrustRootSpec } from '../../core/format/trust-root.ts';
import type { Workspace } from './workspace.ts';

/** Makes the workspace's next root, signed by its author. */
export async function nextRoot(
  ws: Workspace,
  edit: (spec: TrustRootSpec) => TrustRootSpec,
): Promise<void> {
  const io = { ...processIo(), cwd: ws.repo, env: ws.env };
  await changeRoot(io, await openRepository(io), {}, edit);
}

/** A root edit that gives one key of a region another state. */
export function withKeyState(
  region: string,
  id: string,
  state: KeyState,
): (spec: TrustRootSpec) => TrustRootSpec {
  return (spec) => ({
    ...spec,
    regions: spec.regions.map((r) =>
      r.name === region
        ? { ...r, keys: r.keys.map((k) => (k.sha256.startsWith(id) ? { ...k, state } : k)) }
        : r,
    ),
  });
}

/** Takes an author out. */
export function withoutAuthor(name: string): (spec: TrustRootSpec) => TrustRootSpec {
  return (spec) => ({ ...spec, authors: spec.authors.filter((author) => author.name !== name) });
}
