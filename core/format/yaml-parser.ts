import { Composer, Lexer, LineCounter, Parser } from 'yaml';
import type { CST, Document, ErrorCode as YamlCode, ParsedNode } from 'yaml';
import { EdgesealError } from '../errors.ts';

/** Collections inside each other: deeper than any schema of Kubernetes; what exceeds it is after the stack. */
const MAX_DEPTH = 64;

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);

/** How a text may be written that means the same to every reader. */
export interface StreamRules {
  /**
   * Files that people write for kubectl; for them, too, a bracket may close a collection at the indentation of the
   * block around it, which YAML 1.2 does not allow and our own formats refuse.
   */
  aliases?: boolean | undefined;
}

/** What the library's lexer yields before the text of a plain or block scalar. */
const SCALAR_MARK = '\u001f';

const MAX_DOCUMENTS = 10_000;

/**
 * Characters that YAML does not call printable, and those that some readers take for a line break and others do not
 * (a lone CR, NEL, U+2028, U+2029): what is a comment to us could be a key to kubectl.
 */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/;

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
export function parseStream(text: string, rules: StreamRules = {}): ParsedStream {
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden !== null) {
    const line = text.slice(0, forbidden.index).split('\n').length;
    throw yamlError('a control character', line, 'write it as an escape in double quotes');
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const documents: ParsedDocument[] = [];
  const quotes = new Quotes();
  for (const document of compose(text, lines, rules, quotes)) {
    const [fault] = document.errors;
    if (fault !== undefined) {
      const end = text.endsWith('\n') ? text.length - 1 : text.length;
      throw quotes.fault(fault, lineAt, Math.min(fault.pos[0], end));
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

/** Strings in quotes that go over several lines: seldom meant, and where a quote is missing the fault shows far below. */
class Quotes {
  readonly #seen: { start: number; end: number }[] = [];

  see(lexeme: string, start: number): void {
    if (/^["'][^]*\n/.test(lexeme)) this.#seen.push({ start, end: start + lexeme.length });
  }

  fault({ code }: { code: YamlCode }, lineAt: (offset: number) => number, at: number) {
    const line = lineAt(at);
    const words = WORDS[code] ?? 'malformed YAML';
    const open = this.#seen.find(({ start, end }) => start < at && lineAt(end) >= line);
    if (open === undefined) return yamlError(words, line);
    const from = lineAt(open.start);
    return yamlError(words, from, `close the quote that opens in line ${from}`);
  }
}

function compose(
  text: string,
  lines: LineCounter,
  rules: StreamRules,
  quotes: Quotes,
): Generator<ParsedDocument> {
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
  return composer.compose(tokens(text, lines, rules, quotes), false, text.length);
}

/** The library builds a syntax tree in a loop and then walks it by recursion: here, in between, depth is bounded. */
function* tokens(
  text: string,
  lines: LineCounter,
  { aliases }: StreamRules,
  quotes: Quotes,
): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const fail = (found: string, hint?: string): never => {
    throw yamlError(found, lines.linePos(parser.offset).line, hint);
  };
  let before = '';
  /** Spaces since the line's begin; undefined after anything else in it. */
  let column: number | undefined = 0;
  for (const lexeme of new Lexer().lex(text)) {
    // Of a collection the composer forgets the tag `!`, which makes no type and is nothing that a writer needs.
    if (lexeme === '!' && before !== SCALAR_MARK) fail('a tag (!) that is not supported here');
    if (aliases !== true && isUnindented(lexeme, column, parser.stack)) {
      fail('a closing bracket or brace that is not indented', 'put more spaces before it');
    }
    if (before !== SCALAR_MARK) quotes.see(lexeme, parser.offset);
    before = lexeme;
    column = columnAfter(lexeme, column);
    yield* parser.next(lexeme);
    // The stack also holds the document, and a scalar on top.
    if (parser.stack.length <= MAX_DEPTH) continue;
    const depth = parser.stack.filter(({ type }) => COLLECTIONS.has(type)).length;
    if (depth > MAX_DEPTH) fail(`values nested deeper than ${MAX_DEPTH} levels`);
  }
  yield* parser.end();
}

function columnAfter(lexeme: string, column: number | undefined): number | undefined {
  if (lexeme === '\n' || lexeme === '\r\n') return 0;
  return column !== undefined && /^ +$/.test(lexeme) ? column + lexeme.length : undefined;
}

/** Whether a bracket closes, as the first of its line, no deeper than the block that its collection stands in. */
function isUnindented(lexeme: string, column: number | undefined, stack: CST.Token[]): boolean {
  if (column === undefined || (lexeme !== ']' && lexeme !== '}')) return false;
  const block = stack.findLast(({ type }) => type === 'block-map' || type === 'block-seq');
  return block !== undefined && 'indent' in block && column <= block.indent;
}
