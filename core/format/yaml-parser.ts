import { Composer, Lexer, LineCounter, Parser } from 'yaml';
import type { CST, Document, ErrorCode as YamlCode, ParsedNode } from 'yaml';
import { EdgesealError } from '../errors.ts';

/** Deeper than any schema of Kubernetes; what exceeds it is after the stack. */
const MAX_DEPTH = 64;

/** The library's stack holds the document below the collections, and a scalar on top. */
const MAX_STACK = MAX_DEPTH + 2;

const MAX_DOCUMENTS = 10_000;

/**
 * Characters that YAML forbids, and those that some readers take for a line break and others do not (a lone CR, NEL,
 * U+2028, U+2029): what is a comment to us could be a key to kubectl.
 */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u0085\u2028\u2029\ufeff]|\r(?!\n)/;

/** The library's messages quote the source, which may be a Secret. Its codes do not. */
const WORDS: Partial<Record<YamlCode, string>> = {
  ALIAS_PROPS: 'an alias with a tag or an anchor',
  BAD_ALIAS: 'an anchor or alias without a proper name',
  BAD_DIRECTIVE: 'a malformed directive',
  BAD_DQ_ESCAPE: 'an unknown escape in a double-quoted string',
  BAD_INDENT: 'wrong indentation',
  BAD_SCALAR_START: 'a value that begins with a reserved character',
  BLOCK_AS_IMPLICIT_KEY: 'a key and a value where only a value can be',
  BLOCK_IN_FLOW: 'a block inside brackets or braces',
  KEY_OVER_1024_CHARS: 'a key of more than 1,024 characters',
  MISSING_CHAR: 'a missing quote, bracket, colon, comma or space',
  MULTILINE_IMPLICIT_KEY: 'a key that goes over several lines',
  MULTIPLE_ANCHORS: 'several anchors on one value',
  MULTIPLE_TAGS: 'several tags on one value',
  RESOURCE_EXHAUSTION: 'values nested too deeply',
  TAB_AS_INDENT: 'a tab used as indentation',
  TAG_RESOLVE_FAILED: 'a value that does not fit its tag',
};

// The library prints what it parses to stdout where these are set: a Secret must not get there.
delete process.env['LOG_STREAM'];
delete process.env['LOG_TOKENS'];

export type ParsedDocument = Document.Parsed<ParsedNode, false>;

/** The documents of a stream, with the means to say on which line something lies. */
export interface ParsedStream {
  documents: ParsedDocument[];
  /** The 1-based line of an offset in the text. */
  lineAt: (offset: number) => number;
}

/** An error about YAML: what was found, never its content. */
export function yamlError(found: string, line: number | undefined, hint?: string): EdgesealError {
  return new EdgesealError('format-yaml', found, { line, hint });
}

/**
 * Runs the `yaml` library over a text, within limits that it does not have itself, and without its messages.
 *
 * @throws EdgesealError `format-yaml` with the line, for whatever is not YAML 1.2
 */
export function parseStream(text: string): ParsedStream {
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) {
    const line = text.slice(0, forbidden.index).split('\n').length;
    throw yamlError('a control character', line, 'write it as an escape in double quotes');
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const documents: ParsedDocument[] = [];
  for (const document of compose(text, lines)) {
    const [fault] = document.errors;
    if (fault !== undefined) {
      throw yamlError(WORDS[fault.code] ?? 'malformed YAML', lineAt(fault.pos[0]));
    }
    const line = lineAt(document.range[0]);
    // The directive would bring back the types of YAML 1.1, where `no` is a boolean.
    if (document.directives.yaml.version !== '1.2') {
      throw yamlError('a %YAML directive other than 1.2 before the document', line);
    }
    if (documents.length === MAX_DOCUMENTS) {
      throw yamlError(`more than ${MAX_DOCUMENTS} documents`, line);
    }
    documents.push(document);
  }
  return { documents, lineAt };
}

function compose(text: string, lines: LineCounter): Generator<ParsedDocument> {
  const composer = new Composer<ParsedNode, false>({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    // The library compares each key with each other one: minutes for 100,000 keys. Our walk finds duplicates.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  return composer.compose(tokens(text, lines), false, text.length);
}

/** The library builds a syntax tree in a loop and then walks it by recursion: here, in between, depth is bounded. */
function* tokens(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > MAX_STACK) {
      const { line } = lines.linePos(parser.offset);
      throw yamlError(`values nested deeper than ${MAX_DEPTH} levels`, line);
    }
  }
  yield* parser.end();
}
