import { EdgesealError } from '../../core/errors.ts';
import { flagSecret, requireIdentity } from '../change/flag-secret.ts';
import { readInput, stdinName } from '../change/input-file.ts';
import { sealAll } from '../change/seal-all.ts';
import type { SealOptions } from '../change/seal-all.ts';
import { readTlsPair } from '../change/tls-pair.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { openRepository } from '../repository.ts';

interface Options extends SealOptions {
  cert?: string;
  key?: string;
}

/** `edgeseal seal tls NAME`: a certificate and its key, held against each other before they are sealed. */
export async function run(io: Io, [name = '']: string[], options: Options): Promise<number> {
  const namespace = requireIdentity(name, options.namespace);
  const { cert, key } = options;
  if (cert === undefined || key === undefined || (cert === stdinName && key === stdinName)) {
    throw new EdgesealError('input-usage', 'a certificate file and a private key file are needed', {
      hint: `edgeseal seal tls ${name} -n ${namespace} --cert FILE --key FILE`,
    });
  }
  const repository = await openRepository(io);
  const certificate = await readInput(io, cert);
  const privateKey = await readInput(io, key);
  const expired = readTlsPair({ file: cert, pem: certificate }, { file: key, pem: privateKey });
  if (expired !== undefined) new Output(io).warn(`${cert}: the certificate expired on ${expired}`);
  const items = new Map([
    ['tls.crt', certificate],
    ['tls.key', privateKey],
  ]);
  const secret = flagSecret(name, namespace, 'kubernetes.io/tls', items);
  return await sealAll(io, repository, [secret], options);
}
