import { BlockReader } from './block-reader.ts';
import type { DocumentNode } from './node.ts';
import { withoutTemplates } from './template.ts';

const marker = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;

/**
 * Reads all documents of a text, of YAML or JSON, alone or one after the other, also where a parser refuses it.
 *
 * Not the `yaml` library, because a scanner must go on where that stops (templates, slips of indentation, numbers,
 * anchors without measure), keep the column of each value, and need a millisecond for 64 KiB of whatever bytes. That both
 * read the same from what is well formed is tested on generated documents.
 *
 * @returns nodes with offsets into the text
 */
export function readDocuments(text: string): DocumentNode[] {
  const readable = withoutTemplates(text);
  const documents: DocumentNode[] = [];
  let start = 0;
  const readUpTo = (end: number): void => {
    for (const document of new BlockReader(readable, start, end).read()) {
      documents.push({ ...document, start, end });
    }
  };
  for (const { index } of readable.matchAll(marker)) {
    readUpTo(index);
    // The marker itself is three characters; what is behind it in its line belongs to the document.
    start = index + 3;
  }
  readUpTo(readable.length);
  return documents;
}
