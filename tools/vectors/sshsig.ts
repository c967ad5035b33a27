import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeCases } from './cases.ts';
import { sshKeygenSign, vectors } from './keys.ts';
import { accepted, message, namespace, ssh, verify } from './sshsig-case.ts';
import type { SshCase } from './sshsig-case.ts';
import { fileCases, lineCases } from './sshsig-file.ts';
import { signatureCases } from './sshsig-signature.ts';

/** By the real ssh-keygen; drawn once, as its keys are thrown away. */
function opensshCases(): SshCase[] {
  const known = path.join(vectors, 'sshsig', 'cases.json');
  const have = existsSync(known) ? readFileSync(known, 'utf8') : '';
  const make = (type: 'ed25519' | 'rsa' | 'ecdsa', why: string, hash = 'sha512'): SshCase[] => {
    const name = `openssh-${type}-${hash}`;
    if (have.includes(`"${name}"`) && !process.argv.includes('--force')) return [];
    const made = sshKeygenSign(type, namespace, message, hash);
    const ok = type === 'ed25519' && hash === 'sha512';
    return [verify(name, why, made.signature, ok ? accepted(made.line) : ssh)];
  };
  return [
    ...make('ed25519', 'made by ssh-keygen -Y sign'),
    ...make('ed25519', 'made by ssh-keygen with sha256', 'sha256'),
    ...make('rsa', 'an RSA good for OpenSSH'),
    ...make('ecdsa', 'an ECDSA good for OpenSSH'),
  ];
}

/** sshsig/cases.json: signatures, signature files, public key lines. */
export function makeSshsigVectors(): void {
  writeCases('sshsig', [...signatureCases(), ...fileCases(), ...lineCases(), ...opensshCases()]);
}
