import { get, textAt } from '../structure/node.ts';
import type { Node } from '../structure/node.ts';

/** What SOPS writes in place of a value: https://getsops.io/docs/ (AES-GCM: ciphertext, nonce and tag, each in base64). */
const value =
  /^ENC\[AES256_GCM,data:[A-Za-z0-9+/=._-]*(?:,iv:[A-Za-z0-9+/=._-]+,tag:[A-Za-z0-9+/=._-]+)?(?:,type:[a-z]+)?\]$/;

/** Whether a text is nothing but ciphertext of SOPS. It counts only in a file of SOPS. */
export function isSopsValue(text: string): boolean {
  return text.startsWith('ENC[') && value.test(text.trim());
}

/** Whether a document says how SOPS sealed it: its `mac`, and for whom. That alone exempts nothing. */
export function isSopsDocument(root: Node): boolean {
  const sops = get(root, 'sops');
  if (sops?.kind !== 'map') return false;
  const keys = ['mac', 'lastmodified', 'version', 'age', 'pgp', 'kms', 'gcp_kms', 'azure_kv'];
  return textAt(sops, 'mac') !== undefined || keys.some((key) => get(sops, key) !== undefined);
}
