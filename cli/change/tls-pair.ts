import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { EdgesealError } from '../../core/errors.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';

interface PemFile {
  file: string;
  pem: SecretBytes;
}

/**
 * Checks that a certificate (the first of its file) and a private key are PEM and belong together.
 *
 * @returns the day the certificate expired, if it has
 * @throws EdgesealError `input-not-a-secret` naming the file; what OpenSSL says is left out, for it may quote the input
 */
export function readTlsPair(certificate: PemFile, key: PemFile): string | undefined {
  const text = Buffer.from(certificate.pem.reveal()).toString('latin1');
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const chain = blocks.map((block) => parsed(() => new X509Certificate(block)));
  const [leaf] = chain;
  if (leaf === undefined || chain.includes(undefined)) {
    throw new EdgesealError('input-not-a-secret', 'this is not a certificate in PEM form', {
      file: certificate.file,
      hint: text.includes('PRIVATE KEY-----')
        ? 'this is a private key: are --cert and --key swapped?'
        : 'a PEM file begins with -----BEGIN CERTIFICATE-----',
    });
  }
  if (!leaf.checkPrivateKey(privateKeyOf(key))) {
    throw new EdgesealError(
      'input-not-a-secret',
      'the private key is not that of the certificate',
      {
        file: key.file,
        hint: `the first certificate in ${certificate.file} has to be the one of this key`,
      },
    );
  }
  return leaf.validToDate.getTime() < Date.now()
    ? leaf.validToDate.toISOString().slice(0, 10)
    : undefined;
}

function privateKeyOf({ file, pem }: PemFile): KeyObject {
  const bytes = Buffer.from(pem.reveal());
  const key = parsed(() => createPrivateKey(bytes));
  const encrypted = bytes.includes('ENCRYPTED');
  bytes.fill(0);
  if (key !== undefined) return key;
  throw new EdgesealError(
    'input-not-a-secret',
    encrypted ? 'the private key has a passphrase' : 'this is not a private key in PEM form',
    {
      file,
      hint: encrypted
        ? 'a pod cannot type it: take it off with openssl pkey, into memory (such as /dev/shm)'
        : 'a PEM file begins with -----BEGIN PRIVATE KEY-----',
    },
  );
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
