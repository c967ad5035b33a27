import { createSecret } from '../../core/secret/change.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { formatEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope, Template } from '../../core/format/edge-secret.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { regionKey, to } from './keys.ts';

export interface UnsealCase {
  why: string;
  expect: { items: Record<string, string> } | { refuse: string } | { notForRegion: true };
  make: () => Promise<string | Uint8Array> | string | Uint8Array;
  repository?: string;
  region?: string;
  /** Names of the private keys held. */
  keys?: string[];
  /** The harness appends a comment until the file has so many bytes: too large to be stored. */
  grow?: number;
}

export const repository = '6f1d1c5e-0000-4000-8000-000000000001';
export const namespace = 'production';
export const name = 'database-credentials';
export const identity = { repository, namespace, name };
export const template: Template = {
  type: 'Opaque',
  immutable: false,
  metadata: { labels: {}, annotations: {} },
};

export const east = await regionKey('us-east');
export const east2 = await regionKey('us-east-2');
export const west = await regionKey('us-west');
export const eu = await regionKey('eu-central');
/** Its id reads as a float where it is not quoted. */
export const numeric = await regionKey('numeric-id', /^[1-9][0-9]*e[0-9]+$/);
export const stranger = await regionKey('stranger');
export const everywhere = [to('eu-central', eu), to('us-east', east), to('us-west', west)];

/** Made-up values. */
export const user = 'made-up-user';
export const password = 'made-up-password';

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64');

export function bytes(entries: Record<string, string>): Map<string, SecretBytes> {
  return new Map(Object.entries(entries).map(([k, v]) => [k, SecretBytes.fromText(v)]));
}

export const bothItems = { items: { password: base64(password), username: base64(user) } };

/** A well-formed secret with two items in one envelope. */
export async function sealed(
  recipients: SealRecipient[] = everywhere,
  entries: Record<string, string> = { username: user, password },
  version = 1,
): Promise<EdgeSecret> {
  // A copy: cases change it in place.
  const own = structuredClone(template);
  return createSecret({ ...identity, template: own }, version, recipients, bytes(entries));
}

export function first(secret: EdgeSecret): FullEnvelope {
  return secret.spec.envelopes[0] as FullEnvelope;
}

/** Makes a secret, changes it in place, and writes it. */
export function changed(
  change: (secret: EdgeSecret) => void,
  make: () => Promise<EdgeSecret> = sealed,
): () => Promise<string> {
  return async () => {
    const secret = await make();
    change(secret);
    return formatEdgeSecret(secret);
  };
}

/** Makes a secret, writes it, and changes the text; a change that changes nothing is a mistake. */
export function edited(
  edit: (text: string) => string,
  make: () => Promise<EdgeSecret> = sealed,
): () => Promise<string> {
  return async () => {
    const before = formatEdgeSecret(await make());
    const after = edit(before);
    if (after === before) throw new Error('an edit of a vector changed nothing');
    return after;
  };
}

/** Flips one bit of base64 text's byte; negative counts from the end. */
export function flip(text: string, index: number): string {
  const raw = Buffer.from(text, 'base64');
  raw[index < 0 ? raw.length + index : index]! ^= 1;
  return raw.toString('base64');
}
