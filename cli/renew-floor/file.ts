import { readFile, stat } from 'node:fs/promises';
import { editYaml } from '../../core/format/yaml.ts';
import { writeFileAtomic } from '../files.ts';
import { readRegionSyncFile } from '../region-sync-file.ts';
import type { Io } from '../terminal/io.ts';
import type { WaitingController } from './waiting.ts';

/** Opens a RegionSync file. @throws EdgesealError `input-not-found`, `format-yaml`, `format-schema` */
export async function controllerOfFile(io: Io, config: string): Promise<WaitingController> {
  const { file, bytes, spec, statusFile } = await readRegionSyncFile(io, config);
  const status = await statusOf(statusFile);
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return {
    spec,
    ready: ready === undefined ? undefined : { reason: ready.reason, message: ready.message },
    isFollowing: status?.snapshot !== undefined && status.snapshot !== null,
    place: config,
    write: async (floor) => {
      const text = editYaml(bytes.toString('utf8'), (document) => {
        document.setIn(['spec', 'floor'], document.createNode(floor, { flow: true }));
      });
      // Whoever may read it is the operator's to say.
      await writeFileAtomic(file, text, (await stat(file)).mode & 0o777);
    },
    after: 'restart the controller: it reads its configuration when it starts',
    again: undefined,
    close: () => undefined,
  };
}

interface StatusText {
  conditions?: { type: string; reason: string; message: string }[];
  snapshot?: unknown;
}

async function statusOf(file: string): Promise<StatusText | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StatusText;
  } catch {
    return undefined;
  }
}
