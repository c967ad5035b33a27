import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { parseSshPublicKey, sameSshKey, sshFingerprint } from '../../core/trust/ssh-key.ts';
import type { SshPublicKey } from '../../core/trust/ssh-key.ts';
import { plainText } from '../terminal/plain-text.ts';

/** A key as a person knows it: by the author whose key it is, and its fingerprint. */
export function keyWords(key: SshPublicKey | string, spec: TrustRootSpec): string {
  const parsed = typeof key === 'string' ? parseSshPublicKey(key) : key;
  const print = sshFingerprint(parsed.blob);
  const name = authorOf(parsed, spec);
  return name === undefined ? print : `${plainText(name)} (${print})`;
}

/** How many signatures a snapshot lacks that these have signed, and whose may be added. */
export function missingWords(spec: TrustRootSpec, signers: readonly SshPublicKey[]): string {
  const { keys, threshold } = spec.publishers;
  const others = keys.filter((line) => !signers.some((key) => lists([line], key)));
  const names = others.map((line) => keyWords(line, spec)).join(', ');
  return `${threshold - signers.length} more of ${names}`;
}

/** Whether a list of a root has this key. */
export function lists(lines: readonly string[], key: SshPublicKey): boolean {
  return lines.some((line) => sameSshKey(parseSshPublicKey(line), key));
}

function authorOf(key: SshPublicKey, { authors }: TrustRootSpec): string | undefined {
  return authors.find(({ keys }) => lists(keys, key))?.name;
}
