import { EdgesealError } from '../errors.ts';
import type { TrustRootSpec } from '../format/trust-root.ts';
import { parseSshPublicKey, sameSshKey } from './ssh-key.ts';
import type { SshPublicKey } from './ssh-key.ts';
import { findSshsigs, verifySshsig, verifySshsigs } from './sshsig.ts';

/** SSHSIG namespaces, so that a signature for one thing is none for another. */
export const signatureNamespaces = {
  root: 'root@edgeseal.dev',
  snapshot: 'snapshot@edgeseal.dev',
  alive: 'alive@edgeseal.dev',
  secret: 'secret@edgeseal.dev',
} as const;

type Signers = TrustRootSpec['roots'];

/**
 * How many of the listed keys signed these bytes; a key counts once, however often it is listed or signed.
 *
 * @throws EdgesealError `format-ssh` where a signature or a listed key is malformed
 */
export function countSigners(
  signers: Signers,
  signatures: string,
  message: Uint8Array,
  namespace: string,
): number {
  const valid = verifySshsigs(signatures, message, namespace);
  const listed = distinctKeys(signers.keys);
  return listed.filter((key) => valid.some((other) => sameSshKey(key, other))).length;
}

/**
 * Requires a threshold of signatures over raw bytes, before anybody parses them.
 *
 * @param what names the document in the error
 * @throws EdgesealError `trust-signature`
 */
export function requireThreshold(
  signers: Signers,
  signatures: string,
  message: Uint8Array,
  namespace: string,
  what: string,
): void {
  const count = countSigners(signers, signatures, message, namespace);
  // The schema has it that thresholds are whole and at least 1; a second look costs nothing here.
  if (
    !Number.isSafeInteger(signers.threshold) ||
    signers.threshold < 1 ||
    count < signers.threshold
  ) {
    throw new EdgesealError(
      'trust-signature',
      `${what} carries ${count} of the ${signers.threshold} signatures it needs`,
    );
  }
}

/** An armored signature that is valid, and the key that made it. */
export interface KeySignature {
  key: SshPublicKey;
  signature: string;
}

/**
 * Valid signatures of a text that anybody may have written to, each judged alone: what is malformed, or over other bytes,
 * counts for nothing and hides none of the others. (A `.sig` file that decides is refused for one malformed signature:
 * FORMAT.md, section 8.3. This collects what such a file is made of.) What the keys may do is the caller's question.
 *
 * @returns one a key
 */
export function validSignatures(
  text: string,
  message: Uint8Array,
  namespace: string,
): KeySignature[] {
  const valid: KeySignature[] = [];
  for (const signature of findSshsigs(text)) {
    const key = signerOf(signature, message, namespace);
    if (key === undefined || valid.some((one) => sameSshKey(one.key, key))) continue;
    valid.push({ key, signature });
  }
  return valid;
}

function signerOf(
  signature: string,
  message: Uint8Array,
  namespace: string,
): SshPublicKey | undefined {
  try {
    return verifySshsig(signature, message, namespace);
  } catch (error) {
    if (error instanceof EdgesealError) return undefined;
    throw error;
  }
}

/** A `.sig` file of these signatures, whatever their last byte. */
export function signatureText(signatures: readonly KeySignature[]): string {
  return signatures.map(({ signature }) => `${signature.replace(/\n$/, '')}\n`).join('');
}

function distinctKeys(lines: readonly string[]): SshPublicKey[] {
  const keys: SshPublicKey[] = [];
  for (const line of lines) {
    const key = parseSshPublicKey(line);
    if (!keys.some((other) => sameSshKey(other, key))) keys.push(key);
  }
  return keys;
}
