import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { parseRegionSync } from '../../core/format/region-sync.ts';
import { editYaml } from '../../core/format/yaml.ts';
import { writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import type { WaitingController } from './waiting.ts';

/** Opens a RegionSync file. @throws EdgesealError `input-not-found`, `format-yaml`, `format-schema` */
export async function controllerOfFile(io: Io, config: string): Promise<WaitingController> {
  const file = resolve(io.cwd, config);
  const bytes = await readFile(file).catch((cause: unknown) => {
    const { code = 'error' } = cause as NodeJS.ErrnoException;
    throw new EdgesealError('input-not-found', `cannot read (${code})`, { file: config, cause });
  });
  const { spec } = parseRegionSync(bytes, config);
  const status = await statusOf(join(resolve(dirname(file), spec.store), 'status.json'));
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
