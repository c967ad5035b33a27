import { EdgesealError } from '../../core/errors.ts';
import { formatSshPublicKey } from '../../core/trust/ssh-key.ts';
import { openRepository } from '../repository.ts';
import { findSigningKey } from '../signer/signer.ts';
import { sshKeys } from '../signer/ssh-key-option.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { changeAuthors } from '../trust/author-change.ts';
import type { AuthorOptions } from '../trust/author-change.ts';
import { keyWords } from '../trust/key-words.ts';
import { listedKey } from '../trust/listed-key.ts';
import { withKeyExchanged } from '../trust/signers-edit.ts';

interface Options extends AuthorOptions {
  from?: string;
  to?: string;
}

/** `edgeseal trust rotate --to NEW`: exchanges a person's key for another, everywhere it is listed. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  if (options.to === undefined) {
    throw new EdgesealError('input-usage', 'which key takes its place? give it with --to', {
      hint: 'make one: ssh-keygen -t ed25519 -f ~/.ssh/id_edgeseal, then: --to ~/.ssh/id_edgeseal',
    });
  }
  const output = new Output(io);
  const repository = await openRepository(io);
  const { spec } = repository.state.root;
  const own = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.signingKey });
  const ownLine = formatSshPublicKey(own.publicKey);
  const all = [
    ...spec.roots.keys,
    ...spec.publishers.keys,
    ...spec.authors.flatMap(({ keys }) => keys),
    ...(spec.heartbeat === undefined ? [] : [spec.heartbeat.key]),
  ];
  const from =
    options.from === undefined
      ? ownLine
      : await listedKey(io, options.from, [...new Set(all)], 'person in the trust root', spec);
  const [to = ''] = await sshKeys(io, [options.to]);
  const { places } = withKeyExchanged(spec, from, to);
  // A key of one's own signs for itself: a root that lists it then needs nobody else, and its secrets neither.
  const fresh =
    from === ownLine
      ? await findSigningKey({ cwd: io.cwd, env: io.env, keyPath: options.to })
      : undefined;
  await changeAuthors(
    io,
    repository,
    { ...options, ...(fresh === undefined ? {} : { alsoSign: fresh, authorKey: options.to }) },
    (before) => withKeyExchanged(before, from, to).spec,
  );
  output.line(`${keyWords(from, spec)} goes, ${keyWords(to, spec)} comes: ${places.join(', ')}`);
  if (fresh !== undefined) {
    output.note(
      `From the next command on sign with the new key: --signing-key ${options.to}, or where Git signs with SSH: git config user.signingkey ${options.to}`,
    );
  }
  return exitCodes.ok;
}
