// Writes the CustomResourceDefinitions from the schemas that files are read with: `npm run docs`.
import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { emitYaml } from '../core/format/block-yaml.ts';
import type { Json } from '../core/format/canonical-json.ts';
import { edgeSecretSchema } from '../core/format/edge-secret.ts';
import { regionSyncSpecSchema } from '../core/format/region-sync-spec.ts';
import { edgeSecretStatusSchema, regionSyncStatusSchema } from '../core/format/status.ts';

interface Node {
  [keyword: string]: Json;
}

const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a structural schema may hold besides properties, items and the like. The rest would be refused, or mislead. */
const kept = [
  'description',
  'type',
  'format',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'nullable',
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
];

/**
 * A JSON schema in the form that Kubernetes takes: every field typed, no references, no choice between types. That
 * unknown fields are refused is Kubernetes' own way of reading: it drops them, and says so (kubectl: `--validate=strict`).
 */
function structural(node: Node): Node {
  const alternatives = node['anyOf'];
  if (Array.isArray(alternatives)) return union(alternatives as Node[]);
  const made: Node = {};
  for (const keyword of kept) {
    const value = node[keyword];
    if (value !== undefined) made[keyword] = value;
  }
  const integers = (made['enum'] as Json[] | undefined)?.every(Number.isInteger) === true;
  if (integers) made['type'] = 'integer';
  if (made['type'] === 'integer') made['format'] = 'int64';
  const { properties, items, required, additionalProperties } = node;
  if (isNode(properties)) {
    made['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, structural(field as Node)]),
    );
  }
  if (Array.isArray(required) && required.length > 0) made['required'] = required;
  if (isNode(items)) made['items'] = structural(items);
  if (isNode(additionalProperties)) made['additionalProperties'] = structural(additionalProperties);
  return made;
}

/** Objects of which one is meant: all their fields, and which of them stand together. */
function union(alternatives: Node[]): Node {
  const all = alternatives.map(structural);
  const fieldsOf = (node: Node): string[] => Object.keys(node['properties'] as Node);
  const properties = Object.assign({}, ...all.map((node) => node['properties'])) as Node;
  const oneOf = all.map((node) => {
    const foreign = Object.keys(properties).filter((name) => !fieldsOf(node).includes(name));
    return {
      required: node['required'] ?? [],
      not: { anyOf: foreign.map((name) => ({ required: [name] })) },
    };
  });
  return { type: 'object', properties, oneOf };
}

function schemaOf(schema: z.ZodType): Node {
  const json = z.toJSONSchema(schema, { target: 'openapi-3.0', unrepresentable: 'any' });
  return structural(json as unknown as Node);
}

interface Column {
  name: string;
  type: string;
  jsonPath: string;
  description: string;
  priority?: number;
}

interface Kind {
  kind: string;
  plural: string;
  shortName: string;
  description: string;
  spec: Node;
  status: Node;
  rules: { rule: string; message: string }[];
  columns: Column[];
}

const condition = (type: string, field: string): string =>
  `.status.conditions[?(@.type=="${type}")].${field}`;
const age: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Since when it exists',
};

/** What the schema of an EdgeSecret checks by code, said in Kubernetes' own words as far as it has them. */
function edgeSecretSpec(): Node {
  const spec = schemaOf(edgeSecretSchema.shape.spec);
  const envelope = ((spec['properties'] as Node)['envelopes'] as Node)['items'] as Node;
  const { data, commitment } = envelope['properties'] as { data: Node; commitment: Node };
  data['minProperties'] = 1;
  (data['additionalProperties'] as Node)['pattern'] = commitment['pattern'] ?? null;
  spec['x-kubernetes-validations'] = [
    {
      rule: 'self.envelopes.all(e, !has(e.version) || e.version <= self.version)',
      message: 'an envelope has a version above that of the secret',
    },
  ];
  return spec;
}

