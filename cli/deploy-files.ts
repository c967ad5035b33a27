import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Json } from '../core/format/canonical-json.ts';
import { parseValues } from '../core/format/install-values.ts';
import { decodeUtf8, parseYaml } from '../core/format/yaml.ts';

// This module lies directly in cli/, and in a chunk directly in dist/: `..` is the package either way.
const folder = new URL('../controller/deploy/', import.meta.url);

/** The defaults of an installation: the chart's values.yaml, so that they are written once. */
export async function defaultValues(): Promise<{ [key: string]: Json }> {
  const file = new URL('chart/values.yaml', folder);
  return parseValues(await readFile(file), fileURLToPath(file));
}

/** The CustomResourceDefinitions, parsed. */
export async function customResourceDefinitions(): Promise<Json[]> {
  const names = ['regionsyncs', 'edgesecrets'];
  return await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(new URL(`crds/${name}.yaml`, folder));
      return parseYaml(decodeUtf8(bytes, 'the definition'), { file: name }).value;
    }),
  );
}
