import { isEdgesealError } from '../errors.ts';
import type { Json } from '../format/canonical-json.ts';
import type { ScanFinding, ScanOptions } from './finding.ts';
import { findPlainSecrets, textsWithin } from './plain-secret.ts';
import { findRegionKeys } from './region-key.ts';
import { lineOfSecretText } from './secret-text.ts';

/** Above this a document is looked at as text only; parsing it would take seconds. */
const maxParsedLength = 2 * 1024 * 1024;

/** Endings of manifests, also of copies that editors and people leave behind. */
const manifest = /\.(?:ya?ml|json)(?:~|\.[A-Za-z0-9_-]{1,20})?$/i;

/** Files of these kinds speak of Secrets without being one. */
const prose =
  /\.(?:md|mdx|rst|adoc|html?|[cm]?[jt]sx?|go|py|rb|rs|java|kt|c|h|cc|cpp|cs|php|sh|bash|ps1|css|svg|lock|sum|patch|diff)$/i;

/** What is said alike of every plaintext Secret. */
const plain = { rule: 'kubernetes-secret', column: 1, masked: '****' };

const mentionsSecret = /\bSecret(?:List)?\b/;

/**
 * Looks for what must not be committed: plaintext Kubernetes Secrets in YAML or JSON (every document of a file,
 * items of Lists, objects inside of others) and private region keys in any file.
 *
 * The YAML parser is only loaded for files that speak of a `kind` and a `Secret`.
 *
 * @param path decides, by its ending, whether a file can be a manifest
 * @param bytes the whole file; who controls it may write anything, so nothing here throws on content
 */
export async function scanFile(
  path: string,
  bytes: Uint8Array,
  _options: ScanOptions = {},
): Promise<ScanFinding[]> {
  const buffer = asUtf8(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const findings = findRegionKeys(buffer);
  if (prose.test(path) || !buffer.includes('kind')) return findings;
  const text = buffer.toString('utf8');
  if (mentionsSecret.test(text)) findings.push(...(await scanText(text, manifest.test(path), 0)));
  return findings.sort((a, b) => a.line - b.line);
}

/** PowerShell's `>` writes UTF-16, which kubectl reads like any other. */
function asUtf8(bytes: Buffer): Buffer {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return Buffer.from(bytes.subarray(2).toString('utf16le'));
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    const even = bytes.subarray(2, bytes.length - (bytes.length % 2));
    return Buffer.from(Buffer.from(even).swap16().toString('utf16le'));
  }
  return bytes;
}

/** @param certain whether a text that cannot be parsed is suspect all the same */
async function scanText(text: string, certain: boolean, depth: number): Promise<ScanFinding[]> {
  const json = /^\s*[{[]/.test(text) ? parseJson(text) : undefined;
  if (json !== undefined) return await scanJson(json, text, depth);
  const findings: ScanFinding[] = [];
  for (const { part, offset } of documentsOf(text)) {
    if (!part.includes('kind') || !mentionsSecret.test(part)) continue;
    for (const { line, ...finding } of await scanDocument(part, certain, depth)) {
      findings.push({ ...finding, line: line + offset });
    }
  }
  return findings;
}

/** Each document alone, so that one which cannot be parsed hides no other. */
function documentsOf(text: string): { part: string; offset: number }[] {
  const parts: { part: string; offset: number }[] = [];
  let offset = 0;
  for (const part of text.split(/^(?=(?:---|\.\.\.)(?:[ \t\r\n]|$))/m)) {
    // The marker itself stays out of what is parsed, and its line is kept for counting.
    parts.push({ part: part.replace(/^(?:---|\.\.\.)(?=[ \t\r\n]|$)/, ''), offset });
    offset += part.split('\n').length - 1;
  }
  return parts;
}

async function scanDocument(part: string, certain: boolean, depth: number): Promise<ScanFinding[]> {
  if (part.length > maxParsedLength) return suspect(part, certain, 'it is too long to be parsed');
  const { parseYamlDocuments } = await import('../format/yaml.ts');
  try {
    const findings: ScanFinding[] = [];
    const options = { aliases: true, binary: true };
    for (const { value, lineOf } of parseYamlDocuments(part, options)) {
      for (const { path, message } of findPlainSecrets(value)) {
        findings.push({ ...plain, line: lineOf(path) ?? 1, message });
      }
      for (const { path, message } of await scanWithin(value, depth)) {
        findings.push({ ...plain, line: lineOf(path) ?? 1, message });
      }
    }
    return findings;
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return suspect(
      part,
      certain,
      `${error.message}${error.line === undefined ? '' : `, line ${error.line}`}`,
    );
  }
}

async function scanJson(json: Json, text: string, depth: number): Promise<ScanFinding[]> {
  const lines = [...text.matchAll(/"kind"\s*:\s*"Secret"/g)].map(({ index }) =>
    lineAt(text, index),
  );
  const found = [...findPlainSecrets(json), ...(await scanWithin(json, depth))];
  // JSON.parse gives no places. With one Secret this is its line, with several that of its turn.
  return found.map(({ message }, turn) => ({
    ...plain,
    line: lines[Math.min(turn, lines.length - 1)] ?? 1,
    message,
  }));
}

/** Manifests written as text inside of a manifest, one level down. */
async function scanWithin(
  document: Json,
  depth: number,
): Promise<{ path: (string | number)[]; message: string }[]> {
  if (depth > 0) return [];
  const found: { path: (string | number)[]; message: string }[] = [];
  for (const { path, text } of textsWithin(document)) {
    if (!text.includes('kind') || !mentionsSecret.test(text)) continue;
    const [first] = await scanText(text, false, depth + 1);
    if (first !== undefined) found.push({ path, message: `${first.message}, inside of a text` });
  }
  return found;
}

function suspect(part: string, certain: boolean, why: string): ScanFinding[] {
  const line = certain ? lineOfSecretText(part) : undefined;
  if (line === undefined) return [];
  return [
    {
      rule: 'unreadable-secret',
      line,
      column: 1,
      masked: '****',
      message: `looks like a Secret, but cannot be parsed (${why})`,
    },
  ];
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // YAML in braces, perhaps: the other parser's matter.
    return undefined;
  }
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
