import { z } from 'zod';
import { counter, keyId, regionName, sha256Hex } from './schema.ts';

/** As Kubernetes has it everywhere (metav1.Condition). */
const conditionSchema = z.strictObject({
  type: z.string().min(1).max(316),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().min(1).max(1024),
  message: z.string().max(32768),
  lastTransitionTime: z.string().meta({ format: 'date-time' }),
  observedGeneration: z.int().min(0).optional(),
});

const conditionsSchema = z.array(conditionSchema).meta({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
});

const count = z.int().min(0);

/** Status of a RegionSync in a cluster: what `<store>/status.json` says, with Kubernetes' own conditions. */
export const regionSyncStatusSchema = z.strictObject({
  observedGeneration: z
    .int()
    .min(0)
    .describe('The generation of the spec that this status is about.')
    .optional(),
  conditions: conditionsSchema.optional(),
  keys: z
    .array(z.strictObject({ id: keyId, sha256: sha256Hex, publicKey: z.string().max(4096) }))
    .describe('Public halves of the region keys that this controller holds.')
    .optional(),
  root: z.strictObject({ number: counter, sha256: sha256Hex }).nullable().optional(),
  snapshot: z
    .strictObject({
      sequence: counter,
      sha256: sha256Hex,
      source: z.string().max(128).nullable().optional(),
    })
    .describe('The accepted one; source is the commit of main.')
    .nullable()
    .optional(),
  mirrors: z
    .array(
      z.strictObject({
        name: z.string(),
        url: z.string(),
        state: z.string(),
        message: z.string().optional(),
      }),
    )
    .optional(),
  secrets: z
    .strictObject({
      listed: count,
      applied: count,
      failing: count,
      failed: z
        .array(
          z.strictObject({
            name: z.string().describe('namespace/name'),
            version: count,
            reason: z.string(),
            message: z.string(),
          }),
        )
        .describe('At most 100 of those that are failing.')
        .optional(),
    })
    .optional(),
  pruning: z
    .strictObject({
      pending: count,
      acknowledge: z
        .string()
        .describe('What spec.prune.acknowledged has to become, once somebody has looked.')
        .nullable()
        .optional(),
      names: z.array(z.string()).optional(),
    })
    .optional(),
  alarm: z
    .strictObject({ mirror: z.string(), message: z.string(), snapshot: z.string(), at: z.string() })
    .nullable()
    .optional(),
});

/** Status of an EdgeSecret object that the controller opens. */
export const edgeSecretStatusSchema = z.strictObject({
  observedGeneration: z
    .int()
    .min(-1)
    .describe('The generation that this status is about; -1 until a controller has looked.')
    .optional(),
  region: regionName.describe('The region whose controller says this.').optional(),
  version: counter.describe('The version that the Secret has been made from.').optional(),
  conditions: conditionsSchema.optional(),
});

export type KubeCondition = z.infer<typeof conditionSchema>;
export type RegionSyncStatus = z.infer<typeof regionSyncStatusSchema>;
export type EdgeSecretStatus = z.infer<typeof edgeSecretStatusSchema>;

/** States of a mirror with which nothing is wrong. */
export const quietMirrorStates: readonly string[] = ['Ok', 'Unknown', 'Behind'];
