import { isElided, templateOf } from '../format/edge-secret.ts';
import type { EdgeSecret } from '../format/edge-secret.ts';

/**
 * A part of a sealed file that is made once, with random numbers, and never changes after: only added or taken out.
 *
 * Wraps matter most here, as no signature covers them (so that whoever can open a secret may wrap it for a new key
 * without its author). A wrap with one byte changed is noticed by nobody before that key is needed, and the recovery key is
 * needed when all else is lost. Ciphertext is signed, but an author who is asked to sign cannot see that it does not open.
 */
export interface FixedPart {
  /**
   * `wrap`: of a data key, for one key. `key`: the name of one that is, or was, wrapped for. `item`: ciphertext.
   * `envelope`: what all items of an envelope are bound to. `commitment`: the envelope's own name. `author`: whose
   * signature it says to be.
   */
  kind: 'wrap' | 'key' | 'item' | 'envelope' | 'commitment' | 'author';
  /** Of the envelope; of a signature, the signature. */
  of: string;
  /** Which of its kind: region and key id, or the item. */
  name: string;
  /** Of a wrap or a key. */
  region?: string;
  /** What must stay as it is. */
  text: string;
}

/** What a file became in one commit, or in the working tree. */
export interface Step {
  /** What it was in each place that the step came from; undefined where there was none that can be read. */
  before: readonly (EdgeSecret | undefined)[];
  after: EdgeSecret;
}

/**
 * What may not have changed between two versions of a sealed secret, and has. An envelope is known by its commitment, so
 * what is sealed anew is no change of what was there before.
 *
 * @returns parts of `after`
 */
export function changedParts(before: EdgeSecret, after: EdgeSecret): FixedPart[] {
  const old = indexOf(before);
  const now = indexOf(after);
  const textsOf = (kind: FixedPart['kind']): Set<string> =>
    new Set(old.parts.flatMap((part) => (part.kind === kind ? part.text : [])));
  const [items, wraps] = [textsOf('item'), textsOf('wrap')];
  return now.parts.filter((part) => {
    const was = old.slots.get(slotOf(part));
    if (was?.has(part.text) === true) return false;
    // Of commitments there is one an envelope: an unknown one is a new envelope, unless its ciphertext was there before.
    if (part.kind === 'commitment')
      return now.parts.some((p) => p.kind === 'item' && p.of === part.of && items.has(p.text));
    // What is wrapped for one key is never what is wrapped for another.
    if (part.kind === 'wrap' && was === undefined) return wraps.has(part.text);
    if (!old.known.has(part.of)) return false;
    // Two keys may share an id, so a wrap beside the one that was there is an addition.
    if (was !== undefined)
      return [...was].some((text) => now.slots.get(slotOf(part))?.has(text) !== true);
    // The name of a key comes with a wrap, and may stay when that goes; or with a region that comes back.
    if (part.kind === 'key')
      return (
        now.slots.get(slotOf({ ...part, kind: 'wrap' })) === undefined &&
        old.exposed.get(part.of)?.includes(part.region ?? '') !== true
      );
    return part.kind === 'item';
  });
}

/**
 * The parts of a sealed secret that are not what they were when they were made, by the history of its file. A part counts
 * as sound where some step brought it in as something new; what is found only as the change of something older is not.
 * So an old version that comes back is sound, and so are both sides of two branches that were merged.
 *
 * @param steps of all commits that led here, and of the working tree; what no step brought in (history may be cut off) is
 * taken for sound
 */
export function brokenParts(secret: EdgeSecret, steps: readonly Step[]): FixedPart[] {
  const verdicts = new Map<string, boolean>();
  for (const { before, after } of steps) {
    const there = before.filter((one) => one !== undefined);
    const had = new Set(there.flatMap((one) => indexOf(one).parts.map(idOf)));
    const broken = new Set(there.flatMap((one) => changedParts(one, after)).map(idOf));
    for (const part of indexOf(after).parts) {
      const id = idOf(part);
      if (!had.has(id)) verdicts.set(id, verdicts.get(id) === true || !broken.has(id));
    }
  }
  return indexOf(secret).parts.filter((part) => verdicts.get(idOf(part)) === false);
}

/** A part in words, for messages: names only. */
export function partWords({ kind, name }: FixedPart): string {
  switch (kind) {
    case 'wrap':
      return `the wrap for ${name}`;
    case 'key':
      return `the name of a key that it was wrapped for (${name})`;
    case 'item':
      return `the ciphertext of ${name}`;
    case 'envelope':
      return 'what the ciphertext is bound to (type, suite or version of an envelope)';
    case 'commitment':
      return 'the commitment of an envelope';
    case 'author':
      return 'whose signature it is said to be';
  }
}

interface Index {
  parts: FixedPart[];
  /** Texts by slot. */
  slots: Map<string, Set<string>>;
  /** Commitments and signatures. */
  known: Set<string>;
  /** Regions that were taken out, by envelope. */
  exposed: Map<string, readonly string[]>;
}

/** A version is compared with the one before it, and with the one after. */
const indexes = new WeakMap<EdgeSecret, Index>();

function indexOf(secret: EdgeSecret): Index {
  const known = indexes.get(secret);
  if (known !== undefined) return known;
  const index: Index = { parts: [], slots: new Map(), known: new Set(), exposed: new Map() };
  const note = (part: FixedPart): void => {
    index.parts.push(part);
    const slot = slotOf(part);
    index.slots.set(slot, (index.slots.get(slot) ?? new Set()).add(part.text));
    index.known.add(part.of);
  };
  const { type } = templateOf(secret);
  for (const envelope of secret.spec.envelopes) {
    if (isElided(envelope)) continue;
    const { suite, version, commitment: of, recipients, data } = envelope;
    index.exposed.set(of, envelope.exposed ?? []);
    note({ kind: 'commitment', of, name: '', text: of });
    note({ kind: 'envelope', of, name: '', text: JSON.stringify([suite, version, type]) });
    for (const { region, key, wrapped } of recipients) {
      if (key === undefined) continue;
      const name = `${region} (key ${key})`;
      note({ kind: 'key', of, name, region, text: key });
      if (wrapped !== undefined) note({ kind: 'wrap', of, name, region, text: wrapped });
    }
    for (const [item, text] of Object.entries(data)) note({ kind: 'item', of, name: item, text });
  }
  for (const { author, signature } of secret.spec.signatures)
    note({ kind: 'author', of: signature, name: '', text: author });
  indexes.set(secret, index);
  return index;
}

function slotOf({ kind, of, name }: FixedPart): string {
  return `${kind}\n${of}\n${name}`;
}

function idOf(part: FixedPart): string {
  return `${slotOf(part)}\n${part.text}`;
}
