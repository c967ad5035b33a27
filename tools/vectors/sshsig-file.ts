import { plainBlob, skBlob, str } from '../../test/trust/ssh-fixtures.ts';
import { skLine, sshLine, sshSign } from './keys.ts';
import {
  crafted,
  good,
  key,
  lineA,
  message,
  namespace,
  pair,
  skGood,
  skPair,
  ssh,
} from './sshsig-case.ts';
import type { SshCase } from './sshsig-case.ts';

const file = (name: string, why: string, signatures: string, expect: object): SshCase => ({
  name: `file-${name}`,
  why,
  kind: 'signature-file',
  namespace,
  message: message.toString('base64'),
  signatures,
  expect,
});

/** Files of several signatures. */
export function fileCases(): SshCase[] {
  const b = sshSign('signer b', namespace, message);
  const other = sshSign('signer a', namespace, Buffer.from('other'));
  const [lineB, sk] = [sshLine('signer b'), skLine('sk signer')];
  return [
    file('empty', 'the empty file has no signers', '', { signers: [] }),
    file('two', 'two signers', good + b, { signers: [lineA, lineB] }),
    file('three-kinds', 'the last line feed may lack', (good + b + skGood).slice(0, -1), {
      signers: [lineA, lineB, sk],
    }),
    file('one-twice', 'a key counts once', good + good, { signers: [lineA] }),
    file('invalid-passed-over', 'one that does not verify is passed over', other + b, {
      signers: [lineB],
    }),
    file(
      'malformed',
      'one malformed signature refuses the file',
      good + crafted({ version: 2 }),
      ssh,
    ),
    file('text-between', 'a line between', `${good}x\n${b}`, ssh),
    file('blank-line-between', 'a blank line between', `${good}\n${b}`, ssh),
    file('no-line-feed-between', 'no line feed between', good.slice(0, -1) + b, ssh),
    file('only-line-feed', 'a line feed alone', '\n', ssh),
    file('65-signatures', 'one signature more than there may be', good.repeat(65), ssh),
  ];
}

const line = (name: string, why: string, text: string, expect: object = ssh): SshCase => ({
  name: `public-key-${name}`,
  why,
  kind: 'public-key',
  text,
  expect,
});

/** Public key lines. */
export function lineCases(): SshCase[] {
  const [type, body] = lineA.split(' ') as [string, string];
  const of = (blob: Buffer, name = 'ssh-ed25519'): string => `${name} ${blob.toString('base64')}`;
  return [
    line('ed25519', 'type and base64', lineA, { signer: lineA }),
    line('comment', 'a comment, with spaces', `${lineA} made up`, { signer: lineA }),
    line('comment-empty', 'a space at the end: an empty comment', `${lineA} `, { signer: lineA }),
    line('longest', '4,096 characters', lineA.padEnd(4096, ' x'), { signer: lineA }),
    line('too-long', '4,097 characters', lineA.padEnd(4097, ' x')),
    line(
      'sk-application-longest',
      'an application of 255 characters',
      of(skBlob(skPair.raw, `ssh:${'a'.repeat(251)}`), 'sk-ssh-ed25519@openssh.com'),
      {
        signer: of(skBlob(skPair.raw, `ssh:${'a'.repeat(251)}`), 'sk-ssh-ed25519@openssh.com'),
      },
    ),
    line(
      'sk-application-too-long',
      'an application of 256 characters',
      of(skBlob(skPair.raw, `ssh:${'a'.repeat(252)}`), 'sk-ssh-ed25519@openssh.com'),
    ),
    line('sk', 'a FIDO key', skLine('sk signer'), { signer: skLine('sk signer') }),
    line('empty', 'no text', ''),
    line('two-spaces', 'two spaces after the type', `${type}  ${body}`),
    line('leading-space', 'a space before', ` ${lineA}`),
    line('tab', 'a tab after the type', `${type}\t${body}`),
    line('line-feed', 'a line feed at the end', `${lineA}\n`),
    line('direction', 'a direction-changing character in the comment', `${lineA} a\u202eb`),
    line('options', 'options of authorized_keys before it', `restrict ${lineA}`),
    line(
      'type-other',
      'the type of the line is not that of the blob',
      lineA.replace('ssh-ed25519', 'sk-ssh-ed25519@openssh.com'),
    ),
    line('no-base64', 'only a type', type),
    line('base64-no-padding', 'missing padding', skLine('sk signer').replace(/=+$/, '')),
    line('trailing-byte', 'a byte after the key', of(Buffer.concat([key, Buffer.alloc(1)]))),
    line('truncated', 'a byte missing', of(key.subarray(0, -1))),
    line(
      'certificate',
      'a certificate',
      of(
        Buffer.concat([str('ssh-ed25519-cert-v01@openssh.com'), str(pair.raw)]),
        'ssh-ed25519-cert-v01@openssh.com',
      ),
    ),
    line(
      'ed448',
      'another curve',
      of(Buffer.concat([str('ssh-ed448'), str(Buffer.alloc(57, 9))]), 'ssh-ed448'),
    ),
    line('small-order', 'y = 0, order 4', of(plainBlob(Buffer.alloc(32)))),
    line(
      'minus-one',
      'y = p - 1, order 2',
      of(plainBlob(Buffer.from(`ec${'ff'.repeat(30)}7f`, 'hex'))),
    ),
    line(
      'unreduced',
      'y = p, another spelling of 0',
      of(plainBlob(Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex'))),
    ),
    line(
      'sk-application-empty',
      'a FIDO key without an application',
      of(skBlob(skPair.raw, ''), 'sk-ssh-ed25519@openssh.com'),
    ),
    line(
      'sk-application-space',
      'a space in the application',
      of(skBlob(skPair.raw, 'ssh: a'), 'sk-ssh-ed25519@openssh.com'),
    ),
  ];
}
