import {
  armor,
  plainBlob,
  plainSigner,
  skBlob,
  skSigner,
  sshsigBlob,
} from '../../trust/ssh-fixtures.ts';
import type { Parts } from '../../trust/ssh-fixtures.ts';
import type { EdgeSecret } from '../../../core/format/edge-secret.ts';
import { statementBytes } from '../../../core/secret/statement.ts';
import type { SecretReason } from '../../../controller/status/reason.ts';
import { repositoryId, TestSigner } from '../../controller/channel.ts';
import type { Family, SecretAttack } from '../kit/attack.ts';
import { notChecked, template, unsigned } from '../kit/peers.ts';
import type { Peers } from '../kit/peers.ts';
import type { Site } from '../kit/site.ts';

function forged(
  id: string,
  attack: string,
  forge: SecretAttack['forge'],
  says: string,
  reason: SecretReason = 'NotEntitled',
  peers: Peers = unsigned,
): SecretAttack {
  const expected = { secrets: { [`production/${id}`]: reason }, says };
  return { id, attack, peers, expected, forge };
}

const withSignature = (secret: EdgeSecret, ...texts: string[]): EdgeSecret => ({
  ...secret,
  spec: {
    ...secret.spec,
    signatures: texts.map((signature) => ({ author: 'author@example.com', signature })),
  },
});

/** A signature by the entitled author that is odd in one way. */
const odd =
  (
    change: (parts: Parts, site: Site) => Partial<Parts>,
    text: (armored: string) => string = same,
  ) =>
  (site: Site, next: EdgeSecret): EdgeSecret => {
    const { pair } = site.channel.author;
    const parts: Parts = {
      key: plainBlob(pair.raw),
      namespace: 'secret@edgeseal.dev',
      message: statementBytes(repositoryId, next),
      signature: plainSigner(pair),
    };
    return withSignature(next, text(armor(sshsigBlob({ ...parts, ...change(parts, site) }))));
  };

function same(text: string): string {
  return text;
}

const unchanged = (): Partial<Parts> => ({});

const another = new TestSigner();

