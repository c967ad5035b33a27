import { DocumentInspector } from './inspect-document.ts';
import { findAssignments, findDefaults } from './formats/assignments.ts';
import { findCredentials } from './formats/credential-file.ts';
import { embeddedManifests } from './formats/embedded.ts';
import { looksStructured } from './formats/file-kind.ts';
import type { FileKind } from './formats/file-kind.ts';
import { findPrivateKeys } from './formats/private-key.ts';
import { findUrls } from './formats/url.ts';
import { exemptEdgeSecret } from './sealed/edge-secret.ts';
import { exemptArmour } from './sealed/armour.ts';
import { isSopsDocument } from './sealed/sops.ts';
import type { Report } from './report.ts';
import { get, itemsOf, textAt } from './structure/node.ts';
import type { DocumentNode, Node } from './structure/node.ts';
import { readDocuments } from './structure/read.ts';
import type { Scope } from './structure/scope.ts';
import type { Source } from './structure/source.ts';

const manifest = /(?:^|\n)[ \t]*["']?apiVersion["']?[ \t]*:/;
const loose: ReadonlySet<FileKind> = new Set(['settings', 'properties', 'unknown']);
const maxDepth = 3;
/** Each costs a tenth of a millisecond; a file of more is no file of people. */
const maxEdgeSecrets = 500;
const hint = /kind|kty|pass|pwd|secret|token|key|cred|auth|PRIVATE|ENC\[/i;

/**
 * Looks through a text by what it is: documents of YAML or JSON, lines of variables, a page with a manifest in it; and in any of
 * them for private keys and addresses with passwords.
 */
export async function inspectText(
  path: string,
  kind: FileKind,
  source: Source,
  report: Report,
): Promise<void> {
  exemptArmour(source, report);
  findPrivateKeys(source, report);
  const isManifest = kind === 'structured' && manifest.test(source.text);
  findUrls(source, report, isManifest);
  if (kind === 'lock') return;
  findCredentials(path, source, report);
  const documents = inspectByKind(kind, source, report, 0);
  let sealed = 0;
  for (const { root, start, end } of documents) {
    if (root.kind !== 'map' || get(root, 'spec', 'signatures') === undefined) continue;
    if (sealed >= maxEdgeSecrets) break;
    sealed += 1;
    const scope = scopeOf(source, report, 0, false, false);
    await exemptEdgeSecret(root, source.text.slice(start, end), scope);
  }
}

function inspectByKind(
  kind: FileKind,
  source: Source,
  report: Report,
  depth: number,
): DocumentNode[] {
  if (!hint.test(source.text)) return [];
  // A kubeconfig is often called admin.conf.
  if (loose.has(kind) && manifest.test(source.text) && looksStructured(source.text)) {
    return inspectDocuments(source, report, depth, false);
  }
  switch (kind) {
    case 'structured':
      return inspectDocuments(source, report, depth, false);
    case 'environment':
      findAssignments(source, report, {
        rule: 'env-secret',
        strictness: 'variable',
        expands: true,
      });
      return [];
    case 'example':
      findAssignments(source, report, {
        rule: 'env-secret',
        strictness: 'field',
        expands: true,
        isExample: true,
      });
      return [];
    case 'properties':
      findAssignments(source, report, { rule: 'config-secret', strictness: 'variable' });
      break;
    case 'settings':
    case 'script':
      findDefaults(source, report);
      findAssignments(source, report, {
        rule: 'config-secret',
        strictness: 'field',
        expands: true,
      });
      break;
    case 'unknown':
      if (looksStructured(source.text)) return inspectDocuments(source, report, depth, false);
      findAssignments(source, report, {
        rule: 'config-secret',
        strictness: 'field',
        expands: true,
      });
      break;
    case 'credentials':
    case 'markup':
    case 'prose':
    case 'code':
    case 'lock':
  }
  for (const part of embeddedManifests(source)) inspectDocuments(part, report, depth, true);
  return [];
}

/** @returns what may be EdgeSecrets, which are verified apart: their schemas load slowly */
function inspectDocuments(
  source: Source,
  report: Report,
  depth: number,
  isEmbedded: boolean,
): DocumentNode[] {
  const isTemplated = /\{\{-?[^}]/.test(source.text);
  const sealed: DocumentNode[] = [];
  for (const document of readDocuments(source.text)) {
    const { root, fault } = document;
    if (textAt(root, 'kind') === 'EdgeSecret') sealed.push(document);
    const scope = scopeOf(source, report, depth, isEmbedded, isSopsDocument(root));
    const objects = new Set(objectsOf(root));
    scope.isObject = (map) => objects.has(map);
    scope.isFaulty = fault !== undefined || isTemplated;
    new DocumentInspector(scope).inspect(root);
  }
  return sealed;
}

function scopeOf(
  source: Source,
  report: Report,
  depth: number,
  isEmbedded: boolean,
  isSops: boolean,
): Scope {
  return {
    source,
    report,
    depth,
    isEmbedded,
    isSops,
    isFaulty: false,
    isObject: () => false,
    within: (inner, at) => {
      inspectWithin(inner, report, at);
    },
  };
}

/** Documents, and items of Lists. */
function objectsOf(root: Node): Node[] {
  if (!/List$/.test(textAt(root, 'kind') ?? '')) return [root];
  return itemsOf(get(root, 'items'));
}

/** A text inside of a value: a manifest, a file of a ConfigMap. */
function inspectWithin(source: Source, report: Report, depth: number): void {
  if (depth > maxDepth) return;
  if (looksStructured(source.text)) {
    if (hint.test(source.text)) inspectDocuments(source, report, depth, false);
    // A file of properties may look like that, too.
    if (/^\s*[{[]/.test(source.text)) return;
  }
  findAssignments(source, report, { rule: 'config-secret', strictness: 'variable', expands: true });
  for (const part of embeddedManifests(source)) inspectDocuments(part, report, depth, false);
}
