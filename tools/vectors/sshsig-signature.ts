import {
  armor,
  plainBlob,
  plainSigner,
  skBlob,
  skSigner,
  str,
  u32,
} from '../../test/trust/ssh-fixtures.ts';
import { craftedPair, skLine, skSign, sshSign } from './keys.ts';
import {
  accepted,
  addOrder,
  changed,
  crafted,
  flipAt,
  good,
  invalid,
  key,
  lineA,
  lines,
  message,
  namespace,
  neutral,
  neutralR,
  neutralSigner,
  pair,
  sized,
  skCrafted,
  skGood,
  skPair,
  ssh,
  verify,
} from './sshsig-case.ts';
import type { SshCase } from './sshsig-case.ts';

/** Single signatures. */
export function signatureCases(): SshCase[] {
  return [
    verify('pass-ed25519', 'an ssh-ed25519 key', good, accepted(lineA)),
    verify(
      'pass-sk-ed25519',
      'an sk-ssh-ed25519 key, somebody was there (flags 1)',
      skGood,
      accepted(skLine('sk signer')),
    ),
    verify(
      'pass-sk-verified',
      'flags 5: presence and verification',
      skSign('sk signer', namespace, message, 5),
      accepted(skLine('sk signer')),
    ),
    verify(
      'pass-sk-application',
      'another application of ssh:',
      skCrafted(skSigner(skPair, 1, 7, 'ssh:edge'), 'ssh:edge'),
      accepted(`sk-ssh-ed25519@openssh.com ${skBlob(skPair.raw, 'ssh:edge').toString('base64')}`),
    ),
    verify(
      'pass-no-final-line-feed',
      'the last line feed may lack',
      good.slice(0, -1),
      accepted(lineA),
    ),
    verify(
      'pass-reserved',
      'reserved bytes are signed and ignored',
      crafted({ reserved: 'made-up' }),
      accepted(lineA),
    ),
    verify(
      'pass-empty-message',
      'an empty message',
      sshSign('signer a', namespace, Buffer.alloc(0)),
      accepted(lineA),
      { message: Buffer.alloc(0) },
    ),
    verify(
      'pass-other-namespace',
      'another namespace, where that is the wanted one',
      sshSign('signer a', 'root@edgeseal.dev', message),
      accepted(lineA),
      { namespace: 'root@edgeseal.dev' },
    ),
    verify('pass-lines-of-76', 'lines of 76 characters', lines(76), accepted(lineA)),
    verify('pass-lines-of-1', 'lines of 1 character', lines(1), accepted(lineA)),
    verify(
      'namespace-other',
      'signed for another namespace',
      sshSign('signer a', 'snapshot@edgeseal.dev', message),
      invalid,
    ),
    verify(
      'namespace-relabelled',
      'the namespace changed after signing',
      changed(
        (b) => Buffer.from(b.toString('latin1').replace('sekret@', 'secret@'), 'latin1'),
        sshSign('signer a', 'sekret@edgeseal.dev', message),
      ),
      invalid,
    ),
    verify('namespace-empty', 'an empty namespace', crafted({ namespace: '' }), ssh, {
      namespace: '',
    }),
    verify(
      'namespace-case',
      'the namespace in another case',
      crafted({ namespace: 'Secret@edgeseal.dev' }),
      invalid,
    ),
    verify(
      'namespace-control',
      'a line feed in the namespace',
      crafted({ namespace: 'secret\n' }),
      ssh,
    ),
    verify('message-changed', 'another message', good, invalid, {
      message: Buffer.from('made-up messagE\n'),
    }),
    verify('message-without-line-feed', 'the message without its line feed', good, invalid, {
      message: message.subarray(0, -1),
    }),
    verify('flip-r', 'a flipped bit in R', changed(flipAt(-64)), invalid),
    verify('flip-s', 'a flipped bit in S', changed(flipAt(-32)), invalid),
    verify(
      'r-neutral',
      'R is the neutral point, of small order, and the equation holds: some libraries accept it, some do not',
      crafted({ signature: neutralR(`01${'00'.repeat(31)}`) }),
      invalid,
    ),
    verify(
      'r-neutral-sign-bit',
      'R is the neutral point with the sign bit set: R is compared as bytes',
      crafted({ signature: neutralR(`01${'00'.repeat(30)}80`) }),
      invalid,
    ),
    verify(
      'r-neutral-unreduced',
      'R is the neutral point, y written as p + 1: R is compared as bytes',
      crafted({ signature: neutralR(`ee${'ff'.repeat(30)}7f`) }),
      invalid,
    ),
    verify('s-plus-order', 'S + L: a second spelling of the signature', changed(addOrder), invalid),
    verify(
      'zero-signature',
      'a signature of zeros',
      crafted({ signature: () => Buffer.concat([str('ssh-ed25519'), str(Buffer.alloc(64))]) }),
      invalid,
    ),
    verify(
      'reserved-changed',
      'reserved bytes added after signing',
      changed((b) => {
        const at = 10 + 4 + key.length + 4 + namespace.length;
        return Buffer.concat([b.subarray(0, at), str('x'), b.subarray(at + 4)]);
      }),
      invalid,
    ),
    verify(
      'other-key-in-blob',
      'the key of somebody else in the blob',
      crafted({ key: plainBlob(craftedPair('signer b').raw) }),
      invalid,
    ),
    verify('hash-sha256', 'sha256 instead of sha512', crafted({ hash: 'sha256' }), ssh),
    verify(
      'hash-relabelled',
      'sha512 relabelled as sha256',
      changed((b) => Buffer.from(b.toString('latin1').replace('sha512', 'sha256'), 'latin1')),
      ssh,
    ),
    verify('magic', 'another preamble', crafted({ magic: 'SSHSIX' }), ssh),
    verify('version-0', 'version 0', crafted({ version: 0 }), ssh),
    verify('version-2', 'version 2', crafted({ version: 2 }), ssh),
    verify('trailing-byte', 'a byte after the blob', crafted({ tail: '\0' }), ssh),
    verify(
      'trailing-byte-in-key',
      'a byte after the key in its blob',
      crafted({ key: Buffer.concat([key, Buffer.alloc(1)]) }),
      ssh,
    ),
    verify(
      'trailing-byte-in-signature',
      'a byte after the inner signature',
      crafted({ signature: (s) => Buffer.concat([plainSigner(pair)(s), Buffer.alloc(1)]) }),
      ssh,
    ),
    verify(
      'truncated',
      'the blob without its last byte',
      changed((b) => b.subarray(0, -1)),
      ssh,
    ),
    verify('empty-blob', 'no blob at all', armor(Buffer.alloc(0)), ssh),
    verify(
      'length-beyond-end',
      'a length of 4 GiB',
      changed((b) => {
        u32(0xffffffff).copy(b, 10);
        return b;
      }),
      ssh,
    ),
    verify('signature-63-bytes', 'a signature of 63 bytes', crafted({ signature: sized(63) }), ssh),
    verify('signature-65-bytes', 'a signature of 65 bytes', crafted({ signature: sized(65) }), ssh),
    verify(
      'inner-type-other',
      'the inner type is not that of the key',
      crafted({
        signature: (s) =>
          Buffer.concat([str('sk-ssh-ed25519@openssh.com'), plainSigner(pair)(s).subarray(15)]),
      }),
      ssh,
    ),
    verify(
      'key-31-bytes',
      'a key of 31 bytes',
      crafted({ key: plainBlob(pair.raw.subarray(1)) }),
      ssh,
    ),
    verify(
      'key-neutral',
      'the neutral point as key: the signature fits any message',
      crafted({ key: plainBlob(neutral), signature: neutralSigner }),
      ssh,
    ),
    verify(
      'key-neutral-sign-bit',
      'the same with the sign bit set',
      crafted({
        key: plainBlob(Buffer.concat([neutral.subarray(0, 31), Buffer.of(0x80)])),
        signature: neutralSigner,
      }),
      ssh,
    ),
    verify(
      'key-order-8',
      'a key of order 8',
      crafted({
        key: plainBlob(
          Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
        ),
      }),
      ssh,
    ),
    verify(
      'key-unreduced',
      'y = p + 1, another spelling of the neutral point',
      crafted({
        key: plainBlob(Buffer.from(`ee${'ff'.repeat(30)}7f`, 'hex')),
        signature: neutralSigner,
      }),
      ssh,
    ),
    verify(
      'key-not-on-curve',
      'y = 2 is on no point of the curve',
      crafted({ key: plainBlob(Buffer.concat([Buffer.of(2), Buffer.alloc(31)])) }),
      invalid,
    ),
    verify(
      'certificate',
      'a certificate',
      crafted({ key: Buffer.concat([str('ssh-ed25519-cert-v01@openssh.com'), str(pair.raw)]) }),
      ssh,
    ),
    verify(
      'sk-not-present',
      'flags 0: nobody was there',
      skSign('sk signer', namespace, message, 0),
      invalid,
    ),
    verify(
      'sk-verified-not-present',
      'flags 4: verification without presence',
      skSign('sk signer', namespace, message, 4),
      invalid,
    ),
    verify(
      'sk-flags-set-later',
      'presence set after signing',
      changed(flipAt(-5), skSign('sk signer', namespace, message, 0)),
      invalid,
    ),
    verify('sk-counter-changed', 'the counter changed', changed(flipAt(-1), skGood), invalid),
    verify(
      'sk-application-changed',
      'the application in the key is not the signed one',
      skCrafted(skSigner(skPair), 'ssh:edge'),
      invalid,
    ),
    verify(
      'sk-application-of-web',
      'an application that does not begin with ssh:',
      skCrafted(skSigner(skPair, 1, 7, 'example.com'), 'example.com'),
      ssh,
    ),
    verify(
      'sk-without-flags',
      'flags and counter are missing',
      skCrafted((s) => skSigner(skPair)(s).subarray(0, -5)),
      ssh,
    ),
    verify(
      'sk-trailing-byte',
      'a byte after the counter',
      skCrafted((s) => Buffer.concat([skSigner(skPair)(s), Buffer.alloc(1)])),
      ssh,
    ),
    verify(
      'sk-signed-as-plain',
      'an sk key that signed without the device’s wrapping',
      skCrafted((s) =>
        Buffer.concat([
          str('sk-ssh-ed25519@openssh.com'),
          plainSigner(skPair)(s).subarray(15),
          Buffer.of(1),
          u32(7),
        ]),
      ),
      invalid,
    ),
    verify(
      'plain-with-flags',
      'a plain key with flags and counter',
      crafted({ signature: (s) => Buffer.concat([plainSigner(pair)(s), Buffer.of(1), u32(7)]) }),
      ssh,
    ),
    verify('armor-crlf', 'CRLF line ends', good.replaceAll('\n', '\r\n'), ssh),
    verify(
      'armor-blank-line',
      'a blank line',
      good.replace('SIGNATURE-----\n', 'SIGNATURE-----\n\n'),
      ssh,
    ),
    verify('armor-text-before', 'a line before', `x\n${good}`, ssh),
    verify('armor-text-after', 'a line after', `${good}x\n`, ssh),
    verify('armor-line-feed-after', 'a second line feed at the end', `${good}\n`, ssh),
    verify('armor-no-end', 'no END line', good.replace(/-----END.*\n$/, ''), ssh),
    verify('armor-line-of-77', 'lines of 77 characters', lines(77), ssh),
    verify(
      'armor-space',
      'a space at the end of a line',
      good.replace(/([A-Za-z0-9+/])\n/, '$1 \n'),
      ssh,
    ),
    verify(
      'armor-other-label',
      'another label',
      good.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE'),
      ssh,
    ),
    verify('armor-empty', 'no text at all', '', ssh),
    verify('armor-twice', 'two signatures where one is expected', good + good, ssh),
    verify(
      'armor-url-alphabet',
      'the URL-safe alphabet',
      good.replaceAll(/^(?!-)[^\n]*$/gm, (l) => l.replaceAll('+', '-').replaceAll('/', '_')),
      ssh,
    ),
    verify(
      'armor-no-padding',
      'missing padding',
      crafted({ reserved: 'ab' }).replaceAll('=', ''),
      ssh,
    ),
    verify(
      'armor-too-long',
      'more than 4,096 characters',
      crafted({ reserved: 'x'.repeat(4000) }),
      ssh,
    ),
  ];
}
