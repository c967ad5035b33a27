import { hash } from 'node:crypto';
import { isElided, regionsOf, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret, FullEnvelope } from '../format/edge-secret.ts';
import { byName } from '../format/names.ts';

/**
 * A sealed secret as lines of text that a person can compare: what `git diff`, `git log -p` and `git blame` show in place of
 * ciphertext. The same content gives the same lines, each fact has a line of its own, and a line changes only when what it
 * tells does. Digests (8 hex digits) are of ciphertext, which is as random as the key and nonce it was made with: that one
 * differs says that something was sealed anew, and nothing of what.
 */
export function outlineOf(secret: EdgeSecret): string[] {
  const { metadata, spec } = secret;
  const { type, immutable, metadata: about } = templateOf(secret);
  return [
    `sealed secret ${metadata.namespace}/${metadata.name}`,
    `version ${spec.version}`,
    `type ${plain(type)}`,
    ...(immutable ? ['immutable'] : []),
    ...pairs(about.labels, (name, value) => `label ${name}=${value}`),
    // An annotation may be long, and is whatever somebody put there.
    ...pairs(about.annotations, (name, value) => `annotation ${name} (${digest(value)})`),
    ...regionLines(secret),
    ...itemLines(secret),
    ...exposedLines(secret),
    ...spec.envelopes.flatMap((envelope) =>
      isElided(envelope)
        ? [`left out for ${envelope.regions.join(', ')} (${envelope.digest.slice(0, 8)})`]
        : [],
    ),
    // Whose signature it says to be: whether it is, `edgeseal verify` tells.
    ...spec.signatures.map(
      ({ author, signature }) => `signature that says ${plain(author)} (${digest(signature)})`,
    ),
    ...(spec.signatures.length === 0 ? ['not signed'] : []),
  ];
}

/** Who gets it, and the ids of the keys that something is wrapped for. */
function regionLines(secret: EdgeSecret): string[] {
  const keys = new Map<string, Set<string>>();
  for (const envelope of fullOf(secret)) {
    for (const { region, key, wrapped } of envelope.recipients) {
      const known = keys.get(region) ?? new Set<string>();
      keys.set(region, known);
      if (key !== undefined && wrapped !== undefined) known.add(key);
    }
  }
  return [...keys]
    .sort(([a], [b]) => byName(a, b))
    .map(([region, ids]) => `region ${region}, keys ${[...ids].sort(byName).join(', ') || 'none'}`);
}

/** One line for each value of each item: where all get the same, one line that no new region changes. */
function itemLines(secret: EdgeSecret): string[] {
  const sources = new Map<string, Map<FullEnvelope, string[]>>();
  const readers = new Set(fullOf(secret).flatMap(regionsOf));
  for (const reader of readers) {
    const own = new Map<string, FullEnvelope>();
    for (const envelope of fullOf(secret)) {
      if (!regionsOf(envelope).includes(reader)) continue;
      for (const item of Object.keys(envelope.data)) own.set(item, envelope);
    }
    for (const [item, envelope] of own) {
      const of = sources.get(item) ?? new Map<FullEnvelope, string[]>();
      sources.set(item, of.set(envelope, [...(of.get(envelope) ?? []), reader].sort(byName)));
    }
  }
  return [...sources]
    .sort(([a], [b]) => byName(a, b))
    .flatMap(([item, of]) => {
      const told = [...of].map(([envelope, regions]) => {
        const text = new Map(Object.entries(envelope.data)).get(item) ?? '';
        const whom = regions.length === readers.size ? '' : ` for ${regions.join(', ')}`;
        const seal = digest(`${envelope.commitment} ${text}`);
        return `item ${item}${whom}, sealed in version ${envelope.version} (${seal})`;
      });
      return told.sort(byName);
    });
}

function exposedLines(secret: EdgeSecret): string[] {
  const exposed = new Map<string, Set<string>>();
  for (const envelope of fullOf(secret))
    for (const region of envelope.exposed ?? [])
      exposed.set(region, new Set([...(exposed.get(region) ?? []), ...Object.keys(envelope.data)]));
  return [...exposed]
    .sort(([a], [b]) => byName(a, b))
    .map(([region, items]) => `exposed to ${region}: ${[...items].sort(byName).join(', ')}`);
}

function fullOf(secret: EdgeSecret): FullEnvelope[] {
  return secret.spec.envelopes.flatMap((envelope) => (isElided(envelope) ? [] : envelope));
}

function pairs(
  map: Record<string, string>,
  line: (name: string, value: string) => string,
): string[] {
  return Object.entries(map)
    .sort(([a], [b]) => byName(a, b))
    .map(([name, value]) => line(plain(name), plain(value)));
}

/** Of public text only: ciphertext, signatures, annotations. */
function digest(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 8);
}

/** Names in a file are somebody else's text: nothing in them may move the cursor or begin a line. */
function plain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}
