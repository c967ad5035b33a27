import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Pair, ParsedNode } from 'yaml';
import { isEdgesealError } from '../errors.ts';
import { parseOwnYaml } from './block-yaml.ts';
import type { Json } from './canonical-json.ts';
import { parseStream, yamlError } from './yaml-parser.ts';
import type { ParsedDocument, ParsedStream } from './yaml-parser.ts';
import { ValueReader } from './yaml-value.ts';
import type { ValueRules } from './yaml-value.ts';

export { decodeUtf8 } from './utf8.ts';

/** The size of a Secret is limited to 1 MiB by Kubernetes; base64, encryption and wrapping make it larger. */
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;

export interface YamlOptions extends ValueRules {
  /** Named in errors. */
  file?: string | undefined;
  /** The largest text accepted, in bytes of UTF-8. Default: 4 MiB. */
  maxBytes?: number | undefined;
}

/** One document: its data, and where that stood. */
export interface ParsedYaml {
  /** Maps have no prototype; numbers are safe integers. */
  value: Json;
  /**
   * The 1-based line of the value at a path, such as `['spec', 'envelopes', 0]` (of its key, in a mapping); for a path
   * that does not exist, the line of what comes nearest. Costs a full parse at the first call for generated files.
   */
  lineOf: (path: readonly PropertyKey[]) => number | undefined;
}

/**
 * Reads one YAML document, strictly: YAML 1.2 core schema, unique string keys, no anchors, aliases, merge keys or
 * application tags (unless the options allow them), integers only, at most 64 levels. What `emitYaml` wrote is
 * recognised and read without the full parser.
 *
 * @throws EdgesealError `format-yaml` with `file` and `line`. It never quotes the content: that may be a Secret
 */
export function parseYaml(text: string, options: YamlOptions = {}): ParsedYaml {
  return named(options, () => {
    const [first, second] = parseAll(text, options);
    if (first === undefined) throw yamlError('no document: the text is empty', undefined);
    if (second === undefined) return first;
    throw yamlError('several documents where one is expected', second.lineOf([]), 'split the file');
  });
}

/** Reads any number of YAML documents, as {@link parseYaml} reads one. Documents without content are left out. */
export function parseYamlDocuments(text: string, options: YamlOptions = {}): ParsedYaml[] {
  return named(options, () => parseAll(text, options));
}

/**
 * Changes a text that people wrote and keeps their comments, their order, and the style of their indentation.
 *
 * @param edit changes the document in place, by `setIn`, `deleteIn` and the like
 * @throws EdgesealError `format-yaml` if the text, or what the edit made of it, is not a document that `parseYaml` accepts
 *   with `aliases`
 */
export function editYaml(text: string, edit: (document: Document) => void): string {
  parseYaml(text, { aliases: true });
  const document = parseDocument(withoutMark(text), {
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  edit(document);
  const edited = document.toString({
    lineWidth: 0,
    indentSeq: /^( *)(?! )[^\n#]*:[ \t]*\r?\n\1 +- /m.test(text),
    flowCollectionPadding: !/[{[][^\s\]}]/.test(text),
  });
  parseYaml(edited, { aliases: true });
  return text.includes('\r\n') ? edited.replace(/\r?\n/g, '\r\n') : edited;
}

function parseAll(text: string, options: YamlOptions): ParsedYaml[] {
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  // Characters first: counting the bytes of a giant would be work, too.
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes) {
    throw yamlError(`the text is larger than ${maxBytes} bytes`, undefined);
  }
  const own = parseOwnYaml(text);
  if (own !== undefined) {
    let stream: ParsedStream | undefined;
    return [{ value: own, lineOf: (path) => lineOf((stream ??= parseStream(text)), 0, path) }];
  }
  const stream = parseStream(withoutMark(text), options);
  return stream.documents.flatMap((document, index) => {
    if (isBlank(document)) return [];
    const value = new ValueReader(options, stream.lineAt).read(document.contents);
    return [{ value, lineOf: (path: readonly PropertyKey[]) => lineOf(stream, index, path) }];
  });
}

function lineOf(
  { documents, lineAt }: ParsedStream,
  index: number,
  path: readonly PropertyKey[],
): number | undefined {
  let node: ParsedNode | null = documents[index]?.contents ?? null;
  if (node === null) return undefined;
  let offset = node.range[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair: Pair<ParsedNode, ParsedNode | null> | undefined = node.items.find(
        ({ key }) => isScalar(key) && key.value === step,
      );
      if (pair === undefined) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item: ParsedNode | undefined = node.items[step];
      if (item === undefined) break;
      offset = item.range[0];
      node = item;
    } else break;
  }
  return lineAt(offset);
}

/** Nothing between two `---`, or comments only; an explicit `null` is content. */
function isBlank({ contents }: ParsedDocument): boolean {
  return isScalar(contents) && contents.source === '' && contents.value === null;
}

/** Editors on Windows put a byte order mark first; anywhere else it is refused. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function named<T>({ file }: YamlOptions, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw isEdgesealError(error) && file !== undefined ? error.at({ file }) : error;
  }
}
