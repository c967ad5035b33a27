import { isEdgesealError } from '../../core/errors.ts';
import type { EdgesealError } from '../../core/errors.ts';
import type { Io } from './io.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
const codes: Record<Style, string> = {
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  cyan: '36',
};

/**
 * What commands print with. Results go to stdout; notes, warnings and progress to stderr, so that a pipe gets
 * results alone. Colours only on a terminal, and not with NO_COLOR.
 */
export class Output {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  /** One line of the result. */
  line(text = ''): void {
    this.#io.stdout.write(`${text}\n`);
  }

  /** The result for a script: one JSON document. */
  json(value: unknown): void {
    this.#io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** What was done, or what comes next; for people only. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  warn(text: string, hint?: string): void {
    this.#io.stderr.write(`${this.#paint('yellow', 'warning:', this.#io.stderr)} ${text}\n`);
    if (hint !== undefined) this.#io.stderr.write(`  hint: ${hint}\n`);
  }

  /** Colours `text` for stdout. */
  paint(style: Style, text: string): string {
    return this.#paint(style, text, this.#io.stdout);
  }

  /** A table with aligned columns. Cells may be painted: their width is counted without the colour. */
  table(header: string[], rows: string[][]): void {
    const widths = header.map((title, i) =>
      Math.max(title.length, ...rows.map((row) => visible(row[i] ?? ''))),
    );
    const print = (cells: string[]): void => {
      const padded = cells.map(
        (cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - visible(cell))),
      );
      this.line(padded.join('  ').trimEnd());
    };
    print(header.map((title) => this.paint('dim', title)));
    for (const row of rows) print(row);
  }

  #paint(style: Style, text: string, stream: { isTTY?: boolean }): string {
    const { env } = this.#io;
    const colours =
      stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
    return colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }
}

/** An error in the shape that every command prints: what, where, and the way out. */
export function printError(error: unknown, io: Io): void {
  const { stderr, env } = io;
  if (!isEdgesealError(error)) {
    // Of a fault that is not ours only the kind is printed: its message might quote what it was working on.
    const kind =
      error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : typeof error;
    stderr.write(`edgeseal: error: unexpected ${kind}\n`);
    stderr.write(
      'edgeseal: hint: this is a fault in edgeseal; EDGESEAL_DEBUG=1 shows where, and may show values\n',
    );
  } else {
    stderr.write(`edgeseal: error: ${describeError(error)}\n`);
    if (error.hint !== undefined) stderr.write(`edgeseal: hint: ${error.hint}\n`);
  }
  if ((env['EDGESEAL_DEBUG'] ?? '') !== '' && error instanceof Error)
    stderr.write(`${error.stack ?? ''}\n`);
}

/** `file:line: message`, as far as the place is known. */
export function describeError(error: EdgesealError): string {
  const place =
    error.file === undefined
      ? ''
      : `${error.file}${error.line === undefined ? '' : `:${error.line}`}: `;
  return `${place}${error.message}`;
}

/** An error for `--output json`. */
export function errorJson(error: EdgesealError): Record<string, unknown> {
  const { code, message, file, line, field, hint } = error;
  return { code, message, file, line, field, hint };
}

function visible(text: string): number {
  return text.replace(/\u001b\[\d+m/g, '').length;
}
