import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { parseSshPublicKey, sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import type { KeySignature } from '../../core/trust/signed-by.ts';
import type { AcceptedRoot } from '../../core/trust/root-chain.ts';
import type { Io } from '../terminal/io.ts';
import { findSigningKey, sign } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import { keyWords, lists } from '../trust/key-words.ts';

/** The keys at hand: `--signing-key` (several where the root's threshold wants them), and the heartbeat's. */
export interface PublishKeys {
  keys: SigningKey[];
  /** Why there is none. */
  missing: EdgesealError | undefined;
  /** Only where it is the root's. */
  heartbeat: SigningKey | undefined;
}

/** Environment variable with the path of the heartbeat's private key, for CI. */
const heartbeatVariable = 'EDGESEAL_HEARTBEAT_KEY';

/**
 * Looks for the keys. Only a key that was named and cannot be used is an error here: with nothing to sign, none
 * is needed.
 */
export async function findPublishKeys(
  io: Io,
  named: readonly string[],
  root: AcceptedRoot,
): Promise<PublishKeys> {
  const paths = named.length > 0 ? named : [undefined];
  const keys: SigningKey[] = [];
  let missing: EdgesealError | undefined;
  for (const keyPath of paths) {
    try {
      keys.push(await findSigningKey({ cwd: io.cwd, env: io.env, keyPath }));
    } catch (error) {
      if (!isEdgesealError(error, 'trust-signer')) throw error;
      if (keyPath !== undefined) throw error;
      missing = error;
    }
  }
  return { keys, missing, heartbeat: await heartbeatKey(io, keys, root) };
}

/** The heartbeat's key, where it is at hand: among the keys found, or named by a variable. */
export async function heartbeatKey(
  io: Io,
  keys: readonly SigningKey[],
  root: AcceptedRoot,
): Promise<SigningKey | undefined> {
  const wanted = root.spec.heartbeat;
  if (wanted === undefined) return undefined;
  const publicKey = parseSshPublicKey(wanted.key);
  const keyPath = io.env[heartbeatVariable];
  if (keyPath === undefined || keyPath === '')
    return keys.find((key) => sameSshKey(key.publicKey, publicKey));
  const key = await findSigningKey({ cwd: io.cwd, env: io.env, keyPath });
  if (sameSshKey(key.publicKey, publicKey)) return key;
  throw new EdgesealError(
    'trust-signer',
    `${heartbeatVariable} names another key than the heartbeat of trust root ${root.number}`,
    { file: keyPath },
  );
}

/** A snapshot that is to be signed, and who else has signed it. */
export interface ToSign {
  message: Uint8Array;
  others: readonly KeySignature[];
}

/**
 * Signs snapshots with as many of the keys at hand as the root's threshold still wants. Where they are not enough, what
 * there is comes back: other publishers add theirs.
 *
 * @returns all signatures of each
 * @throws EdgesealError `trust-signer` where none of the keys at hand is a publisher's, and one is wanted
 */
export async function signSnapshots(
  io: Io,
  found: PublishKeys,
  root: AcceptedRoot,
  snapshots: readonly ToSign[],
): Promise<KeySignature[][]> {
  const { keys: lines, threshold } = root.spec.publishers;
  const all = snapshots.map(({ others }) => [...others].slice(0, threshold));
  if (all.every((signed) => signed.length >= threshold)) return all;
  const mine = found.keys.filter((key, i) => {
    const first = found.keys.findIndex((other) => sameSshKey(other.publicKey, key.publicKey));
    return first === i && lists(lines, key.publicKey);
  });
  if (mine.length === 0) throw notPublisher(found, root);
  for (const key of mine) {
    const wanted = snapshots.flatMap(({ message }, i) => {
      const signed = all[i] ?? [];
      const has = signed.some((one) => sameSshKey(one.key, key.publicKey));
      return has || signed.length >= threshold ? [] : [{ message, signed }];
    });
    const signatures = await sign({
      key,
      namespace: signatureNamespaces.snapshot,
      messages: wanted.map(({ message }) => message),
      env: io.env,
      cwd: io.cwd,
    });
    for (const [i, signature] of signatures.entries())
      wanted[i]?.signed.push({ key: key.publicKey, signature });
  }
  return all;
}

/** Signs heartbeats. */
export async function signHeartbeats(
  io: Io,
  key: SigningKey,
  messages: readonly Uint8Array[],
): Promise<string[]> {
  const { env, cwd } = io;
  return await sign({ key, namespace: signatureNamespaces.alive, messages, env, cwd });
}

function notPublisher(found: PublishKeys, root: AcceptedRoot): EdgesealError {
  const [first] = found.keys;
  const who = `publishers are ${publisherNames(root).join(', ')}`;
  if (first === undefined) {
    const missing =
      found.missing ?? new EdgesealError('trust-signer', 'there is no key to sign with');
    return new EdgesealError('trust-signer', `nothing was published: ${missing.message}`, {
      file: missing.file,
      hint: missing.hint,
      cause: missing,
    });
  }
  return new EdgesealError(
    'trust-signer',
    `nothing was published: your key ${sshFingerprint(first.publicKey.blob)} is not a publisher's in trust root ${root.number}; ${who}`,
    {
      file: first.path,
      hint: 'leave it to one of them, or to CI; with another key: edgeseal publish --signing-key FILE; to become one: edgeseal trust add-publisher --key FILE.pub',
    },
  );
}

/** Publishers as a person knows them. */
export function publisherNames({ spec }: AcceptedRoot): string[] {
  return spec.publishers.keys.map((line) => keyWords(line, spec));
}
