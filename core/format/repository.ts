import { z } from 'zod';
import { emitYaml } from './block-yaml.ts';
import { apiVersion, regionName, repositoryId, validate } from './schema.ts';
import { decodeUtf8, editYaml, parseYaml } from './yaml.ts';

export const repositoryFile = 'edgeseal.yaml';
export const policyFile = 'policy/distribution-policy.yaml';

const url = z.string().min(1).max(2048);

/** kind Repository: `edgeseal.yaml` at the top of a secrets repository (or of the folder that holds one). */
export const repositorySchema = z.strictObject({
  apiVersion: z.literal(apiVersion),
  kind: z.literal('Repository'),
  metadata: z.strictObject({ name: z.string().min(1).max(253) }),
  spec: z.strictObject({
    /** Every ciphertext and signature is bound to it. Never change it. */
    id: repositoryId,
    /** Regions of the secrets that no entry of the policy names. */
    defaultRegions: z.array(regionName).optional(),
    /** Where controllers may fetch channels from, the preferred one first. */
    mirrors: z.array(url).optional(),
    publish: z
      .strictObject({
        /** Git remote (or URL) that `publish` reads main from and pushes channels to. Default: origin. */
        remote: z.string().min(1).max(2048).optional(),
        /** The branch that people merge into. Default: main. */
        branch: z.string().min(1).max(200).optional(),
        /** Remotes of the regions whose channel lives elsewhere, so that their token reads nothing else. */
        regions: z
          .array(z.strictObject({ region: regionName, remote: z.string().min(1).max(2048) }))
          .optional(),
      })
      .optional(),
  }),
});

export type Repository = z.infer<typeof repositorySchema>;

export function parseRepository(bytes: Uint8Array, file: string): Repository {
  return validate(
    repositorySchema,
    parseYaml(decodeUtf8(bytes, 'the repository file'), { file, showKeys: true }),
    file,
  );
}

/** Takes a region out of `edgeseal.yaml`: of defaultRegions, and of the remotes; everything else of the text stays. */
export function removeRepositoryRegion(text: string, region: string): string {
  return editYaml(text, (document) => {
    const { spec } = document.toJS() as Pick<Repository, 'spec'>;
    const index = spec.defaultRegions?.indexOf(region) ?? -1;
    if (index >= 0) document.deleteIn(['spec', 'defaultRegions', index]);
    const remote = spec.publish?.regions?.findIndex((one) => one.region === region) ?? -1;
    if (remote >= 0) document.deleteIn(['spec', 'publish', 'regions', remote]);
  });
}

export function formatRepository(repository: Repository): string {
  const { id, defaultRegions, mirrors, publish } = repository.spec;
  return emitYaml({
    apiVersion,
    kind: 'Repository',
    metadata: { name: repository.metadata.name },
    spec: {
      id,
      ...(defaultRegions === undefined ? {} : { defaultRegions }),
      ...(mirrors === undefined ? {} : { mirrors }),
      ...(publish === undefined
        ? {}
        : {
            publish: {
              ...(publish.remote === undefined ? {} : { remote: publish.remote }),
              ...(publish.branch === undefined ? {} : { branch: publish.branch }),
              ...(publish.regions === undefined
                ? {}
                : { regions: publish.regions.map(({ region, remote }) => ({ region, remote })) }),
            },
          }),
    },
  });
}
