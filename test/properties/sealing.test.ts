import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMs } from '../../controller/mirrors/backoff.ts';
import { channelSecret } from '../../core/channel/elide.ts';
import { renderIndexes } from '../../core/channel/render.ts';
import { generateRegionKey, recipientOf } from '../../core/crypto/region-key.ts';
import { formatEdgeSecret, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { SealRecipient } from '../../core/secret/envelope.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { createSecret, removeRegions, setItems, unsetItem } from '../../core/secret/change.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import { unsealSecret } from '../../core/secret/unseal.ts';
import { SecretBytes } from '../../core/secret-bytes.ts';
import { repositoryId } from '../controller/channel.ts';
import { runs } from './settings.ts';

const regions = ['eu-central', 'us-east', 'us-west'];
const keys = new Map<string, Awaited<ReturnType<typeof generateRegionKey>>['key']>();
for (const region of regions) keys.set(region, (await generateRegionKey()).key);

const item = fc.constantFrom('a', 'b', '__proto__', 'tls.key', '1e411429', 'null');
const value = fc.uint8Array({ maxLength: 200 });
const names = fc.subarray(regions, { minLength: 1 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ set: item, to: value, for: names }) },
  fc.record({ unset: item }),
  fc.record({ without: fc.constantFrom(...regions) }),
);

function recipients(of: string[]): SealRecipient[] {
  return of.map((region) => {
    const key = keys.get(region)!;
    return { region, keyId: key.id, key: recipientOf(key) };
  });
}

async function opened(
  secret: EdgeSecret,
  region: string,
): Promise<Record<string, string> | undefined> {
  const unsealed = await unsealSecret(secret, repositoryId, region, [keys.get(region)!]);
  if (unsealed === undefined) return undefined;
  return Object.fromEntries(
    [...unsealed.items].map(([name, bytes]) => [
      `item ${name}`,
      Buffer.from(bytes.reveal()).toString('hex'),
    ]),
  );
}

it('whatever is set, unset and taken away, each region opens what the last one who set it gave it, from its channel too', async () => {
  const template = { type: 'Opaque', immutable: false, metadata: { labels: {}, annotations: {} } };
  const identity = { repository: repositoryId, namespace: 'production', name: 'db', template };
  await fc.assert(
    fc.asyncProperty(value, fc.array(step, { maxLength: 6 }), async (first, steps) => {
      const bytes = (given: Uint8Array): SecretBytes => new SecretBytes(Uint8Array.from(given));
      let secret = await createSecret(
        identity,
        1,
        recipients(regions),
        new Map([['first', bytes(first)]]),
      );
      const model = new Map<string, Record<string, string>>();
      for (const region of regions)
        model.set(region, { 'item first': Buffer.from(first).toString('hex') });
      let version = 1;
      for (const one of steps) {
        version += 1;
        if ('set' in one) {
          const to = one.for.filter((region) => model.has(region));
          if (to.length === 0) continue;
          const items = new Map([[one.set, bytes(one.to)]]);
          secret = await setItems(secret, repositoryId, version, recipients(to), items);
          for (const region of to)
            model.get(region)![`item ${one.set}`] = Buffer.from(one.to).toString('hex');
        } else if ('unset' in one) {
          const has = [...model.values()].some((items) => `item ${one.unset}` in items);
          if (!has) continue;
          secret = unsetItem(secret, version, one.unset);
          for (const items of model.values()) delete items[`item ${one.unset}`];
        } else {
          if (!model.has(one.without) || model.size === 1) continue;
          secret = removeRegions(secret, version, new Set([one.without]));
          model.delete(one.without);
        }
      }
      const text = formatEdgeSecret(secret);
      const read = parseEdgeSecret(Buffer.from(text), 'm');
      expect(formatEdgeSecret(read)).toBe(text);
      const statement = statementDigest(repositoryId, secret);
      expect(statementDigest(repositoryId, read)).toBe(statement);
      for (const region of regions) {
        expect(await opened(read, region)).toEqual(model.get(region));
        const elided = channelSecret(read, region);
        if (!model.has(region)) continue;
        expect(statementDigest(repositoryId, elided!)).toBe(statement);
        const listed = parseEdgeSecret(Buffer.from(formatEdgeSecret(elided!)), 'm');
        expect(await opened(listed, region)).toEqual(model.get(region));
        // What is in one region's channel opens for no other one.
        const other = regions.find((each) => each !== region && model.has(each));
        if (other !== undefined)
          await expect(opened(listed, other)).rejects.toMatchObject({
            code: expect.stringMatching(/^seal-(?:elided|no-key)$/) as string,
          });
      }
    }),
    runs(40, 1000),
  );
});

it('a channel is the same in whatever order its secrets are listed', () => {
  const entry = fc.record({
    name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/),
    version: fc.integer({ min: 1, max: 1e6 }),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    size: fc.integer({ min: 1, max: 1e6 }),
  });
  const list = fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 8 });
  const shuffled = list.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
  );
  fc.assert(
    fc.property(shuffled, shuffled, (a, b) => {
      const [first, second] = [0, 1].map((i) =>
        renderIndexes(
          new Map(
            i === 0
              ? [
                  ['a', a[0]],
                  ['b', b[0]],
                ]
              : [
                  ['b', b[1]],
                  ['a', a[1]],
                ],
          ),
        ),
      );
      expect(second).toEqual(first);
    }),
    runs(100, 2000),
  );
});

it('the wait after failures is doubled up to a cap, and spread by a quarter', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.nat(1e8),
      (n, base, cap) => {
        const wait = backoffMs(n, base, cap);
        const plain = Math.min(base * 2 ** Math.min(n - 1, 20), Math.max(base, cap));
        expect(wait).toBeGreaterThanOrEqual(Math.floor(plain * 0.75));
        expect(wait).toBeLessThanOrEqual(Math.ceil(plain * 1.25));
      },
    ),
    runs(500, 5000),
  );
  const fleet = new Set(Array.from({ length: 200 }, () => backoffMs(1, 60_000, 60_000)));
  expect(fleet.size).toBeGreaterThan(100);
});
