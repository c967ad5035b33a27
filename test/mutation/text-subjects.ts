import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalBytes, parseCanonicalJson } from '../../core/format/canonical-json.ts';
import { parseDistributionPolicy } from '../../core/format/distribution-policy.ts';
import { parseKubeconfig } from '../../core/format/kubeconfig.ts';
import { parseRegionSync } from '../../core/format/region-sync.ts';
import { parseRegion } from '../../core/format/region.ts';
import { parseRepository } from '../../core/format/repository.ts';
import { channelPaths } from '../../core/format/snapshot.ts';
import { parseYamlDocuments } from '../../core/format/yaml.ts';
import { repositoryId } from '../controller/channel.ts';
import type { SoakSite } from '../soak/site.ts';
import { Forged } from './judge.ts';
import type { Subject } from './judge.ts';

/** What is parsed only: it says yes, or no with an error of ours. */
export function textSubjects({ folder, channel }: SoakSite): Subject[] {
  const parsed = (name: string, text: string, parse: (bytes: Uint8Array) => unknown): Subject => ({
    name,
    form: 'text',
    bytes: Buffer.from(text),
    judge: (changed) => void parse(changed),
  });
  const template = (name: string): string =>
    readFileSync(join(import.meta.dirname, '../../repo-template', name), 'utf8');
  const snapshot = Buffer.from(channel.files.get(channelPaths.snapshot)!);
  return [
    parsed('RegionSync', readFileSync(join(folder, 'region-sync.yaml'), 'utf8'), (bytes) =>
      parseRegionSync(bytes, 'm'),
    ),
    parsed('policy', template('policy/distribution-policy.yaml'), (bytes) =>
      parseDistributionPolicy(bytes, 'm'),
    ),
    parsed(
      'Region',
      'apiVersion: edgeseal.dev/v1alpha1\nkind: Region\nmetadata: {name: recovery}\nspec:\n  role: recovery\n  keys: []\n',
      (bytes) => parseRegion(bytes, 'm'),
    ),
    parsed(
      'Repository',
      `apiVersion: edgeseal.dev/v1alpha1\nkind: Repository\nmetadata: {name: a}\nspec: {id: "${repositoryId}", defaultRegions: [us-east]}\n`,
      (bytes) => parseRepository(bytes, 'm'),
    ),
    parsed(
      'kubeconfig',
      'apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters:\n- {name: a, cluster: {server: "https://127.0.0.1:1"}}\nusers:\n- {name: a, user: {token: made-up}}\ncontexts:\n- {name: a, context: {cluster: a, user: a}}\n',
      (bytes) => parseKubeconfig(bytes, 'm'),
    ),
    parsed('any YAML', 'a: [1, {b: "c"}]\n--- \n- |\n  text\n- >-\n  folded\n', (bytes) =>
      parseYamlDocuments(Buffer.from(bytes).toString()),
    ),
    {
      name: 'canonical JSON',
      form: 'json',
      bytes: snapshot,
      judge: (changed) => {
        const value = parseCanonicalJson(changed, 'm');
        if (!Buffer.from(canonicalBytes(value)).equals(changed))
          throw new Forged('a second spelling');
      },
    },
  ];
}
