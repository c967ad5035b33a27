import {
  armor,
  plainBlob,
  plainSigner,
  skBlob,
  skSigner,
  sshsigBlob,
} from '../../../trust/ssh-fixtures.ts';
import { invalid } from '../../kit/attack.ts';
import type { Parts } from '../../../trust/ssh-fixtures.ts';
import { channelPaths } from '../../../../core/format/snapshot.ts';
import { TestSigner } from '../../../controller/channel.ts';
import type { Twist } from '../../../controller/channel.ts';
import type { Attack, Family } from '../../kit/attack.ts';
import { publishText } from '../../kit/forge.ts';
import { notChecked, unsigned } from '../../kit/peers.ts';
import type { Site } from '../../kit/site.ts';

/** The publisher's signature, odd in one way. */
function oddSignature(
  id: string,
  attack: string,
  says: string,
  change: (parts: Parts, site: Site) => Partial<Parts>,
  text: (armored: string) => string = (armored) => armored,
): Attack {
  return {
    id,
    attack,
    peers: notChecked,
    expected: invalid(says),
    strike: (site) =>
      publishText(
        site,
        (old) => old,
        (message) => {
          const { pair } = site.channel.publisher;
          const parts: Parts = {
            key: plainBlob(pair.raw),
            namespace: 'snapshot@edgeseal.dev',
            message,
            signature: plainSigner(pair),
          };
          return text(armor(sshsigBlob({ ...parts, ...change(parts, site) })));
        },
      ),
  };
}

const second = new TestSigner();
const stranger = new TestSigner();
const NOT_SIGNED = 'is not signed by the publishers';

/** From here on a snapshot needs two of two publishers. */
async function twoPublishers(site: Site): Promise<void> {
  const { channel } = site;
  channel.makeRoot((spec) => {
    spec.publishers = { keys: [channel.publisher.line, second.line], threshold: 2 };
  });
  const publish = channel.publish.bind(channel);
  // The honest ones sign both.
  channel.publish = (twist?: Twist) =>
    publish({
      ...twist,
      files: (files) => {
        twist?.files?.(files);
        const bytes = files.get(channelPaths.snapshot)!;
        const both = [channel.publisher, second].map((one) =>
          one.sign(bytes, 'snapshot@edgeseal.dev'),
        );
        files.set(channelPaths.snapshotSignature, Buffer.from(both.join('')));
      },
    });
  await site.honest();
  site.undo(async () => {
    channel.publish = publish;
    channel.makeRoot((spec) => {
      spec.publishers = { keys: [channel.publisher.line], threshold: 1 };
    });
  });
}

const signatures = (make: (bytes: Buffer, site: Site) => string) => (site: Site) =>
  publishText(
    site,
    (old) => old,
    (bytes) => make(bytes, site),
  );

const sign = (signer: TestSigner, bytes: Buffer): string =>
  signer.sign(bytes, 'snapshot@edgeseal.dev');