export const author: Family<SecretAttack> = {
  title: 'A secret is not signed by who may',
  attacker: 'Somebody who may write to main, or publish, but not author this secret.',
  test: 'test/attacks/secret.test.ts',
  attacks: [
    forged(
      'unsigned',
      'lists a secret that nobody signed',
      ({ channel }, next) => channel.unsigned(next),
      'is not signed',
    ),
    forged(
      'forged-author',
      "signs with a key of their own and writes an author's name to it",
      ({ channel, stranger }, next) => channel.signed(next, stranger),
      'is signed by a key that trust root',
    ),
    forged(
      'signature-of-another',
      "takes an author's signature from another secret",
      ({ channel }, next) => {
        const other = channel.secrets.get('production/other')!;
        return withSignature(next, other.spec.signatures[0]!.signature);
      },
      'signature',
    ),
    forged(
      'signature-of-version-before',
      "takes the author's signature of the version before",
      ({ channel }, next) => {
        const before = { ...next, spec: { ...next.spec, version: next.spec.version - 1 } };
        return withSignature(next, channel.signed(before).spec.signatures[0]!.signature);
      },
      'signature',
    ),
    forged(
      'signed-for-another-repository',
      "takes the author's signature of the same file in another repository",
      ({ channel }, next) => {
        const bytes = statementBytes('00000000-0000-4000-8000-00000000ffff', next);
        return withSignature(next, channel.author.sign(bytes, 'secret@edgeseal.dev'));
      },
      'signature',
    ),
    forged(
      'signed-as-something-else',
      'has the author sign the same bytes for something else: as a heartbeat',
      odd(() => ({ namespace: 'alive@edgeseal.dev' })),
      'signature',
    ),
    forged(
      'publisher-as-author',
      'signs with the key of the publisher, who is no author',
      ({ channel }, next) => channel.signed(next, channel.publisher),
      'is signed by a key that trust root',
    ),
    forged(
      'root-key-as-author',
      'signs with a root key, whose holder is no author',
      ({ channel }, next) => channel.signed(next, channel.rootSigner),
      'is signed by a key that trust root',
    ),
    forged(
      'value-changed-after-signing',
      'changes an item after the author signed',
      async ({ channel }, next) => {
        const { name } = next.metadata;
        const other = await channel.seal(
          `production/${name}`,
          { password: 'made-up' },
          { version: 2 },
        );
        return { ...other, spec: { ...other.spec, signatures: next.spec.signatures } };
      },
      'signature',
    ),
    forged(
      'template-changed-after-signing',
      'adds a label after the author signed',
      (_, next) => ({
        ...next,
        spec: {
          ...next.spec,
          template: { metadata: { labels: { app: 'another' } } },
        },
      }),
      'signature',
      'NotEntitled',
      template,
    ),
    forged(
      'hash-sha256',
      'signs over SHA-256, which SSHSIG lets one choose',
      odd(() => ({ hash: 'sha256' })),
      'sha512',
      'Malformed',
      notChecked,
    ),
    forged(
      'armor-junk-behind',
      'writes text behind the armored signature',
      odd(unchanged, (text) => `${text}# trust me\n`),
      'ssh signature',
      'Malformed',
      notChecked,
    ),
    forged(
      'armor-junk-before',
      'writes text before the armored signature',
      odd(unchanged, (text) => `Hello\n${text}`),
      'ssh signature',
      'Malformed',
      notChecked,
    ),
    forged(
      'bytes-behind',
      'hides bytes behind the signature, within the armor',
      odd(() => ({ tail: 'more' })),
      'ssh signature',
      'Malformed',
      notChecked,
    ),
    forged(
      'sshsig-version',
      'claims SSHSIG version 2',
      odd(() => ({ version: 2 })),
      'version',
      'Malformed',
      notChecked,
    ),
    forged(
      'two-signatures-in-one',
      'puts two armored signatures into one field',
      odd(unchanged, (text) => text + text),
      'ssh signature',
      'Malformed',
      notChecked,
    ),
    forged(
      'sk-nobody-there',
      "signs with an author's FIDO key that nobody touched",
      (site, next) =>
        odd(() => ({
          key: skBlob(another.pair.raw),
          signature: skSigner(another.pair, 0),
        }))(site, next),
      'signature',
      'NotEntitled',
      notChecked,
    ),
    forged(
      'another-among-many',
      'hides a stranger among 60 signatures of the same stranger',
      ({ channel, stranger }, next) => {
        const { signature } = channel.signed(next, stranger).spec.signatures[0]!;
        return withSignature(next, ...Array<string>(60).fill(signature));
      },
      'is signed by a key that trust root',
    ),
    forged(
      'other-namespace-pattern',
      'is an author of production-eu alone, whose name begins as this one',
      ({ channel }, next) => channel.signed(next, guest),
      'guest@example.com',
      'NotEntitled',
      {
        sealedSecrets: "has no authors; RBAC on SealedSecret objects is the cluster's",
        flux: "has no authors; who may merge is the Git host's",
      },
    ),
    forged(
      'removed-author',
      'was an author, until the trust root in force took them out',
      ({ channel }, next) => channel.signed(next, removed),
      'is signed by a key that trust root',
    ),
    forged(
      'version-again',
      'makes another secret of the version that was accepted',
      ({ channel }, next) =>
        channel.seal(`production/${next.metadata.name}`, { password: 'made-up' }, { version: 1 }),
      'there are two different secrets of version 1',
      'BelowFloor',
      notChecked,
    ),
    forged(
      'token-of-a-service-account',
      'asks for a Secret of the type that makes a token of a service account',
      ({ channel }, next) =>
        channel.signed({
          ...next,
          spec: { ...next.spec, template: { type: 'kubernetes.io/service-account-token' } },
        }),
      'service-account-token',
      'Malformed',
      template,
    ),
    forged(
      'bootstrap-token',
      'asks for a bootstrap token, which admits nodes to the cluster',
      ({ channel }, next) =>
        channel.signed({
          ...next,
          spec: { ...next.spec, template: { type: 'bootstrap.kubernetes.io/token' } },
        }),
      'bootstrap',
      'Malformed',
      template,
    ),
  ],
};

const guest = new TestSigner();
const removed = new TestSigner();

/** The trust roots that these need: first the removed author is one, and then there is the guest instead. */
export async function prepareAuthors(site: Site): Promise<void> {
  const { channel } = site;
  const sk = `sk-ssh-ed25519@openssh.com ${skBlob(another.pair.raw).toString('base64')} made-up`;
  channel.makeRoot(({ authors }) => {
    authors.push({ name: 'removed@example.com', keys: [removed.line], namespaces: ['*'] });
  });
  await site.honest();
  channel.makeRoot(({ authors }) => {
    authors.splice(1, 1, {
      name: 'guest@example.com',
      keys: [guest.line],
      namespaces: ['production-*', 'production?'],
    });
    authors.push({ name: 'sk@example.com', keys: [sk], namespaces: ['*'] });
  });
  await site.honest();
}
