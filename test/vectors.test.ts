import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseRegionKeys } from '../core/crypto/region-key.ts';
import type { RegionKey } from '../core/crypto/region-key.ts';
import { isEdgesealError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { parseEdgeSecret } from '../core/format/edge-secret.ts';
import { unsealSecret } from '../core/secret/unseal.ts';
import { SecretBytes } from '../core/secret-bytes.ts';

const root = path.resolve(import.meta.dirname, 'vectors');

/** The rows of FORMAT.md's table of refusals, in our own error codes. */
const codes: Record<string, ErrorCode[]> = {
  'too-large': ['input-too-large'],
  yaml: ['format-yaml'],
  schema: ['format-schema'],
  base64: ['format-schema', 'format-base64'],
  elided: ['seal-elided'],
  'no-wrap': ['seal-no-key'],
  'wrap-malformed': ['seal-open'],
  commitment: ['seal-open'],
  item: ['seal-open'],
  padding: ['seal-open'],
};

function cases(suite: string): [string, any][] {
  // eslint-disable-line @typescript-eslint/no-explicit-any
  return readdirSync(path.join(root, suite)).map((name) => [
    name,
    JSON.parse(readFileSync(path.join(root, suite, name, 'case.json'), 'utf8')),
  ]);
}

async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'accepted';
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return error.code;
  }
}

describe('unseal vectors', () => {
  it.each(cases('unseal'))('%s', async (name, test) => {
    const folder = path.join(root, 'unseal', name);
    let bytes: Buffer = readFileSync(path.join(folder, 'secret.yaml'));
    if (test.grow !== undefined) {
      bytes = Buffer.concat([bytes, Buffer.from('#'.padEnd(test.grow - bytes.length, 'x'))]);
    }
    const keys: RegionKey[] = [];
    for (const file of test.keys) {
      keys.push(...(await parseRegionKeys(new SecretBytes(readFileSync(path.join(folder, file))))));
    }
    const open = async () =>
      unsealSecret(parseEdgeSecret(bytes), test.repository, test.region, keys);
    if (test.expect.refuse !== undefined) {
      expect(codes[test.expect.refuse]).toContain(await codeOf(open));
      return;
    }
    const unsealed = await open();
    if (test.expect.notForRegion === true) {
      expect(unsealed).toBeUndefined();
      return;
    }
    const items = [...unsealed!.items].map(([item, value]) => [
      item,
      Buffer.from(value.reveal()).toString('base64'),
    ]);
    expect(items.sort()).toEqual(Object.entries(test.expect.items).sort());
  });
});
