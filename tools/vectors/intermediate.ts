import { readFileSync } from 'node:fs';
import path from 'node:path';
import { itemAad, wrapAad } from '../../core/crypto/binding.ts';
import { hkdfExpand, hkdfExtract } from '../../core/crypto/hkdf.ts';
import { sodium } from '../../core/crypto/sodium.ts';
import { commitmentOf, valueKeyOf } from '../../core/crypto/suite.ts';
import { unwrapDataKey } from '../../core/crypto/wrap.ts';
import { canonicalJson } from '../../core/format/canonical-json.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { FullEnvelope } from '../../core/format/edge-secret.ts';
import { envelopeDigest } from '../../core/secret/statement.ts';
import { writeShared } from './cases.ts';
import { vectors } from './keys.ts';
import { east, first, identity } from './unseal-case.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

const suiteId = Buffer.concat([latin('HPKE'), Buffer.from('647a00010003', 'hex')]);

function extract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return hkdfExtract(salt, latin('HPKE-v1'), suiteId, latin(label), ikm);
}

function expand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  const prefix = Uint8Array.of(0, length);
  return hkdfExpand(prk, length, prefix, latin('HPKE-v1'), suiteId, latin(label), info);
}

/** RFC 9180 section 5.1 once more, step by step, so that each step can be shown. */
function keySchedule(sharedSecret: Uint8Array) {
  const empty = new Uint8Array(0);
  const pskIdHash = extract(empty, 'psk_id_hash', empty);
  const infoHash = extract(empty, 'info_hash', latin('edgeseal.dev/v1 wrap'));
  const context = Buffer.concat([Uint8Array.of(0), pskIdHash, infoHash]);
  const secret = extract(sharedSecret, 'secret', empty);
  return {
    sharedSecret: hex(sharedSecret),
    suiteId: hex(suiteId),
    pskIdHash: hex(pskIdHash),
    infoHash: hex(infoHash),
    keyScheduleContext: hex(context),
    secret: hex(secret),
    key: hex(expand(secret, 'key', context, 32)),
    baseNonce: hex(expand(secret, 'base_nonce', context, 12)),
  };
}

/** Every value on the way from the private key of us-east to the items of unseal/pass-plain. */
export function makeIntermediateVectors(): void {
  writeShared('intermediate.json', () => `${JSON.stringify(intermediate(), null, 2)}\n`);
}

/** What the digest of an envelope is taken of, written out once more. */
function reducedJson({ version, commitment, recipients, data }: FullEnvelope): string {
  const regions = recipients.map((recipient) => recipient.region);
  return canonicalJson({ suite: 1, version, commitment, recipients: regions, exposed: [], data });
}

function intermediate() {
  const file = 'unseal/pass-plain/secret.yaml';
  const secret = parseEdgeSecret(readFileSync(path.join(vectors, file)));
  const envelope = first(secret);
  const recipient = envelope.recipients.find(({ region }) => region === 'us-east');
  const wrapped = Buffer.from(recipient?.wrapped ?? '', 'base64');
  const envelopeIdentity = { ...identity, commitment: envelope.commitment };
  const enc = wrapped.subarray(0, 1120);
  const dataKey = unwrapDataKey(east, envelopeIdentity, 'us-east', wrapped);
  if (dataKey === undefined) throw new Error('unseal/pass-plain does not open');
  const valueKey = valueKeyOf(dataKey);
  const commitment = commitmentOf(dataKey);
  const items = Object.entries(envelope.data).map(([item, text]) => {
    const aad = itemAad(envelopeIdentity, 'Opaque', envelope.version, item);
    const sealed = Buffer.from(text, 'base64');
    const nonce = sealed.subarray(0, 24);
    const padded = sodium().crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      sealed.subarray(24),
      aad,
      nonce,
      valueKey,
    );
    const aadText = Buffer.from(aad).toString();
    return { item, aad: aadText, nonce: hex(nonce), padded: hex(padded) };
  });
  return {
    about: 'Made-up keys and values, public on purpose. All bytes in lower-case hex.',
    file,
    region: 'us-east',
    regionKey: {
      file: 'keys/us-east.key',
      publicKeySha256: east.sha256,
      keyId: east.id,
    },
    hpke: {
      info: 'edgeseal.dev/v1 wrap',
      aad: Buffer.from(wrapAad(envelopeIdentity, 'us-east', east.id)).toString(),
      encFirst16: hex(enc.subarray(0, 16)),
      ciphertext: hex(wrapped.subarray(1120)),
      ...keySchedule(east.pair.decapsulate(enc)),
    },
    envelope: {
      dataKey: hex(dataKey),
      valueKey: hex(valueKey),
      commitment: hex(commitment),
    },
    items,
    envelopeDigest: { json: reducedJson(envelope), sha256: envelopeDigest(envelope) },
  };
}
