import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';

const says = /No space left on device|Disk quota exceeded/;
/** Of a lock file that it could not write git does not say why. */
const mayBe = /couldn't write|unable to write|failed to write|write error|index-pack/;

/**
 * Whether git failed because this machine's disk is full, which it does not always say.
 *
 * @param stderr what git said; lines of a remote are about its disk, not ours
 * @param folder git's own, or another that it was writing to
 */
export async function fullDisk(stderr: string, folder: string): Promise<EdgesealError | undefined> {
  const ours = stderr.replace(/^remote:.*$/gm, '');
  if (!says.test(ours) && !(mayBe.test(ours) && (await isFull(folder)))) return undefined;
  return new EdgesealError('store-full', 'the disk is full: git could not write', {
    file: folder,
    hint: 'make room, then run the command again',
  });
}

async function isFull(folder: string): Promise<boolean> {
  const probe = join(resolve(folder), `.edgeseal-${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFile(probe, Buffer.alloc(4096), { flag: 'wx' });
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOSPC' || code === 'EDQUOT';
  } finally {
    await rm(probe, { force: true });
  }
}
