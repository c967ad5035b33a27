import { z } from 'zod';
import { counter, duration, regionName, repositoryId, secretName, sha256Hex } from './schema.ts';

const path = z.string().min(1).max(4096);
const id = z.int().min(0).max(0xffff_fffe);

/** A rule in the CRD for what a refinement below checks: the API server then says so when the object is applied. */
const rule = (rule: string, message: string): { rule: string; message: string } => ({
  rule,
  message,
});
const rules = (...all: { rule: string; message: string }[]): Record<string, unknown> => ({
  'x-kubernetes-validations': all,
});

const authSchema = z
  .strictObject({
    basic: z
      .strictObject({ usernameFile: path, passwordFile: path })
      .describe('Files with a user name and a password.')
      .optional(),
    bearer: z.strictObject({ tokenFile: path }).describe('File with a token.').optional(),
    secret: z
      .strictObject({ name: secretName })
      .describe(
        'Secret beside this object with username and password, or token; its ca.crt, if there is one, is the authority.',
      )
      .optional(),
  })
  .meta(
    rules(
      rule(
        '[has(self.basic), has(self.bearer), has(self.secret)].filter(given, given).size() == 1',
        'wants one of basic, bearer and secret',
      ),
    ),
  );

const mirrorSchema = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(253)
    .describe(
      'What status, logs and metrics call it. Default: its host, or the last part of its path.',
    )
    .optional(),
  url: z
    .string()
    .min(1)
    .max(2048)
    .describe('HTTP(S) URL, a directory that holds a repository or bundles, or a bundle file.'),
  ca: path.describe('File with the certificate authority of this mirror, PEM.').optional(),
  auth: authSchema.optional(),
});

const keysSchema = z
  .strictObject({
    files: z.array(path).min(1).max(64).describe('Files with private region keys.').optional(),
    directory: path
      .describe('A directory whose files all hold private region keys, such as a mounted Secret.')
      .optional(),
    secret: z
      .strictObject({
        name: secretName,
        generate: z
          .boolean()
          .describe(
            'Make a key there if that Secret does not exist and nothing says that there has been one.',
          )
          .optional(),
      })
      .describe('Secret beside this object whose values all are private region key files.')
      .optional(),
  })
  .meta(
    rules(
      rule(
        'has(self.files) || has(self.directory) || has(self.secret)',
        'names no private region key: give secret, files or directory',
      ),
    ),
  );

const directorySchema = z.strictObject({
  path,
  owner: id.describe('Numeric user of what is written.').optional(),
  group: id.describe('Numeric group of what is written.').optional(),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, "is not a mode such as '0400' (quote it)")
    .describe("Of the files, in octal. Default: '0400'.")
    .optional(),
});

/** A namespace, or many by `*` and `?`. */
export const namespaceGlob = z
  .string()
  .regex(/^[-a-z0-9*?]{1,253}$/, 'is not a namespace, with * or ?');

const kubernetesSchema = z.strictObject({
  namespaces: z
    .array(namespaceGlob)
    .min(1)
    .max(256)
    .describe("Globs of the namespaces that may be written to. Default: all but the controller's.")
    .optional(),
});

const acknowledgement = (what: string): z.ZodOptional<z.ZodString> =>
  sha256Hex.describe(`The snapshot (SHA-256) ${what}.`).optional();

/** What a RegionSync says, in a file as in a cluster; which fields belong to which form is checked by region-sync.ts. */
export const regionSyncSpecSchema = z.strictObject({
  repository: repositoryId.meta({
    description: 'The id in edgeseal.yaml of the secrets repository.',
    ...rules(rule('self == oldSelf', 'cannot be changed: install the region anew')),
  }),
  region: regionName.meta({
    description: 'The region whose channel is followed; also the name of this object.',
    ...rules(rule('self == oldSelf', 'cannot be changed: install the other region beside it')),
  }),
  root: sha256Hex.describe('SHA-256 of the pinned trust root: all trust starts here.'),
  floor: z
    .strictObject({
      root: counter,
      sequence: counter,
      renewed: z
        .string()
        .min(1)
        .max(253)
        .describe(
          "Any text, such as a date: the operator's word that this floor is right though the store is lost.",
        )
        .optional(),
    })
    .describe('The least snapshot that is accepted, as install found it.')
    .optional(),
  mirrors: z
    .array(mirrorSchema)
    .max(32)
    .meta({
      description:
        'Where the channel is fetched from, the preferred one first. None is trusted. Empty where objects feed all.',
      ...rules(
        rule(
          'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && b.name == a.name))',
          'two mirrors have one name',
        ),
      ),
    }),
  interval: duration.describe('How often the mirrors are asked. Default: 1m.').optional(),
  staleAfter: duration
    .describe('After how long without a fresh heartbeat the state counts as stale. Default: 24h.')
    .optional(),
  keys: keysSchema,
  target: z
    .strictObject({
      directory: directorySchema
        .describe('A directory of the machine that gets a folder for each secret.')
        .optional(),
      kubernetes: kubernetesSchema.describe('The Secrets of this cluster.').optional(),
    })
    .meta(rules(rule('has(self.kubernetes)', 'names no target: give target.kubernetes'))),
  store: path
    .describe('Directory for verified ciphertext and state. In a cluster: /var/lib/edgeseal.')
    .optional(),
  listen: z
    .string()
    .regex(
      /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/,
      'is not host:port such as 127.0.0.1:9797',
    )
    .describe('Where health, status and metrics are served; without it, nowhere.')
    .optional(),
  prune: z
    .strictObject({
      acknowledged: acknowledgement('whose many deletions the operator has looked at'),
    })
    .optional(),
  alarm: z
    .strictObject({
      acknowledged: acknowledgement('of an equivocation that the operator has looked into'),
    })
    .optional(),
  limits: z
    .strictObject({
      fetchTimeout: duration.describe('Longest duration of one fetch.').optional(),
      fetchMemory: z
        .int()
        .min(64)
        .max(65536)
        .describe('Most memory of the process that fetches, in MiB.')
        .optional(),
      packSize: z.int().min(1).max(65536).describe('Largest pack, in MiB.').optional(),
    })
    .optional(),
  suspend: z
    .boolean()
    .describe('Neither fetch nor apply, until this is false again. What is applied stays.')
    .optional(),
  objects: z
    .strictObject({
      namespaces: z
        .array(namespaceGlob)
        .min(1)
        .max(1024)
        .describe(
          'Globs of the namespaces that EdgeSecret objects feed, and the channel does not.',
        ),
      ownerReferences: z
        .boolean()
        .describe(
          'Let each Secret belong to its object: the cluster deletes it with the object, or with the CRD, without a limit.',
        )
        .optional(),
    })
    .describe('EdgeSecret objects that kubectl, Flux or Argo CD apply are opened, too.')
    .optional(),
});

export type RegionSyncSpec = z.infer<typeof regionSyncSpecSchema>;
