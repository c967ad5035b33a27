import { isEdgesealError } from '../../core/errors.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { authorsOfKey } from '../../core/secret/author.ts';
import {
  fingerprintOf,
  parseSshPublicKey,
  sameSshKey,
  sshFingerprint,
} from '../../core/trust/ssh-key.ts';
import type { Io } from '../terminal/io.ts';
import { findSigningKey } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import { heartbeatKey } from '../publish/signers.ts';
import { ok, warn } from './check.ts';
import type { Check } from './check.ts';

/** The person's key and what the root lets it do. Somebody without rights can still seal: only warnings. */
export async function checkSigning(io: Io, state: RepositoryState): Promise<Check[]> {
  const name = 'signing key';
  let key: SigningKey;
  try {
    key = await findSigningKey({ cwd: io.cwd, env: io.env });
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return [warn(name, `${error.message}: what you seal stays unsigned`, error.hint)];
  }
  const print = sshFingerprint(key.publicKey.blob);
  const authors = authorsOfKey(key.publicKey, state.root);
  const roles = (['publishers', 'roots'] as const).filter((role) =>
    state.root.spec[role].keys.some((line) => sameSshKey(parseSshPublicKey(line), key.publicKey)),
  );
  const words = [
    ...authors.map((author) => `author ${author.name} (${author.namespaces.join(', ')})`),
    ...(roles.includes('publishers') ? ['publisher'] : []),
    ...(roles.includes('roots') ? ['root key'] : []),
  ];
  const heartbeat = roles.includes('publishers') ? await checkHeartbeat(io, state, key) : [];
  if (authors.length > 0)
    return [ok(name, `${print} from ${key.source}: ${words.join('; ')}`), ...heartbeat];
  return [
    ...heartbeat,
    warn(
      name,
      `${print} from ${key.source} is not an author's: what you seal stays unsigned until an author signs it`,
      'a holder of a root key runs: edgeseal trust add-author YOUR-NAME --key YOUR-KEY.pub',
    ),
  ];
}

/** Whoever publishes without the heartbeat's key leaves the clusters without one. */
async function checkHeartbeat(io: Io, state: RepositoryState, key: SigningKey): Promise<Check[]> {
  const { heartbeat } = state.root.spec;
  if (heartbeat === undefined) return [];
  const name = 'heartbeat';
  if ((await heartbeatKey(io, [key], state.root)) !== undefined)
    return [ok(name, 'its key is at hand')];
  const print = fingerprintOf(heartbeat.key);
  return [
    warn(
      name,
      `its key ${print} is not at hand: what you publish by hand renews no heartbeat`,
      'whoever has it, such as CI, runs: EDGESEAL_HEARTBEAT_KEY=KEY-FILE edgeseal publish',
    ),
  ];
}
