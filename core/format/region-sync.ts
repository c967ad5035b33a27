import { z } from 'zod';
import type { Json } from './canonical-json.ts';
import { regionSyncSpecSchema } from './region-sync-spec.ts';
import type { RegionSyncSpec } from './region-sync-spec.ts';
import { apiVersion, validate, validateJson } from './schema.ts';
import type { Parsed } from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

/** kind RegionSync: what one controller follows, from where, and what it keeps equal to it. */
export const regionSyncSchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('RegionSync'),
  metadata: z.strictObject({ name: z.string().min(1).max(253) }).optional(),
  spec: regionSyncSpecSchema,
});

/** A RegionSync in a file: everything it names lies on this machine. */
export type RegionSync = z.infer<typeof regionSyncSchema> & {
  spec: RegionSyncSpec & { store: string };
};

/**
 * Reads a RegionSync file.
 *
 * @throws EdgesealError `format-yaml` or `format-schema`, with file, line and field
 */
export function parseRegionSync(bytes: Uint8Array, file: string): RegionSync {
  const parsed: Parsed = parseYaml(decodeUtf8(bytes, 'the configuration'), { file });
  return validate(inForm(checkFileForm), parsed, file) as RegionSync;
}

/**
 * Checks a RegionSync as the API server hands it out: its metadata and status are Kubernetes' and the controller's own.
 *
 * @returns its spec
 * @throws EdgesealError `format-schema` with the field: the CRD in the cluster may be older than this program
 */
export function checkRegionSyncObject(object: {
  metadata: { name: string };
  spec?: unknown;
}): RegionSyncSpec {
  const value = {
    apiVersion,
    kind: 'RegionSync',
    metadata: { name: object.metadata.name },
    spec: (object.spec ?? null) as Json,
  };
  return validateJson(inForm(checkClusterForm), value).spec;
}

type Document = z.infer<typeof regionSyncSchema>;
type Refuse = (message: string, ...where: (string | number)[]) => void;

/** What has to be there once, and what only one of the two forms has. */
function inForm(check: (document: Document, refuse: Refuse) => void): z.ZodType<Document> {
  return regionSyncSchema.superRefine((document, context) => {
    const refuse: Refuse = (message, ...where) => {
      context.addIssue({ code: 'custom', path: ['spec', ...where], message });
    };
    check(document, refuse);
    if (document.spec.mirrors.length === 0 && document.spec.objects === undefined)
      refuse('names no mirror to fetch a channel from', 'mirrors');
    const names = document.spec.mirrors.flatMap(({ name }) => name ?? []);
    if (new Set(names).size < names.length) refuse('two mirrors have one name', 'mirrors');
  });
}

function checkFileForm({ spec }: Document, refuse: Refuse): void {
  const foreign = 'is for a RegionSync in a cluster, not for a file';
  const { target, keys } = spec;
  if ((target.kubernetes === undefined) === (target.directory === undefined))
    refuse('wants one target: give target.directory or target.kubernetes', 'target');
  if (keys.secret !== undefined) refuse(foreign, 'keys', 'secret');
  else if (keys.files === undefined && keys.directory === undefined)
    refuse('names no private region key: give keys.files or keys.directory', 'keys');
  if (spec.store === undefined) refuse('is missing: where to keep the state', 'store');
  if (spec.suspend !== undefined) refuse(foreign, 'suspend');
  if (spec.objects !== undefined) refuse(foreign, 'objects');
  spec.mirrors.forEach(({ auth }, i) => {
    if (auth === undefined) return;
    if (auth.secret !== undefined) refuse(foreign, 'mirrors', i, 'auth', 'secret');
    else if ((auth.basic === undefined) === (auth.bearer === undefined))
      refuse('wants either basic or bearer', 'mirrors', i, 'auth');
  });
}

function checkClusterForm({ metadata, spec }: Document, refuse: Refuse): void {
  // One object a controller, and Lease, mark and keys carry the region's name: two objects would share them.
  if (metadata?.name !== spec.region) refuse('is not the name of this object', 'region');
  const { target, keys } = spec;
  if (target.kubernetes === undefined) refuse('names no target: give target.kubernetes', 'target');
  if (keys.secret === undefined && keys.files === undefined && keys.directory === undefined)
    refuse('names no private region key: give secret, files or directory', 'keys');
  spec.mirrors.forEach(({ auth }, i) => {
    if (auth === undefined) return;
    const given = [auth.basic, auth.bearer, auth.secret].filter((one) => one !== undefined);
    if (given.length !== 1) refuse('wants one of basic, bearer and secret', 'mirrors', i, 'auth');
  });
}
