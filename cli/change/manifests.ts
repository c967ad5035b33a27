import { EdgesealError } from '../../core/errors.ts';
import { readKubernetesSecrets } from '../../core/format/kubernetes-secret.ts';
import type { PlainSecret } from '../../core/format/kubernetes-secret.ts';
import { isLabel } from '../../core/format/names.ts';
import type { Parsed } from '../../core/format/schema.ts';
import { decodeUtf8, parseYamlDocuments } from '../../core/format/yaml.ts';
import type { Io } from '../terminal/io.ts';
import { readInput, stdinName } from './input-file.ts';

/** A plaintext Secret whose namespace is settled, and where it stood. */
export interface InputSecret extends PlainSecret {
  namespace: string;
  /** Path as given; undefined for a Secret made of flags. */
  file: string | undefined;
  line: number | undefined;
}

/** A few thousand Secrets in one file. */
const maxManifestBytes = 64 * 1024 * 1024;

/**
 * Reads every Secret of the manifests, before anything is done with one.
 *
 * @param files paths, or `-` for standard input
 * @param namespace `--namespace`, for manifests that name none
 * @throws EdgesealError with file and line; no value is ever part of it
 */
export async function readManifests(
  io: Io,
  files: readonly string[],
  namespace: string | undefined,
): Promise<InputSecret[]> {
  requireNamespace(namespace);
  const secrets: InputSecret[] = [];
  if (files.filter((file) => file === stdinName).length > 1) {
    throw new EdgesealError('input-usage', 'standard input (-) is given twice');
  }
  for (const file of files) {
    const name = file === stdinName ? 'standard input' : file;
    const bytes = await readInput(io, file, maxManifestBytes);
    const text = textOf(bytes.reveal(), name);
    bytes.wipe();
    const found = secretsInText(text, name, namespace, 'seal');
    if (found.length === 0) {
      throw new EdgesealError('input-not-a-secret', 'there is no Secret in it', {
        file: name,
        hint: 'give a manifest with apiVersion: v1 and kind: Secret',
      });
    }
    secrets.push(...found);
  }
  requireUnique(secrets);
  return secrets;
}

/**
 * Reads the Secrets of one text, in which nothing else is.
 *
 * @param namespace as of {@link readManifests}
 * @param command the one that takes `--namespace`, for the hint
 * @throws EdgesealError with file and line
 */
export function secretsInText(
  text: string,
  file: string,
  namespace: string | undefined,
  command: string,
): InputSecret[] {
  const documents = parseYamlDocuments(text, {
    file,
    maxBytes: maxManifestBytes,
    aliases: true,
    binary: true,
  });
  return documents.flatMap((parsed) => secretsOf(parsed, { file, namespace, command }));
}

/** Settles the namespace of a Secret made of flags. */
export function requireNamespace(namespace: string | undefined): void {
  if (namespace === undefined || isLabel(namespace)) return;
  throw new EdgesealError('input-usage', `${namespace} is not a valid namespace`, {
    field: '--namespace',
    hint: 'lower-case letters, digits and -, at most 63',
  });
}

function secretsOf(
  parsed: Parsed,
  { file, namespace, command }: { file: string; namespace: string | undefined; command: string },
): InputSecret[] {
  const list = readKubernetesSecrets(parsed, file);
  const inList = (parsed.value as { items?: unknown } | null)?.items !== undefined;
  return list.map((secret, index) => {
    const path = inList ? ['items', index] : [];
    if (secret.items.size === 0) {
      throw new EdgesealError('input-not-a-secret', `the Secret ${secret.name} has no items`, {
        file,
        line: parsed.lineOf(path),
        field: [...path, 'data'].join('.'),
        hint: 'there is nothing to seal: give it data or stringData',
      });
    }
    const own = secret.namespace;
    const field = [...path, 'metadata', 'namespace'];
    if (own === undefined && namespace === undefined) {
      throw new EdgesealError('input-usage', `the Secret ${secret.name} names no namespace`, {
        file,
        line: parsed.lineOf(path),
        field: field.join('.'),
        hint: `say which: edgeseal ${command} --namespace NAMESPACE ..., or add metadata.namespace`,
      });
    }
    if (own !== undefined && namespace !== undefined && own !== namespace) {
      throw new EdgesealError(
        'input-usage',
        `the Secret ${secret.name} belongs to namespace ${own}, not to --namespace ${namespace}`,
        { file, line: parsed.lineOf(field), field: field.join('.'), hint: 'leave --namespace out' },
      );
    }
    return {
      ...secret,
      namespace: own ?? namespace ?? '',
      file,
      // Finding a line costs; of a single document it is the first anyway.
      line: inList ? parsed.lineOf(path) : undefined,
    };
  });
}

/** @throws EdgesealError `input-usage` where one Secret is given twice */
export function requireUnique(secrets: readonly InputSecret[]): void {
  const seen = new Map<string, InputSecret>();
  for (const secret of secrets) {
    const name = `${secret.namespace}/${secret.name}`;
    const other = seen.get(name);
    if (other !== undefined) {
      throw new EdgesealError('input-usage', `${name} is given twice`, {
        file: secret.file,
        line: secret.line,
        hint: other.file === secret.file ? 'keep one of them' : `it is in ${other.file ?? '?'} too`,
      });
    }
    seen.set(name, secret);
  }
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return decodeUtf8(bytes, 'the manifest');
  } catch (error) {
    throw error instanceof EdgesealError
      ? error.at({ file, hint: 'save it as UTF-8; binary values go under data as base64' })
      : error;
  }
}
