import { z } from 'zod';
import {
  apiVersion,
  counter,
  duration,
  regionName,
  repositoryId,
  sha256Hex,
  validate,
} from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

const path = z.string().min(1).max(4096);
const id = z.int().min(0).max(0xffff_fffe);

const mirrorSchema = z.strictObject({
  /** What status, logs and metrics call it. Default: its host, or the last part of its path. */
  name: z.string().min(1).max(253).optional(),
  /** HTTP(S) URL, directory or bundle file. */
  url: z.string().min(1).max(2048),
  /** File with the certificate authority of this mirror, PEM. */
  ca: path.optional(),
  auth: z
    .strictObject({
      basic: z.strictObject({ usernameFile: path, passwordFile: path }).optional(),
      bearer: z.strictObject({ tokenFile: path }).optional(),
    })
    .optional(),
});

/** kind RegionSync: what one controller follows, from where, and what it keeps equal to it. */
export const regionSyncSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('RegionSync'),
  metadata: z.strictObject({ name: z.string().min(1).max(253) }).optional(),
  spec: z.strictObject({
    repository: repositoryId,
    region: regionName,
    /** SHA-256 of the pinned trust root: all trust starts here. */
    root: sha256Hex,
    /** The least snapshot that is accepted, as `install` found it. */
    floor: z
      .strictObject({
        root: counter,
        sequence: counter,
        /** Any text, such as a date: the operator's word that this floor is right though the store is lost. */
        renewed: z.string().min(1).max(253).optional(),
      })
      .optional(),
    /** The preferred one first. */
    mirrors: z.array(mirrorSchema).min(1).max(32),
    interval: duration.optional(),
    staleAfter: duration.optional(),
    keys: z.strictObject({
      /** Files with private region keys. */
      files: z.array(path).min(1).max(64).optional(),
      /** A directory whose files all hold private region keys, such as a mounted Secret. */
      directory: path.optional(),
    }),
    target: z.strictObject({
      directory: z
        .strictObject({
          path,
          /** Numeric user and group of what is written. */
          owner: id.optional(),
          group: id.optional(),
          /** Of the files, in octal. */
          mode: z
            .string()
            .regex(/^0[0-7]{3}$/, "is not a mode such as '0400' (quote it)")
            .optional(),
        })
        .optional(),
    }),
    /** Directory for verified ciphertext and state. */
    store: path,
    /** Where health, status and metrics are served; without it, nowhere. */
    listen: z
      .string()
      .regex(
        /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
        'is not host:port such as 127.0.0.1:9797',
      )
      .optional(),
    prune: z
      .strictObject({
        /** The snapshot (SHA-256) whose many deletions the operator has looked at. */
        acknowledged: sha256Hex.optional(),
      })
      .optional(),
    alarm: z
      .strictObject({
        /** The snapshot (SHA-256) of an equivocation that the operator has looked into. */
        acknowledged: sha256Hex.optional(),
      })
      .optional(),
    limits: z
      .strictObject({
        /** Longest duration of one fetch. */
        fetchTimeout: duration.optional(),
        /** Most memory of the process that fetches, in MiB. */
        fetchMemory: z.int().min(64).max(65536).optional(),
        /** Largest pack, in MiB. */
        packSize: z.int().min(1).max(65536).optional(),
      })
      .optional(),
  }),
});

export type RegionSync = z.infer<typeof regionSyncSchema>;

/**
 * Reads a RegionSync.
 *
 * @throws EdgesealError `format-yaml` or `format-schema`, with file, line and field
 */
export function parseRegionSync(bytes: Uint8Array, file: string): RegionSync {
  const parsed = parseYaml(decodeUtf8(bytes, 'the configuration'), { file });
  const checked = withExclusions(regionSyncSchema);
  return validate(checked, parsed, file);
}

/** What has to be there once: one target, one way to authenticate, some keys. */
function withExclusions(schema: typeof regionSyncSchema): z.ZodType<RegionSync> {
  return schema.superRefine(({ spec }, context) => {
    const refuse = (message: string, ...where: (string | number)[]): void => {
      context.addIssue({ code: 'custom', path: ['spec', ...where], message });
    };
    if (spec.target.directory === undefined)
      refuse('names no target: give target.directory', 'target');
    if (spec.keys.files === undefined && spec.keys.directory === undefined) {
      refuse('names no private region key: give keys.files or keys.directory', 'keys');
    }
    spec.mirrors.forEach(({ auth }, i) => {
      if (auth === undefined || (auth.basic === undefined) !== (auth.bearer === undefined)) return;
      refuse('wants either basic or bearer', 'mirrors', i, 'auth');
    });
    const names = spec.mirrors.flatMap(({ name }) => name ?? []);
    if (new Set(names).size < names.length) refuse('two mirrors have one name', 'mirrors');
  });
}
