import { isUtf8 } from 'node:buffer';
import { EdgesealError } from '../../core/errors.ts';
import { emitYaml } from '../../core/format/block-yaml.ts';
import { templateJson } from '../../core/format/edge-secret.ts';
import type { Template } from '../../core/format/edge-secret.ts';
import { readKubernetesSecrets } from '../../core/format/kubernetes-secret.ts';
import { parseYaml } from '../../core/format/yaml.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { SecretRef } from '../secret-ref.ts';

/** Stands for a value that is not shown. */
const unchanged = '<unchanged>';
const placeholder = /^<unchanged>$|^<unchanged binary, \d+ bytes>$/;

/** What an editor shows of a sealed secret. */
export interface EditView {
  ref: SecretRef;
  version: number;
  template: Template;
  /** Every item; with its value where a key opened it. */
  items: ReadonlyMap<string, SecretBytes | undefined>;
  /** Lines above it, for the person. */
  comments: readonly string[];
}

/** What a person made of it. */
export interface Edited {
  template: Template;
  /** Values that were typed, or are not what was shown. */
  changed: Map<string, SecretBytes>;
  removed: string[];
}

/** Writes the text that is edited. */
export function formatEdit({ ref, template, items, comments }: EditView): string {
  const { type, immutable, metadata } = template;
  const shown = [...items].map(([item, value]): [string, string] => [item, textOf(value)]);
  const stringData = Object.create(null) as Record<string, string>;
  for (const [item, text] of shown) stringData[item] = text;
  const { labels, annotations } = metadata;
  const document = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    type,
    ...(immutable ? { immutable } : {}),
    stringData,
  };
  // Without quotes a placeholder is typed over without falling under the rules of quotes.
  const text = emitYaml(document).replace(
    /^( {2}(?:[^\s"]+|"[^"]*")): "(<unchanged[a-z0-9, ]*>)"$/gm,
    '$1: $2',
  );
  return `${comments.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n')}\n${text}`;
}

/**
 * Reads the text back.
 *
 * @throws EdgesealError as reading any manifest does, naming lines, never values
 */
export function parseEdit(text: string, view: EditView): Edited {
  const file = `${view.ref.namespace}/${view.ref.name} (as edited)`;
  const parsed = parseYaml(text, { file, aliases: true, binary: true });
  const [secret, second] = readKubernetesSecrets(parsed, file);
  const fail = (message: string, path: string[], hint: string): never => {
    const place = { file, line: parsed.lineOf(path), field: path.join('.') };
    throw new EdgesealError('input-usage', message, { ...place, hint });
  };
  if (secret === undefined || second !== undefined) {
    throw new EdgesealError('input-usage', 'this is not one Secret', { file });
  }
  if (secret.name !== view.ref.name || secret.namespace !== view.ref.namespace) {
    fail(
      'a sealed secret cannot be renamed',
      ['metadata'],
      'seal it under the new name, then: edgeseal rm',
    );
  }
  const changed = new Map<string, SecretBytes>();
  for (const [item, value] of secret.items) {
    const typed = Buffer.from(value.reveal());
    const before = view.items.get(item);
    const kept = placeholder.test(typed.toString('latin1'));
    if (kept && !view.items.has(item)) {
      fail(
        `${item} is new and has a placeholder for a value`,
        ['stringData', item],
        'type its value',
      );
    }
    if (!kept && (before === undefined || !typed.equals(before.reveal()))) changed.set(item, value);
  }
  const removed = [...view.items.keys()].filter((item) => !secret.items.has(item));
  if (secret.items.size === 0) {
    const name = `${view.ref.namespace}/${view.ref.name}`;
    fail('no item is left', ['stringData'], `to remove the whole secret: edgeseal rm ${name}`);
  }
  return { template: secret.template, changed, removed };
}

/** Whether two templates make the same Secret. */
export function sameTemplate(a: Template, b: Template): boolean {
  return JSON.stringify(templateJson(a)) === JSON.stringify(templateJson(b));
}

function textOf(value: SecretBytes | undefined): string {
  if (value === undefined) return unchanged;
  const bytes = Buffer.from(value.reveal());
  const text = bytes.toString('utf8');
  const plain = isUtf8(bytes) && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/.test(text);
  return plain ? text : `<unchanged binary, ${bytes.length} bytes>`;
}