export const signature: Family = {
  title: 'A signature is not what it says',
  attacker: 'A thief of some publisher keys, never of a threshold of them; or a mirror.',
  test: 'test/attacks/trust.test.ts',
  attacks: [
    oddSignature(
      'signature-for-another-use',
      "signs the snapshot's bytes as a root",
      NOT_SIGNED,
      () => ({
        namespace: 'root@edgeseal.dev',
      }),
    ),
    oddSignature(
      'signature-namespace-prefix',
      'signs for a use whose name begins alike',
      NOT_SIGNED,
      () => ({
        namespace: 'snapshot@edgeseal.dev.example.com',
      }),
    ),
    oddSignature('signature-sha256', 'signs over SHA-256', 'sha512', () => ({ hash: 'sha256' })),
    oddSignature(
      'signature-junk-behind',
      'writes text behind the signature',
      '.edgeseal/snapshot.sig: signature file',
      () => ({}),
      (armored) => `${armored}trust me\n`,
    ),
    oddSignature(
      'signature-junk-before',
      'writes text before the signature',
      '.edgeseal/snapshot.sig: signature file is not made of',
      () => ({}),
      (armored) => `trust me\n${armored}`,
    ),
    oddSignature(
      'signature-crlf',
      'has the lines of the signature end with CR LF',
      'ssh signature',
      () => ({}),
      (armored) => armored.replaceAll('\n', '\r\n'),
    ),
    oddSignature(
      'signatures-65',
      'sends 65 signatures',
      'over 64 signatures',
      () => ({}),
      (armored) => armored.repeat(65),
    ),
    oddSignature(
      'signatures-too-long',
      'sends a signature file of 1 MiB',
      'is too long',
      () => ({}),
      (armored) => armored.repeat(4000),
    ),
    oddSignature('signature-of-another-message', 'signs other bytes', NOT_SIGNED, () => ({
      message: Buffer.from('another message'),
    })),
    {
      id: 'threshold-one-of-two',
      attack: 'signs alone where two publishers have to',
      peers: unsigned,
      expected: invalid(NOT_SIGNED),
      setUp: twoPublishers,
      strike: signatures((bytes, site) => sign(site.channel.publisher, bytes)),
    },
    {
      id: 'threshold-one-twice',
      attack: 'signs twice where two publishers have to',
      peers: unsigned,
      expected: invalid(NOT_SIGNED),
      setUp: twoPublishers,
      strike: signatures((bytes, site) => sign(site.channel.publisher, bytes).repeat(2)),
    },
    {
      id: 'threshold-one-in-two-spellings',
      attack: 'signs twice in two spellings: the same key, with other reserved bytes',
      peers: unsigned,
      expected: invalid(NOT_SIGNED),
      setUp: twoPublishers,
      strike: signatures((message, { channel: { publisher } }) => {
        const key = plainBlob(publisher.pair.raw);
        const namespace = 'snapshot@edgeseal.dev';
        const signature = plainSigner(publisher.pair);
        const other = sshsigBlob({ key, namespace, message, signature, reserved: 'x' });
        return sign(publisher, message) + armor(other);
      }),
    },
    {
      id: 'threshold-one-and-its-sk',
      attack: 'signs as a plain key and as a FIDO key of the same 32 bytes',
      peers: unsigned,
      expected: invalid(NOT_SIGNED),
      setUp: twoPublishers,
      strike: signatures((message, { channel: { publisher } }) => {
        const key = skBlob(publisher.pair.raw);
        const namespace = 'snapshot@edgeseal.dev';
        const other = sshsigBlob({ key, namespace, message, signature: skSigner(publisher.pair) });
        return sign(publisher, message) + armor(other);
      }),
    },
    {
      id: 'threshold-one-and-a-stranger',
      attack: 'signs with a stranger where two publishers have to',
      peers: unsigned,
      expected: invalid(NOT_SIGNED),
      setUp: twoPublishers,
      strike: signatures(
        (bytes, site) => sign(site.channel.publisher, bytes) + sign(stranger, bytes),
      ),
    },
    {
      id: 'sk-publisher-nobody-there',
      attack: "uses a publisher's FIDO key that nobody touches",
      peers: notChecked,
      expected: invalid(NOT_SIGNED),
      async setUp(site) {
        const { channel } = site;
        const line = `sk-ssh-ed25519@openssh.com ${skBlob(second.pair.raw).toString('base64')} x`;
        channel.makeRoot((spec) => (spec.publishers.keys = [channel.publisher.line, line]));
        await site.honest();
        site.undo(() =>
          channel.makeRoot((spec) => (spec.publishers.keys = [channel.publisher.line])),
        );
      },
      strike: signatures((message) =>
        armor(
          sshsigBlob({
            key: skBlob(second.pair.raw),
            namespace: 'snapshot@edgeseal.dev',
            message,
            signature: skSigner(second.pair, 0),
          }),
        ),
      ),
    },
  ],
};
