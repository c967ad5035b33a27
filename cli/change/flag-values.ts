import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { isItemName } from '../../core/format/names.ts';
import { decodeUtf8 } from '../../core/format/yaml.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { promptHidden } from '../terminal/prompt.ts';
import { readInput, stdinName } from './input-file.ts';

/** The flags of `kubectl create secret generic`, and `--prompt`. */
export interface ValueFlags {
  fromLiteral?: string[];
  fromFile?: string[];
  fromEnvFile?: string[];
  prompt?: string[];
}

/**
 * Reads the values that flags name, with kubectl's rules: `--from-file` takes a path, `key=path` or a folder (its plain
 * files, by name), bytes as they are; an env file's line without `=` takes the value from the environment.
 *
 * @throws EdgesealError `input-usage` for a bad or repeated key, and what reading a file throws; never with a value
 */
export async function readFlagValues(io: Io, flags: ValueFlags): Promise<Map<string, SecretBytes>> {
  const values = new Map<string, SecretBytes>();
  const add = (key: string, value: SecretBytes, from: string): void => {
    if (!isItemName(key)) {
      throw new EdgesealError(
        'input-usage',
        `the key from ${from} is not a valid key of a Secret`,
        {
          hint: 'a key has letters, digits, -, _ and .',
        },
      );
    }
    if (values.has(key)) throw new EdgesealError('input-usage', `the key ${key} is given twice`);
    values.set(key, value);
  };
  const sources = await fileSources(io, flags.fromFile ?? []);
  if (sources.filter(({ path }) => path === stdinName).length > 1) {
    throw new EdgesealError('input-usage', 'standard input (-) is given twice');
  }
  for (const { key, path } of sources) add(key, await readInput(io, path), '--from-file');
  for (const file of flags.fromEnvFile ?? []) {
    for (const [key, value] of await envFile(io, file)) add(key, value, file);
  }
  for (const literal of flags.fromLiteral ?? []) {
    const [key, value] = splitLiteral(literal);
    add(key, value, '--from-literal');
  }
  if ((flags.fromLiteral ?? []).length > 0) {
    new Output(io).warn(
      'a value of --from-literal is in your shell history, and was in the process list',
      'use --prompt KEY or --from-file KEY=PATH; if others use this machine, replace the value',
    );
  }
  for (const key of flags.prompt ?? []) {
    if (!isItemName(key) || values.has(key)) add(key, SecretBytes.fromText(''), '--prompt');
    add(key, await promptHidden(io, key), '--prompt');
  }
  if (values.size > 0) return values;
  throw new EdgesealError('input-usage', 'there is no value to seal', {
    hint: 'give one or more of --prompt KEY, --from-file [KEY=]PATH, --from-env-file PATH',
  });
}

interface Source {
  key: string;
  path: string;
}

async function fileSources(io: Io, sources: readonly string[]): Promise<Source[]> {
  const found: Source[] = [];
  for (const source of sources) {
    const parts = source.split('=');
    const [first = '', second] = parts;
    if (parts.length > 2 || first === '' || second === '') {
      throw new EdgesealError('input-usage', '--from-file is neither PATH nor KEY=PATH', {
        hint: 'neither the key nor the path may be empty or hold =',
      });
    }
    const path = second ?? first;
    if (second === undefined && path === stdinName) {
      throw new EdgesealError('input-usage', 'standard input has no name to be the key', {
        hint: 'name it: --from-file KEY=-',
      });
    }
    if (path === stdinName || !(await isFolder(io, path))) {
      found.push({ key: second === undefined ? basename(path) : first, path });
      continue;
    }
    if (second !== undefined) {
      throw new EdgesealError('input-usage', 'a folder takes no key: its files give them', {
        file: path,
        hint: `--from-file ${path}`,
      });
    }
    const entries = await readdir(resolve(io.cwd, path), { withFileTypes: true });
    for (const entry of entries.filter((e) => e.isFile())) {
      found.push({ key: entry.name, path: join(path, entry.name) });
    }
  }
  return found;
}

async function isFolder(io: Io, path: string): Promise<boolean> {
  try {
    return (await stat(resolve(io.cwd, path))).isDirectory();
  } catch {
    // Reading it says what is wrong with it.
    return false;
  }
}

/** Lines as kubectl reads them: blanks before the key and lines with # are skipped, nothing is unquoted. */
async function envFile(io: Io, file: string): Promise<[string, SecretBytes][]> {
  const bytes = await readInput(io, file);
  let text: string;
  try {
    text = decodeUtf8(bytes.reveal(), 'the env file', 'input-usage');
  } catch (error) {
    throw error instanceof EdgesealError ? error.at({ file }) : error;
  }
  bytes.wipe();
  const found: [string, SecretBytes][] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = raw.trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf('=');
    const key = at < 0 ? line : line.slice(0, at);
    if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key)) {
      throw new EdgesealError('input-usage', 'this line does not begin with KEY=', {
        file,
        line: index + 1,
        hint: 'a key has letters, digits, -, _ and ., and does not begin with a digit',
      });
    }
    const value = at < 0 ? (io.env[key] ?? '') : line.slice(at + 1);
    found.push([key, SecretBytes.fromText(value)]);
  }
  return found;
}

function splitLiteral(literal: string): [string, SecretBytes] {
  const at = literal.indexOf('=');
  if (at > 0) return [literal.slice(0, at), SecretBytes.fromText(literal.slice(at + 1))];
  // What stands there may be the value alone, so it is not shown.
  throw new EdgesealError('input-usage', '--from-literal is not KEY=VALUE');
}
