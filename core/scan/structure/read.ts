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
 * @yields nodes with offsets into the text, one document at a time: a file may have a million
 */
export function* readDocuments(text: string): Generator<DocumentNode> {
  const readable = withoutTemplates(text);
  let start = 0;
  for (const { index } of readable.matchAll(marker)) {
    yield* documentsIn(readable, start, index);
    // The marker itself is three characters; what is behind it in its line belongs to the document.
    start = index + 3;
  }
  yield* documentsIn(readable, start, readable.length);
}

function* documentsIn(text: string, start: number, end: number): Generator<DocumentNode> {
  for (const document of new BlockReader(text, start, end).read()) {
    yield { ...document, start, end };
  }
}
