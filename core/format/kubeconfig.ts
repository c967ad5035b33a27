import { z } from 'zod';
import type { Json } from './canonical-json.ts';
import { validate, validateJson } from './schema.ts';
import { decodeUtf8, parseYaml } from './yaml.ts';

const text = z.string().min(1);
const list = <T extends z.ZodType>(entry: T): z.ZodOptional<z.ZodNullable<z.ZodArray<T>>> =>
  z.array(entry).nullable().optional();

/** Other people's format: what is not named here is not our business, and no error. */
const clusterSchema = z.looseObject({
  server: text,
  'certificate-authority': text.optional(),
  'certificate-authority-data': text.optional(),
  'tls-server-name': text.optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'proxy-url': text.optional(),
});

const execSchema = z.looseObject({
  apiVersion: text,
  command: text,
  args: list(z.string()),
  env: list(z.looseObject({ name: text, value: z.string() })),
  installHint: z.string().optional(),
  interactiveMode: z.enum(['Never', 'IfAvailable', 'Always']).optional(),
  provideClusterInfo: z.boolean().optional(),
});

const userSchema = z.looseObject({
  'client-certificate': text.optional(),
  'client-certificate-data': text.optional(),
  'client-key': text.optional(),
  'client-key-data': text.optional(),
  token: text.optional(),
  tokenFile: text.optional(),
  exec: execSchema.optional(),
});

const kubeconfigSchema = z.looseObject({
  clusters: list(z.looseObject({ name: text, cluster: clusterSchema })),
  users: list(z.looseObject({ name: text, user: userSchema.nullable() })),
  contexts: list(
    z.looseObject({
      name: text,
      context: z.looseObject({
        cluster: text,
        user: z.string().optional(),
        namespace: z.string().optional(),
      }),
    }),
  ),
  'current-context': z.string().optional(),
});

const credentialSchema = z.looseObject({
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    token: text.optional(),
    clientCertificateData: text.optional(),
    clientKeyData: text.optional(),
    expirationTimestamp: z.string().nullable().optional(),
  }),
});

export type Kubeconfig = z.infer<typeof kubeconfigSchema>;
export type KubeconfigCluster = z.infer<typeof clusterSchema>;
export type KubeconfigUser = z.infer<typeof userSchema>;
export type KubeconfigExec = z.infer<typeof execSchema>;
export type ExecCredential = z.infer<typeof credentialSchema>;

/**
 * Reads a kubeconfig, in YAML or JSON, as far as edgeseal needs it.
 *
 * @returns an empty one for an empty file
 * @throws EdgesealError `format-yaml` or `format-schema` with file, line and field; a credential is never in the message
 */
export function parseKubeconfig(bytes: Uint8Array, file: string): Kubeconfig {
  const content = decodeUtf8(bytes, 'the kubeconfig');
  if (content.trim() === '') return {};
  return validate(kubeconfigSchema, parseYaml(content, { file, aliases: true }), file);
}

/** Checks what a credential plugin printed. @throws EdgesealError `format-schema` */
export function checkExecCredential(value: Json): ExecCredential {
  return validateJson(credentialSchema, value);
}
