import { createHash } from 'node:crypto';
import { EdgesealError } from '../errors.ts';
import { parseTrustRoot, requireRootSize } from '../format/trust-root.ts';
import type { TrustRootSpec } from '../format/trust-root.ts';
import { countSigners, requireThreshold, signatureNamespaces } from './signed-by.ts';
import { parseSshPublicKey } from './ssh-key.ts';

/** A root as files hold it: raw bytes and the text of its detached signatures. */
export interface RootFile {
  bytes: Uint8Array;
  signatures: string;
  /** Path for messages. */
  file: string;
}

/** A root that was reached from the pinned one, or is it. */
export interface AcceptedRoot {
  number: number;
  /** SHA-256 of its bytes, 64 lower-case hex digits. */
  sha256: string;
  spec: TrustRootSpec;
}

/** Gives root `n`, or undefined where there is none. */
export type RootSource = (n: number) => RootFile | undefined | Promise<RootFile | undefined>;

export function rootHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a person compares: the hash in groups of four, over the phone if need be. */
export function rootFingerprint(sha256: string): string {
  return sha256.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * Accepts a root because its hash is the pinned one. Its signatures are checked too, by its own keys: a
 * root that nobody signed is a mistake, whoever pinned it.
 */
export function acceptPinnedRoot(root: RootFile, pinned: string): AcceptedRoot {
  requireRootSize(root.bytes, root.file);
  const sha256 = rootHash(root.bytes);
  if (sha256 !== pinned) {
    throw new EdgesealError(
      'trust-pin',
      `this root's fingerprint is ${sha256}, the pinned one is ${pinned}`,
      { file: root.file },
    );
  }
  const spec = parse(root);
  verifyBy(spec, root);
  return { number: spec.number, sha256, spec };
}

/**
 * Takes one step of the chain: root N+1 is signed by the threshold of root N (checked before a byte of it is
 * parsed) and by its own, names N's hash, N's repository and the number N+1.
 */
export function acceptNextRoot(held: AcceptedRoot, root: RootFile): AcceptedRoot {
  requireRootSize(root.bytes, root.file);
  verifyBy(held.spec, root);
  const spec = parse(root);
  verifyBy(spec, root);
  requireFollows(held, spec, root.file);
  return { number: spec.number, sha256: rootHash(root.bytes), spec };
}

/** Signatures that a proposed root still lacks: of the root that it follows, and of its own root keys. */
export interface MissingSignatures {
  before: number;
  own: number;
}

/**
 * Looks at a root N+1 that may still lack signatures. It is not in force for anybody; one holder of a root key of N has
 * to stand for it before a byte of it is parsed.
 *
 * @throws EdgesealError `trust-signature` where none does, otherwise as {@link acceptNextRoot}
 */
export function judgeProposedRoot(
  held: AcceptedRoot,
  root: RootFile,
): { accepted: AcceptedRoot; missing: MissingSignatures } {
  requireRootSize(root.bytes, root.file);
  const signers = (spec: TrustRootSpec): number =>
    countSigners(spec.roots, root.signatures, root.bytes, signatureNamespaces.root);
  const before = signers(held.spec);
  if (before === 0) {
    throw new EdgesealError(
      'trust-signature',
      `nobody who may sign trust roots stands for this proposal`,
      { file: root.file },
    );
  }
  const spec = parse(root);
  requireFollows(held, spec, root.file);
  const missing = {
    before: Math.max(0, held.spec.roots.threshold - before),
    own: Math.max(0, spec.roots.threshold - signers(spec)),
  };
  return { accepted: { number: spec.number, sha256: rootHash(root.bytes), spec }, missing };
}

/**
 * Follows the chain from a held root as far as it goes, or to `upTo`.
 *
 * @returns the accepted roots after `held`, in order
 */
export async function followChain(
  held: AcceptedRoot,
  source: RootSource,
  upTo = Infinity,
): Promise<AcceptedRoot[]> {
  const accepted: AcceptedRoot[] = [];
  let last = held;
  while (last.number < upTo) {
    const next = await source(last.number + 1);
    if (next === undefined) break;
    last = acceptNextRoot(last, next);
    accepted.push(last);
  }
  return accepted;
}

function requireFollows(held: AcceptedRoot, spec: TrustRootSpec, file: string): void {
  const fail = (message: string): never => {
    throw new EdgesealError('trust-root', message, { file });
  };
  if (spec.repository !== held.spec.repository) fail('the root belongs to another repository');
  if (spec.number !== held.number + 1)
    fail(`the root has number ${spec.number}, not ${held.number + 1}`);
  if (spec.previous !== held.sha256)
    fail(`the root does not follow the root ${held.number} that is held`);
}

function verifyBy(spec: TrustRootSpec, root: RootFile): void {
  const { signatures, bytes, file } = root;
  try {
    requireThreshold(spec.roots, signatures, bytes, signatureNamespaces.root, 'the root');
  } catch (error) {
    // Of many roots, which one.
    throw error instanceof EdgesealError ? error.at({ file }) : error;
  }
}

function parse(root: RootFile): TrustRootSpec {
  const { spec } = parseTrustRoot(root.bytes, root.file);
  for (const role of ['roots', 'publishers'] as const)
    requireDistinct(spec[role].keys, role, root.file);
  // A root with a malformed key would make later checks throw where they should merely fail.
  const others = [
    ...spec.authors.flatMap((author) => author.keys),
    ...(spec.heartbeat === undefined ? [] : [spec.heartbeat.key]),
  ];
  for (const key of others) parseSshPublicKey(key);
  return spec;
}

/**
 * One private key must not reach a threshold of two: the same 32 bytes as a plain and as a FIDO key, or as
 * FIDO keys of two applications, are different lines of one signer.
 */
function requireDistinct(lines: readonly string[], role: string, file: string): void {
  const seen = new Set<string>();
  for (const line of lines) {
    const raw = Buffer.from(parseSshPublicKey(line).raw).toString('hex');
    if (seen.has(raw)) {
      throw new EdgesealError('trust-root', `spec.${role}.keys: one key is listed twice`, {
        file,
        field: `spec.${role}.keys`,
      });
    }
    seen.add(raw);
  }
}
