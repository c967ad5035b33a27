import { z } from 'zod';
import { isLabel, isSubdomain } from './names.ts';
import { regionName, validate } from './schema.ts';
import { decodeUtf8, editYaml, parseYaml } from './yaml.ts';

/** The key of the ConfigMap's data that holds the policy. */
export const policyKey = 'distribution-policy.yaml';

const entry = z.string().refine(isEntry, 'is not an entry of the form name or namespace/name');

const ruleSchema = z.strictObject({
  secrets: z.array(entry).max(100_000),
  /** Names a key of the region's file; that key must be active. All active keys are used. */
  'encryption-key': z.string().min(1).max(253).optional(),
});

const innerSchema = z.strictObject({
  regions: z.record(regionName, ruleSchema),
});

const configMapSchema = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('ConfigMap'),
  data: z.looseObject({ [policyKey]: z.string() }),
});

export type PolicyRule = z.infer<typeof ruleSchema>;

/** Which secrets go to which regions, as the ConfigMap says it. */
export interface DistributionPolicy {
  file: string;
  regions: ReadonlyMap<string, PolicyRule>;
}

/**
 * Reads the distribution policy: a ConfigMap with a YAML document inside.
 *
 * @throws EdgesealError `format-yaml` or `format-schema`; lines inside the policy are counted from its first
 */
export function parseDistributionPolicy(bytes: Uint8Array, file: string): DistributionPolicy {
  const parsed = parseYaml(decodeUtf8(bytes, 'the distribution policy'), {
    file,
    showKeys: true,
  });
  const outer = validate(configMapSchema, parsed, file);
  const inner = `${file} (data.${policyKey})`;
  const { regions } = validate(
    innerSchema,
    parseYaml(innerText(outer), { file: inner, showKeys: true }),
    inner,
  );
  return { file, regions: new Map(Object.entries(regions)) };
}

/** One change to make to the policy. */
export interface PolicyEdit {
  region: string;
  /** `namespace/name` or `name`. */
  entry: string;
  present: boolean;
}

/**
 * Changes entries of a policy and keeps everything else of the text: comments, order, the ConfigMap around.
 */
export function editDistributionPolicy(text: string, edits: readonly PolicyEdit[]): string {
  return editInner(text, (policy) => {
    for (const { region, entry: name, present } of edits) {
      const path = ['regions', region, 'secrets'];
      const listed = (policy.toJS() as { regions?: Record<string, { secrets?: string[] }> })
        .regions?.[region]?.secrets;
      const index = listed?.indexOf(name) ?? -1;
      if (present && index < 0) {
        // An empty list is written `[]`; grown in that style it would be one line, and one conflict, for all.
        if (listed === undefined || listed.length === 0)
          policy.setIn(path, policy.createNode([name]));
        else policy.addIn(path, name);
      } else if (!present && index >= 0) {
        policy.deleteIn([...path, index]);
      }
    }
  });
}

/**
 * Adds a region to a policy, with no secrets yet; everything else of the text stays. A region that is there stays
 * as it is.
 */
export function addPolicyRegion(text: string, region: string, encryptionKey: string): string {
  return editInner(text, (policy) => {
    if (policy.hasIn(['regions', region])) return;
    const { regions } = policy.toJS() as { regions: Record<string, unknown> };
    const rule = policy.createNode({ secrets: [], 'encryption-key': encryptionKey });
    if (Object.keys(regions).length > 0) policy.setIn(['regions', region], rule);
    else policy.set('regions', policy.createNode({ [region]: rule }));
  });
}

/** Has a policy name another key of a region that it has; everything else of the text stays. */
export function setPolicyKey(text: string, region: string, encryptionKey: string): string {
  return editInner(text, (policy) => {
    policy.setIn(['regions', region, 'encryption-key'], encryptionKey);
  });
}

/** Takes a region with all its entries out of a policy; everything else of the text stays. */
export function removePolicyRegion(text: string, region: string): string {
  return editInner(text, (policy) => {
    policy.deleteIn(['regions', region]);
  });
}

/** Edits the policy inside of its ConfigMap. */
function editInner(text: string, edit: Parameters<typeof editYaml>[1]): string {
  return editYaml(text, (outer) => {
    const inner = outer.getIn(['data', policyKey]) as string;
    outer.setIn(['data', policyKey], outer.createNode(editYaml(inner, edit)));
  });
}

function innerText(outer: { data: Record<string, unknown> }): string {
  return outer.data[policyKey] as string;
}

function isEntry(text: string): boolean {
  const [first = '', second, ...rest] = text.split('/');
  if (rest.length > 0) return false;
  return second === undefined ? isSubdomain(first) : isLabel(first) && isSubdomain(second);
}
