import { z } from 'zod';
import { namespaceGlob, regionSyncSpecSchema } from './region-sync-spec.ts';
import {
  counter,
  duration,
  namespaceName,
  regionName,
  repositoryId,
  secretName,
  sha256Hex,
  validate,
} from './schema.ts';
import type { Json } from './canonical-json.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

/** In a chart's values an empty text or map stands for "not given": Helm cannot take a default away. */
const optionalText = <T extends z.ZodType>(schema: T): z.ZodUnion<[z.ZodLiteral<''>, T]> =>
  z.union([z.literal(''), schema]);
const port = z.int().min(1).max(65535);
const hostPath = z
  .string()
  .max(4096)
  .regex(/^\/[^\n]+$/, 'is not an absolute path');
/** What is Kubernetes' own to check. */
const foreign = z.custom<{ [key: string]: Json }>(isMap, 'is not a map').meta({ type: 'object' });
const quantity = z.union([z.string().min(1).max(64), z.int()]);
const quantities = z.strictObject({ cpu: quantity.optional(), memory: quantity.optional() });

/** The chart's values, whole: what values.yaml has as defaults, with everything filled in that has none. */
export const installValuesSchema = z.strictObject({
  region: regionName,
  repository: repositoryId,
  root: sha256Hex,
  floor: z.strictObject({
    root: counter.optional(),
    sequence: counter.optional(),
    renewed: z.string().max(253).optional(),
  }),
  mirrors: regionSyncSpecSchema.shape.mirrors,
  interval: optionalText(duration),
  staleAfter: optionalText(duration),
  keys: z.strictObject({
    secret: z.strictObject({ name: optionalText(secretName), generate: z.boolean() }),
  }),
  namespaces: z.array(namespaceName).max(256),
  objects: z.strictObject({
    namespaces: z.array(namespaceGlob).max(1024),
    ownerReferences: z.boolean(),
  }),
  image: z.string().regex(/^[^\s]{1,512}$/, 'names no image'),
  imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
  imagePullSecrets: z.array(secretName),
  kind: z.enum(['Deployment', 'DaemonSet']),
  replicas: z.int().min(0).max(16),
  store: z.strictObject({ claim: optionalText(secretName) }),
  encryptionKey: z.strictObject({
    secret: optionalText(secretName),
    key: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'is not the name of an item of a Secret'),
  }),
  daemonSet: z.strictObject({
    cache: hostPath,
    directory: hostPath,
    owner: z.int().min(-1).max(0xffff_fffe),
    group: z.int().min(-1).max(0xffff_fffe),
    mode: z.string().regex(/^0[0-7]{3}$/, "is not a mode such as '0400' (quote it)"),
  }),
  env: z.array(z.strictObject({ name: z.string().min(1).max(253), value: z.string() })),
  limits: z.strictObject({ fetchMemory: z.int().min(64).max(65536) }),
  resources: z.strictObject({ requests: quantities, limits: quantities }),
  networkPolicy: z.strictObject({
    enabled: z.boolean(),
    apiServerPorts: z.array(port).min(1),
    mirrorPorts: z.array(port),
    metricsFrom: z.array(foreign),
  }),
  podDisruptionBudget: z.strictObject({ enabled: z.boolean() }),
  priorityClassName: z.string().max(253),
  nodeSelector: foreign,
  tolerations: z.array(foreign),
});

export type InstallValues = z.infer<typeof installValuesSchema>;

/**
 * Reads a values file without judging it: what is in it is only whole once it lies over the defaults.
 *
 * @throws EdgesealError `format-yaml`, or `format-schema` where it is no map
 */
export function parseValues(bytes: Uint8Array, file: string): { [key: string]: Json } {
  const text = decodeUtf8(bytes, 'the values');
  if (!/^\s*[^#\s]/m.test(text)) return {};
  return validate(foreign, parseYaml(text, { file, aliases: true }), file);
}

/**
 * Checks whole values.
 *
 * @param source where they come from, for the error
 * @throws EdgesealError `format-schema` with the field
 */
export function checkValues(value: Json, source: string): InstallValues {
  return validate(
    installValuesSchema.superRefine((values, context) => {
      const refuse = (message: string, ...path: string[]): void => {
        context.addIssue({ code: 'custom', path, message });
      };
      if ((values.floor.root === undefined) !== (values.floor.sequence === undefined))
        refuse('wants root and sequence, or neither', 'floor');
      if (values.mirrors.length === 0 && values.objects.namespaces.length === 0)
        refuse('names no mirror to fetch a channel from', 'mirrors');
      // Two controllers that write one folder would destroy each other's state.
      if (values.store.claim !== '' && (values.kind === 'DaemonSet' || values.replicas > 1))
        refuse('is for one replica of a Deployment: set replicas: 1', 'store', 'claim');
    }),
    { value, lineOf: () => undefined },
    source,
  );
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
