import type { Report } from '../report.ts';
import type { Source } from '../structure/source.ts';

/** What is encrypted as a whole or in blocks, with begin and end: age, PGP messages, Ansible Vault. */
const blocks = [
  /-----BEGIN AGE ENCRYPTED FILE-----\s[A-Za-z0-9+/=\s]{1,4000000}-----END AGE ENCRYPTED FILE-----/g,
  /-----BEGIN PGP MESSAGE-----\s[^-]{1,4000000}-----END PGP MESSAGE-----/g,
  // https://docs.ansible.com/ansible/latest/vault_guide/vault_encrypting_content.html: lines of 80 hex digits
  /\$ANSIBLE_VAULT;1\.[12];AES256(?:;[\w.-]{1,100})?[ \t]*\r?\n(?:[ \t]*[0-9a-f]{2,80}[ \t]*(?:\r?\n|$)){1,100000}/g,
];

/** What SOPS makes of a value, in files that are neither YAML nor JSON, or are not called so. */
const sopsValue =
  /ENC\[AES256_GCM,data:[A-Za-z0-9+/=]{0,4000000},iv:[A-Za-z0-9+/=]{1,100},tag:[A-Za-z0-9+/=]{1,100},type:[a-z]{1,10}\]/g;

/** Exempts ciphertext that armour shows as such. */
export function exemptArmour(source: Source, report: Report): void {
  const { text } = source;
  if (!/-----BEGIN (?:AGE|PGP)|\$ANSIBLE_VAULT|ENC\[/.test(text)) return;
  const patterns = text.includes('sops') ? [...blocks, sopsValue] : blocks;
  for (const pattern of patterns) {
    for (const { 0: block, index } of text.matchAll(pattern)) {
      report.exempt(source, index, index + block.length);
    }
  }
}
