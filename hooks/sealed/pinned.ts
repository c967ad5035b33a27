import { resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { readRepository } from '../../core/repository/repository-state.ts';
import { fixedPin, pinPath, readPinFile } from '../../core/repository/pin.ts';
import { readRootFile } from '../../core/repository/trust.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { gitAnswer } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import type { Tree } from './tree.ts';

/**
 * The trust root that this clone follows: the one that its owner has accepted (or EDGESEAL_ROOT names). Where there is none,
 * the first one that lies there, which is said: a hook asks nobody.
 */
export async function pinOfClone(io: HookIo, view: RepositoryView): Promise<string | undefined> {
  const fixed = fixedPin(io.env);
  if (fixed !== undefined) return fixed.accepted;
  const id = await idOf(view);
  const folder = await gitAnswer(io, ['rev-parse', '--git-common-dir']);
  if (id !== undefined && folder !== undefined) {
    const pin = await readPinFile(pinPath(resolve(io.cwd, folder), id));
    if (pin !== undefined) return pin.accepted;
  }
  const first = await firstRoot(view);
  if (first !== undefined)
    io.stderr.write(
      'edgeseal: warning: this clone has not accepted a trust root, so signatures are held against the one that lies here\n  hint: compare it with what a colleague sees (edgeseal trust show), then: edgeseal trust accept FINGERPRINT\n',
    );
  return first;
}

/**
 * The trust root that a server follows: EDGESEAL_ROOT, `edgeseal.root` of its Git configuration, or the first root of what
 * its HEAD has before the push. Only an empty repository takes the pusher's word.
 *
 * @param head the server's main branch as it was; undefined where there is none
 */
export async function pinOfServer(
  io: HookIo,
  view: RepositoryView,
  head: Tree | undefined,
  prefix: string,
): Promise<string | undefined> {
  const fixed = fixedPin(io.env);
  if (fixed !== undefined) return fixed.accepted;
  const set = await gitAnswer(io, ['config', 'edgeseal.root']);
  if (set !== undefined) return fixedPin({ EDGESEAL_ROOT: set })?.accepted;
  return (
    (head === undefined ? undefined : await firstRoot(head.view(prefix))) ?? (await firstRoot(view))
  );
}

async function firstRoot(view: RepositoryView): Promise<string | undefined> {
  try {
    const file = await readRootFile(view, 1);
    return file === undefined ? undefined : rootHash(file.bytes);
  } catch (error) {
    if (error instanceof EdgesealError) return undefined;
    throw error;
  }
}

async function idOf(view: RepositoryView): Promise<string | undefined> {
  try {
    return (await readRepository(view)).spec.id;
  } catch (error) {
    if (error instanceof EdgesealError) return undefined;
    throw error;
  }
}