const kinds: Kind[] = [
  {
    kind: 'RegionSync',
    plural: 'regionsyncs',
    shortName: 'esync',
    description: 'What one edgeseal controller follows, from where, and how far it is.',
    spec: schemaOf(regionSyncSpecSchema),
    status: schemaOf(regionSyncStatusSchema),
    rules: [
      {
        rule: 'size(self.spec.mirrors) > 0 || has(self.spec.objects)',
        message: 'names no mirror to fetch a channel from (spec.mirrors)',
      },
      {
        rule: 'self.metadata.name == self.spec.region',
        message: 'metadata.name has to be the region (spec.region)',
      },
    ],
    columns: [
      {
        name: 'Region',
        type: 'string',
        jsonPath: '.spec.region',
        description: 'The region whose channel is followed',
        priority: 1,
      },
      {
        name: 'Ready',
        type: 'string',
        jsonPath: condition('Ready', 'status'),
        description: 'Whether the accepted snapshot is applied',
      },
      {
        name: 'Snapshot',
        type: 'integer',
        jsonPath: '.status.snapshot.sequence',
        description: 'The accepted snapshot',
      },
      {
        name: 'Applied',
        type: 'integer',
        jsonPath: '.status.secrets.applied',
        description: 'Secrets as the snapshot lists them',
      },
      {
        name: 'Failing',
        type: 'integer',
        jsonPath: '.status.secrets.failing',
        description: 'Secrets that keep an older value',
      },
      age,
      {
        name: 'Reason',
        type: 'string',
        jsonPath: condition('Ready', 'reason'),
        description: 'Why it is ready, or not',
      },
    ],
  },
  {
    kind: 'EdgeSecret',
    plural: 'edgesecrets',
    shortName: 'esec',
    description: 'A sealed secret. Above 256 KiB apply it with: kubectl apply --server-side.',
    spec: edgeSecretSpec(),
    status: { ...schemaOf(edgeSecretStatusSchema), default: { observedGeneration: -1 } },
    rules: [],
    columns: [
      {
        name: 'Version',
        type: 'integer',
        jsonPath: '.spec.version',
        description: 'The sealed version',
      },
      {
        name: 'Opened',
        type: 'integer',
        jsonPath: '.status.version',
        description: 'The version that the Secret was made from',
      },
      {
        name: 'Ready',
        type: 'string',
        jsonPath: condition('Ready', 'status'),
        description: 'Whether the Secret holds this version',
      },
      age,
      {
        name: 'Reason',
        type: 'string',
        jsonPath: condition('Ready', 'reason'),
        description: 'Why it is ready, or not',
      },
    ],
  },
];

function definition(of: Kind, annotations: Node): Json {
  const { kind, plural, shortName, description, spec, status, rules, columns } = of;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.edgeseal.dev`,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      labels: { 'app.kubernetes.io/name': 'edgeseal' },
    },
    spec: {
      group: 'edgeseal.dev',
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [shortName],
        categories: ['edgeseal'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: columns as unknown as Json,
          schema: {
            openAPIV3Schema: {
              description,
              type: 'object',
              ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
                status,
              },
            },
          },
        },
      ],
    },
  };
}

const header = '# Generated from core/format by `npm run docs`. Do not edit.\n';
const deploy = path.join(import.meta.dirname, '../controller/deploy');

/** The files, by path below controller/deploy. Those of the chart stay when it is uninstalled, with all objects. */
export function crdFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  for (const kind of kinds) {
    const text = (annotations: Node): string => header + emitYaml(definition(kind, annotations));
    files[`crds/${kind.plural}.yaml`] = text({});
    files[`chart-crds/templates/${kind.plural}.yaml`] = text({ 'helm.sh/resource-policy': 'keep' });
  }
  return files;
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(crdFiles())) {
    fs.mkdirSync(path.dirname(path.join(deploy, name)), { recursive: true });
    fs.writeFileSync(path.join(deploy, name), text);
  }
}
