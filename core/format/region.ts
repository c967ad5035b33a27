import { z } from 'zod';
import { emitYaml } from './block-yaml.ts';
import { apiVersion, duration, regionName, validate } from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

const keySchema = z.strictObject({
  /** What the distribution policy's `encryption-key` names. */
  name: z.string().min(1).max(253),
  /** Base64 of the 1,216 bytes. */
  publicKey: z.string().min(1).max(4096),
});

/** kind Region: `regions/<region>.yaml`. Public keys only; whether one is active is the root's to say. */
export const regionSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Region'),
  metadata: z.strictObject({ name: regionName }),
  spec: z.strictObject({
    /** `recovery`: a recipient whose private half lies offline; it has no channel. */
    role: z.enum(['region', 'recovery']).optional(),
    /** The recovery recipient that every envelope of this region is also wrapped for. */
    recovery: regionName.optional(),
    /** How often the region's controllers ask their mirrors. */
    interval: duration.optional(),
    /** After how long without a fresh heartbeat a controller calls its state stale. */
    staleAfter: duration.optional(),
    keys: z.array(keySchema).max(64),
  }),
});

export type Region = z.infer<typeof regionSchema>;

export function parseRegion(bytes: Uint8Array, file: string): Region {
  return validate(
    regionSchema,
    parseYaml(decodeUtf8(bytes, 'the region file'), { file, showKeys: true }),
    file,
  );
}

export function formatRegion(region: Region): string {
  const { role, recovery, interval, staleAfter, keys } = region.spec;
  return emitYaml({
    apiVersion,
    kind: 'Region',
    metadata: { name: region.metadata.name },
    spec: {
      ...(role === undefined ? {} : { role }),
      ...(recovery === undefined ? {} : { recovery }),
      ...(interval === undefined ? {} : { interval }),
      ...(staleAfter === undefined ? {} : { staleAfter }),
      keys: keys.map(({ name, publicKey }) => ({ name, publicKey })),
    },
  });
}

export function isRecovery(region: Region): boolean {
  return region.spec.role === 'recovery';
}

/** Path of a region's file. */
export function regionPath(name: string): string {
  return `regions/${name}.yaml`;
}
