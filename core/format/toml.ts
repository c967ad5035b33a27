import { parse, TomlError } from 'smol-toml';
import { EdgesealError } from '../errors.ts';

/** A value of TOML; dates are dates, and a table has no prototype of its own. */
export type Toml = string | number | bigint | boolean | Date | Toml[] | { [key: string]: Toml };

/**
 * Reads TOML 1.0.
 *
 * @param file named in the error
 * @throws EdgesealError `format-schema` with `file` and `line`; it never quotes the content
 */
export function parseToml(text: string, file: string): { [key: string]: Toml } {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const [what = ''] = cause.message.split('\n');
    throw new EdgesealError(
      'format-schema',
      what.replace(/^Invalid TOML document: /, 'not TOML: '),
      {
        file,
        line: cause.line,
        cause,
      },
    );
  }
}
