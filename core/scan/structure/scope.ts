import type { Report } from '../report.ts';
import type { Node } from './node.ts';
import type { Source } from './source.ts';

/** What the inspection of one document knows beside the document. */
export interface Scope {
  source: Source;
  report: Report;
  /** Texts inside of texts inside of texts. */
  depth: number;
  /** Written into a page, a script or a program, where the examples of Kubernetes' own pages are known. */
  isEmbedded: boolean;
  /** The document has what SOPS leaves in it, so its `ENC[...]` are ciphertext. */
  isSops: boolean;
  /** Whether a map is a document, or an item of a List: what can be applied, and sealed, as it is. */
  isObject: (map: Node) => boolean;
  /** No YAML parser takes the document as it is. */
  isFaulty: boolean;
  /** Looks through a text that stands inside of a value, or was decoded from it. */
  within: (source: Source, depth: number) => void;
}
