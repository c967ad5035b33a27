import { isWanted, writeCase } from './cases.ts';
import { cryptoCases } from './unseal-crypto.ts';
import { layoutCases } from './unseal-layout.ts';
import { limitCases } from './unseal-limits.ts';
import { passingCases } from './unseal-passing.ts';
import { structureCases } from './unseal-structure.ts';
import { yamlCases } from './unseal-yaml.ts';
import type { UnsealCase } from './unseal-case.ts';

/** The case folders of test/vectors/unseal. */
export async function makeUnsealVectors(): Promise<void> {
  const cases: Record<string, UnsealCase> = {
    ...passingCases,
    ...cryptoCases,
    ...structureCases,
    ...yamlCases,
    ...layoutCases,
    ...limitCases,
  };
  for (const [name, { why, expect, make, ...rest }] of Object.entries(cases)) {
    if (!isWanted('unseal', name)) continue;
    const { repository, region, keys, grow } = rest;
    const json = {
      why,
      repository: repository ?? '6f1d1c5e-0000-4000-8000-000000000001',
      region: region ?? 'us-east',
      keys: (keys ?? ['us-east']).map((key) => `../../keys/${key}.key`),
      ...(grow === undefined ? {} : { grow }),
      expect,
    };
    writeCase('unseal', name, json, { 'secret.yaml': await make() });
  }
}
