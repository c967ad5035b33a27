import fc from 'fast-check';
import { expect, it } from 'vitest';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import { formatEdgeSecret, parseEdgeSecret, regionsOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import {
  createSecret,
  fullEnvelopes,
  removeRegions,
  setItems,
  unsetItem,
  withEnvelopes,
} from '../../core/secret/change.ts';
import { openDataKey, rewrapEnvelope } from '../../core/secret/envelope.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import { mergeSecrets } from '../../core/secret/merge/merge.ts';
import type { MergeOutcome } from '../../core/secret/merge/merge.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { repositoryId } from '../controller/channel.ts';
import { runs } from './settings.ts';

const regions = ['eu-central', 'us-east', 'us-west'];
const keys = new Map<string, Awaited<ReturnType<typeof generateRegionKey>>['key']>();
for (const region of [...regions, 'recovery']) keys.set(region, (await generateRegionKey()).key);

/** What each region gets of each item: values are numbered, so that none is there twice. */
type Model = Map<string, Map<string, string>>;
interface Branch {
  secret: EdgeSecret;
  model: Model;
}

const item = fc.constantFrom('a', 'b', 'c', '__proto__');
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ set: item, for: fc.subarray(regions, { minLength: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ unset: item }) },
  { weight: 1, arbitrary: fc.record({ without: fc.constantFrom(...regions) }) },
  { weight: 1, arbitrary: fc.record({ with: fc.constantFrom(...regions) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const steps = fc.array(step, { maxLength: 4 });

function recipients(of: string[]): SealRecipient[] {
  return [...of, 'recovery'].map((region) => {
    const key = keys.get(region)!;
    return { region, keyId: key.id, key: recipientOf(key) };
  });
}

let serial = 0;
const bytes = (text: string): SecretBytes => SecretBytes.fromText(text);

async function edit({ secret, model }: Branch, given: readonly Step[]): Promise<Branch> {
  const own: Model = new Map([...model].map(([region, items]) => [region, new Map(items)]));
  let now = secret;
  for (const one of given) {
    const version = now.spec.version + 1;
    if ('set' in one) {
      const to = one.for.filter((region) => own.has(region));
      if (to.length === 0) continue;
      const value = `value ${(serial += 1)}`;
      const items = new Map([[one.set, bytes(value)]]);
      now = await setItems(now, repositoryId, version, recipients(to), items);
      for (const region of to) own.get(region)!.set(one.set, value);
    } else if ('unset' in one) {
      const held = new Set([...own.values()].flatMap((items) => [...items.keys()]));
      if (!held.has(one.unset) || held.size === 1) continue;
      now = unsetItem(now, version, one.unset);
      for (const items of own.values()) items.delete(one.unset);
    } else if ('without' in one) {
      if (!own.has(one.without) || own.size === 1) continue;
      now = removeRegions(now, version, new Set([one.without]));
      // As reseal does: what only the recovery recipient could still read is dropped.
      const read = fullEnvelopes(now).filter((e) => regionsOf(e).some((r) => r !== 'recovery'));
      now = { ...now, spec: { ...now.spec, envelopes: read } };
      own.delete(one.without);
    } else {
      if (own.has(one.with)) continue;
      now = await withRegion(now, one.with, [...own.keys()], own);
    }
    // A region is one of a secret's as long as it gets something of it.
    for (const [region, items] of own) if (items.size === 0) own.delete(region);
  }
  return { secret: now, model: own };
}

/** Adds a region to what all others share, as reseal does. */
async function withRegion(
  secret: EdgeSecret,
  region: string,
  others: string[],
  model: Model,
): Promise<EdgeSecret> {
  const envelopes = [];
  let any = false;
  for (const envelope of fullEnvelopes(secret)) {
    if (!others.every((other) => regionsOf(envelope).includes(other))) {
      envelopes.push(envelope);
      continue;
    }
    any = true;
    const context = { repository: repositoryId, ...secret.metadata };
    const dataKey = await openDataKey(context, envelope, 'recovery', [keys.get('recovery')!]);
    const [recipient] = recipients([region]);
    envelopes.push(rewrapEnvelope(context, envelope, [recipient!], dataKey!));
  }
  if (!any) return secret;
  const changed = withEnvelopes(secret, secret.spec.version + 1, envelopes);
  model.set(region, await opened(changed, region));
  return changed;
}

async function opened(secret: EdgeSecret, region: string): Promise<Map<string, string>> {
  const unsealed = await unsealSecret(secret, repositoryId, region, [keys.get(region)!]);
  return new Map(
    [...(unsealed?.items ?? [])].map(([name, value]) => [
      name,
      Buffer.from(value.reveal()).toString(),
    ]),
  );
}

/** The merge that is to be, by plaintext alone. */
function expected(
  base: Model,
  ours: Model,
  theirs: Model,
): { model: Model; conflicts: Set<string> } {
  const model: Model = new Map();
  const conflicts = new Set<string>();
  const all = new Set([ours, theirs].flatMap((m) => [...m.keys()]));
  const items = new Set(
    [base, ours, theirs].flatMap((m) => [...m.values()].flatMap((i) => [...i.keys()])),
  );
  const live = (m: Model, name: string): Set<string | undefined> =>
    new Set([...m.values()].map((one) => one.get(name)).filter((v) => v !== undefined));
  for (const region of all) {
    if (base.has(region) && !(ours.has(region) && theirs.has(region))) continue;
    const merged = new Map<string, string>();
    model.set(region, merged);
    for (const name of items) {
      const [old, a, b] = [base, ours, theirs].map((m) => m.get(region)?.get(name));
      let was = old;
      if (!base.has(region) && ours.has(region) && theirs.has(region)) {
        // Both gave it to a region that is new: what it was given is what others had.
        const shared = new Set([a, b].filter((v) => v !== undefined && live(base, name).has(v)));
        if (shared.size === 1) was = [...shared][0];
      }
      if (a !== b && a !== was && b !== was) {
        conflicts.add(name);
        continue;
      }
      const value = a === b || b === was ? a : b;
      if (value === undefined) continue;
      if (a !== b && value !== was) {
        const [bringer, other] = b === was ? [ours, theirs] : [theirs, ours];
        if (live(base, name).has(value) && !live(other, name).has(value)) {
          const untouched = [...live(bringer, name)].every((v) => live(base, name).has(v));
          if (live(other, name).size > 0 || !untouched) conflicts.add(name);
          continue;
        }
      }
      merged.set(name, value);
    }
  }
  return { model, conflicts };
}

function merge(base: Branch, ours: Branch, theirs: Branch): MergeOutcome {
  const version = Math.max(ours.secret.spec.version, theirs.secret.spec.version) + 1;
  return mergeSecrets({
    base: base.secret,
    ours: ours.secret,
    theirs: theirs.secret,
    version,
    isRecovery: (name) => name === 'recovery',
    choices: { named: new Map(), rest: undefined },
  });
}

it('two branches of any edits merge to what their plaintexts merge to, item by item and region by region, or conflict just where both changed', async () => {
  const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };
  const identity = { repository: repositoryId, namespace: 'production', name: 'db', template };
  const seen = { merged: 0, kept: 0, conflict: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.subarray(regions, { minLength: 1 }),
      steps,
      steps,
      steps,
      async (at, before, one, other) => {
        const first = 'value first';
        const items = new Map([
          ['a', bytes(first)],
          ['b', bytes(first + ' b')],
        ]);
        const made = await createSecret(identity, 1, recipients(at), items);
        const model: Model = new Map();
        for (const region of at)
          model.set(
            region,
            new Map([
              ['a', first],
              ['b', first + ' b'],
            ]),
          );
        const base = await edit({ secret: made, model }, before);
        const [ours, theirs] = [await edit(base, one), await edit(base, other)];
        const wanted = expected(base.model, ours.model, theirs.model);
        const outcome = merge(base, ours, theirs);
        seen[outcome.kind] += 1;
        const swapped = merge(base, theirs, ours);
        expect(swapped.kind === 'conflict').toBe(outcome.kind === 'conflict');
        if (outcome.kind === 'conflict') {
          const named = new Set(outcome.conflicts.map(({ name }) => name));
          const nothingLeft = [...wanted.model.values()].every((m) => m.size === 0);
          if (wanted.conflicts.size === 0 && nothingLeft) expect(named).toEqual(new Set(['']));
          else expect(named).toEqual(wanted.conflicts);
          return;
        }
        expect(wanted.conflicts).toEqual(new Set());
        const { secret } = outcome;
        const text = formatEdgeSecret(secret);
        expect(formatEdgeSecret(parseEdgeSecret(Buffer.from(text), 'm'))).toBe(text);
        const versions = [ours, theirs].map((side) => side.secret.spec.version);
        if (outcome.kind === 'merged') expect(secret.spec.version).toBe(Math.max(...versions) + 1);
        else expect(secret.spec.version).toBe(Math.max(...versions));
        for (const region of regions)
          expect(await opened(secret, region)).toEqual(wanted.model.get(region) ?? new Map());
        // Whoever could read a ciphertext that is still there, on any side, may still, or is named as exposed.
        const sides = [base, ours, theirs].flatMap((side) => fullEnvelopes(side.secret));
        for (const envelope of fullEnvelopes(secret)) {
          const could = sides
            .filter(({ commitment }) => commitment === envelope.commitment)
            .flatMap((e) => [...regionsOf(e), ...(e.exposed ?? [])]);
          const known = [...regionsOf(envelope), ...(envelope.exposed ?? [])];
          expect(known).toEqual(expect.arrayContaining(could));
        }
      },
    ),
    runs(150, 5000),
  );
  // A generator that never made one of them would show nothing.
  expect(Math.min(seen.merged, seen.kept, seen.conflict), JSON.stringify(seen)).toBeGreaterThan(5);
});

it('whichever side is chosen for everything, what comes out is that side for each item that both changed', async () => {
  const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };
  const identity = { repository: repositoryId, namespace: 'production', name: 'db', template };
  await fc.assert(
    fc.asyncProperty(
      steps,
      steps,
      fc.constantFrom('ours' as const, 'theirs' as const),
      async (one, other, rest) => {
        const made = await createSecret(
          identity,
          1,
          recipients(regions),
          new Map([['a', bytes('first')]]),
        );
        const model: Model = new Map(regions.map((region) => [region, new Map([['a', 'first']])]));
        const base = { secret: made, model };
        const [ours, theirs] = [await edit(base, one), await edit(base, other)];
        const wanted = expected(base.model, ours.model, theirs.model);
        const outcome = mergeSecrets({
          base: base.secret,
          ours: ours.secret,
          theirs: theirs.secret,
          version: 99,
          isRecovery: (name) => name === 'recovery',
          choices: { named: new Map(), rest },
        });
        if (outcome.kind === 'conflict') {
          expect(outcome.conflicts.map(({ kind }) => kind)).toEqual(['empty']);
          return;
        }
        const side = rest === 'ours' ? ours : theirs;
        for (const [region, items] of wanted.model) {
          const got = await opened(outcome.secret, region);
          for (const [name, value] of items)
            if (!wanted.conflicts.has(name)) expect(got.get(name)).toBe(value);
          if (side.model.has(region))
            for (const name of wanted.conflicts)
              expect(got.get(name)).toBe(side.model.get(region)!.get(name));
        }
      },
    ),
    runs(80, 2000),
  );
});
