import fs from 'node:fs';
import path from 'node:path';

/** A text that a rule must find its token in, or must not. See cases/README.md for the files' form. */
export interface Case {
  rule: string;
  /** For `ng`: what is wrong with the token. */
  why: string;
  ok: boolean;
  text: string;
  /** The token that must be found, and where it stands in `text`; empty for `ng`. */
  secret: string;
  at: number;
}

const folder = path.join(import.meta.dirname, 'cases');

/** Every case of every file below cases/. */
export function readCases(): Case[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) =>
      parse(path.basename(name, '.txt'), fs.readFileSync(path.join(folder, name), 'utf8')),
    );
}

function parse(rule: string, content: string): Case[] {
  return content
    .split(/^--- /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf('\n');
      const [, kind, why = ''] = /^(ok|ng) ?(.*)$/.exec(block.slice(0, end)) ?? [];
      if (kind === undefined) throw new Error(`${rule}: neither ok nor ng: ${block.slice(0, end)}`);
      const whole = block
        .slice(end + 1)
        .replace(/\n$/, '')
        .replaceAll('·', '');
      const at = whole.indexOf('«');
      const secret = at < 0 ? '' : whole.slice(at + 1, whole.indexOf('»'));
      return { rule, why, ok: kind === 'ok', text: whole.replace(/[«»]/g, ''), secret, at };
    });
}
