import {
  readHeartbeat,
  readIndexes,
  requireListed,
  verifySnapshot,
} from '../../core/channel/snapshot-check.ts';
import type { ChannelReader } from '../../core/channel/snapshot-check.ts';
import { secretPath } from '../../core/format/names.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import { repositoryId } from '../controller/channel.ts';
import type { Form } from './mutate.ts';

/** A file of which changed copies are judged. */
export interface Subject {
  name: string;
  form: Form;
  bytes: Buffer;
  /**
   * Judges a changed copy as the product does.
   *
   * @throws EdgesealError where it is refused; {@link Forged} where something was accepted that nobody has signed; anything
   * else is a fault of ours
   */
  judge: (changed: Buffer) => Promise<void> | void;
}

/** What must never happen. */
export class Forged extends Error {}

/** Everything that a controller takes over of a channel: only what was signed, or nothing. */
export async function judgeChannel(
  files: ReadonlyMap<string, Uint8Array>,
  read: ChannelReader,
  held: AcceptedRoot,
  region: string,
): Promise<void> {
  const bounds = { repository: repositoryId, region };
  const same = (path: string, bytes: Uint8Array | undefined): void => {
    const original = files.get(path);
    if (bytes === undefined || original === undefined || !Buffer.from(original).equals(bytes))
      throw new Forged(path);
  };
  const verified = await verifySnapshot(read, held, bounds);
  same(channelPaths.snapshot, verified.bytes);
  for (const { file } of verified.newRoots) same(file.file, file.bytes);
  for (const [namespace, index] of await readIndexes(read, verified.snapshot))
    for (const { name, sha256, size } of index) {
      const path = secretPath(namespace, name);
      const bytes = await read(path);
      requireListed(bytes, { sha256, size }, path);
      same(path, bytes);
    }
  const alive = await readHeartbeat(read, verified.root, bounds);
  if (alive !== undefined) same(channelPaths.alive, await read(channelPaths.alive));
}
