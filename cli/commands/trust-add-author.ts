import { EdgesealError } from '../../core/errors.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { fingerprintOf } from '../../core/trust/ssh-key.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';
import { checkGlobs } from '../trust/authors-edit.ts';
import { changeRoot } from '../trust/root-change.ts';
import { sayRootMade } from '../trust/root-made.ts';
import { checkAuthorName } from '../set-up/person.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';

interface Options {
  key?: string[];
  namespaces?: string[];
  signingKey?: string;
}

type Author = TrustRootSpec['authors'][number];

/** `edgeseal trust add-author NAME`: an author, or more keys and namespaces of one. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  checkAuthorName(name);
  checkGlobs(options.namespaces ?? []);
  const keys = await sshKeys(io, options.key);
  const output = new Output(io);
  const repository = await openRepository(io);
  let changed: Author | undefined;
  const { root } = await changeRoot(io, repository, options, (spec) => {
    requireFree(spec, name, keys);
    const before = spec.authors.find((author) => author.name === name);
    changed = merged(before, { name, keys, namespaces: options.namespaces });
    const authors =
      before === undefined
        ? [...spec.authors, changed]
        : spec.authors.map((author) => (author === before && changed ? changed : author));
    return { ...spec, authors };
  });
  const prints = (changed?.keys ?? []).map((key) => fingerprintOf(key));
  output.line(
    `${name} may author secrets of: ${(changed?.namespaces ?? []).join(', ')}, with ${prints.join(', ')}`,
  );
  output.note('Compare the fingerprint with them: whoever holds that key now changes secrets.');
  sayRootMade(repository, root, [], output);
  return exitCodes.ok;
}

function merged(
  before: Author | undefined,
  given: { name: string; keys: string[]; namespaces: string[] | undefined },
): Author {
  const { name, keys, namespaces } = given;
  if (before === undefined) return { name, keys, namespaces: namespaces ?? ['*'] };
  const after = {
    name,
    keys: [...new Set([...before.keys, ...keys])],
    namespaces: [...new Set([...before.namespaces, ...(namespaces ?? [])])],
  };
  if (
    after.keys.length === before.keys.length &&
    after.namespaces.length === before.namespaces.length
  ) {
    throw new EdgesealError('input-usage', `${name} is an author with this key already`, {
      hint: 'edgeseal trust show',
    });
  }
  return after;
}

/** One key under two names would leave open who signed. */
function requireFree(spec: TrustRootSpec, name: string, keys: string[]): void {
  const other = spec.authors.find((a) => a.name !== name && a.keys.some((k) => keys.includes(k)));
  if (other === undefined) return;
  throw new EdgesealError('input-usage', `this is the key of ${other.name}`, {
    hint: 'each author has keys of their own',
  });
}
