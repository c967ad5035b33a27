import { entriesOf, get, textAt } from '../structure/node.ts';
import type { MapNode, Node } from '../structure/node.ts';
import { isPlaceholder } from '../structure/placeholder.ts';
import type { Scope } from '../structure/scope.ts';
import { rank } from '../report.ts';
import { isItemName } from '../../format/names.ts';

/** What is not ciphertext in a field that is for ciphertext, and what is, which is exempt. */
export function inspectSealedSecret(map: MapNode, scope: Scope): void {
  const encrypted = get(map, 'spec', 'encryptedData');
  const items = entriesOf(encrypted);
  // The first version of the format had one ciphertext for all items.
  const whole = get(map, 'spec', 'data');
  if (whole?.kind === 'scalar') items.push({ key: 'data', value: whole });
  for (const { key, value } of items) inspectItem(key, value, scope);
}

function inspectItem(key: string, node: Node, { source, report }: Scope): void {
  if (node.kind !== 'scalar' || isPlaceholder(node.value)) return;
  const { value, start, end } = node;
  if (isSealedValue(value)) {
    report.exempt(source, start, end);
    return;
  }
  report.hit(source, start, end, {
    rule: 'embedded-secret',
    rank: rank.item,
    message: `not sealed, in a SealedSecret (${isItemName(key) ? key : '?'})`,
    value,
  });
}

const sealed = /^A(?:g[A-D]|Q[A-D]|Y[A-D])[A-Za-z0-9+/]{20,}={0,2}$/;
const shortened = /^A(?:g[A-D]|Q[A-D]|Y[A-D])[A-Za-z0-9+/]{3,}={0,2}(?:\.{2,10}|…)$/;

/**
 * Whether a text is what kubeseal writes: base64 of two bytes with the length of the session key's ciphertext (RSA-OAEP, so
 * 256, 384 or 512), that ciphertext, and AES-GCM's. Of one that was shortened for a page, the begin is enough.
 */
function isSealedValue(text: string): boolean {
  const bare = text.replace(/\s+/g, '');
  return sealed.test(bare) || shortened.test(bare);
}

/** Kinds that refer to secrets and hold none: what is named like one there is a reference. */
export function isReferring(map: MapNode): boolean {
  const kind = textAt(map, 'kind') ?? '';
  return referring.test(kind);
}

const referring =
  /^(?:(?:Cluster)?(?:External|Push)Secret|(?:Cluster)?SecretStore|SealedSecret|EdgeSecret|SecretProviderClass|Vault(?:Static|Dynamic|PKI)Secret|VaultAuth|VaultConnection|OnePasswordItem|InfisicalSecret|BitwardenSecret|DopplerSecret|(?:Cluster)?Role(?:Binding)?|CustomResourceDefinition|Certificate|(?:Cluster)?Issuer|SecretTransformation|AzureKeyVaultSecret|ExternalSecretsConfig)$/;
