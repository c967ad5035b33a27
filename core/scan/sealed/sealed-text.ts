import type { Node } from '../structure/node.ts';
import { readDocuments } from '../structure/read.ts';
import { isSopsDocument, isSopsValue } from './sops.ts';

const armour =
  /^\s*(?:-----BEGIN (?:AGE ENCRYPTED FILE|PGP MESSAGE)-----|\$ANSIBLE_VAULT;1\.[12];AES256)/;
const longest = 1024 * 1024;

/** Whether a value is ciphertext as a whole: what somebody encrypted with age, PGP, Ansible or SOPS before it got here. */
export function isSealedText(text: string): boolean {
  if (armour.test(text)) return true;
  if (text.length > longest || !text.includes('ENC[AES256_GCM') || !text.includes('sops'))
    return false;
  const documents = [...readDocuments(text)];
  return (
    documents.length > 0 && documents.every(({ root }) => isSopsDocument(root) && isSealed(root))
  );
}

function isSealed(node: Node): boolean {
  if (node.kind === 'scalar') return isSopsValue(node.value);
  if (node.kind === 'seq') return node.items.every(isSealed);
  return node.entries.every(({ key, value }) => key === 'sops' || isSealed(value));
}
