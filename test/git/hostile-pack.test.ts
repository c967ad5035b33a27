import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { GitLimits } from '../../core/git/limits.ts';
import { oidOf, rawPack, treeEntry } from '../support/git-objects.ts';
import { REF, temporary, writeBundle } from './fixture.ts';
import type { RawEntry } from '../support/git-objects.ts';
import type { FetchOutcome } from './fetch-child.ts';

const COMMIT = 1;
const TREE = 2;
const BLOB = 3;
const OFS_DELTA = 6;
const REF_DELTA = 7;

/** Fetches in a real child with a small heap. */
async function fetchInChild(
  url: string,
  gitdir: string,
  limits?: Partial<GitLimits>,
): Promise<FetchOutcome> {
  const child = fork(join(import.meta.dirname, 'fetch-child.ts'), [], {
    execArgv: ['--max-old-space-size=64', '--max-semi-space-size=1'],
  });
  const answered = once(child, 'message');
  child.send({ spec: { name: 'stick', url }, ref: REF, gitdir, limits });
  const [outcome] = (await answered) as [FetchOutcome];
  await once(child, 'exit');
  return outcome;
}

async function expectRefused(
  pack: Buffer,
  code: 'git-object' | 'git-limit',
  what: RegExp,
  limits?: Partial<GitLimits>,
): Promise<void> {
  const folder = temporary();
  const bundle = writeBundle(folder, pack, channel.oid);
  const { refusal, rssMB } = await fetchInChild(bundle, join(folder, 'cache.git'), limits);
  expect(refusal).toMatchObject({ code, message: expect.stringMatching(what) });
  expect(rssMB).toBeLessThan(200);
}

/** A sound channel of one file, to which each case adds something. */
const channel = ((): { oid: string; entries: RawEntry[]; blob: Buffer } => {
  const blob = Buffer.from('kind: EdgeSecret\n');
  const tree = treeEntry('100644', 'a.yaml', oidOf('blob', blob));
  const who = 'edgeseal <publish@example.com> 1750000000 +0000';
  const commit = Buffer.from(
    `tree ${oidOf('tree', tree)}\nauthor ${who}\ncommitter ${who}\n\npublish\n`,
  );
  const entries = [
    { type: COMMIT, data: commit },
    { type: TREE, data: tree },
    { type: BLOB, data: blob },
  ];
  return { oid: oidOf('commit', commit), entries, blob };
})();

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

it('takes the sound channel that the cases below start from', async () => {
  const folder = temporary();
  const bundle = writeBundle(folder, rawPack(channel.entries), channel.oid);
  const outcome = await fetchInChild(bundle, join(folder, 'cache.git'));
  expect(outcome.refusal).toBeUndefined();
  expect(outcome.oid).toBe(channel.oid);
});

it('refuses a delta that claims to make 2 GB', async () => {
  const data = Buffer.from([...varint(channel.blob.length), ...varint(2 ** 31), 0x90, 1]);
  const base = Buffer.from(oidOf('blob', channel.blob), 'hex');
  await expectRefused(
    rawPack([...channel.entries, { type: REF_DELTA, base, data }]),
    'git-limit',
    /delta makes/u,
  );
});

it('refuses an object that claims 2 GB, before it inflates it', async () => {
  const claim = { type: BLOB, data: Buffer.alloc(10), claim: 2 ** 31 };
  await expectRefused(
    rawPack([...channel.entries, claim]),
    'git-limit',
    /blob of 2147483648 bytes/u,
  );
});

it('refuses a delta whose own data claims 2 GB', async () => {
  const base = Buffer.from(oidOf('blob', channel.blob), 'hex');
  const claim = { type: REF_DELTA, base, data: Buffer.alloc(10), claim: 2 ** 31 };
  await expectRefused(rawPack([...channel.entries, claim]), 'git-limit', /2147483648/u);
});

it('refuses deltas in a circle, and one of itself', async () => {
  const data = Buffer.from([...varint(17), ...varint(17), 0x90, 17]);
  const a = Buffer.alloc(20, 0xaa);
  await expectRefused(
    rawPack([
      ...channel.entries,
      { type: REF_DELTA, base: a, data },
      { type: REF_DELTA, base: a, data },
    ]),
    'git-object',
    /base a+ of a delta is missing/u,
  );
  await expectRefused(
    rawPack([...channel.entries, { type: OFS_DELTA, base: Buffer.from([0]), data }]),
    'git-object',
    /outside of its pack/u,
  );
});

it('refuses a delta whose base lies within another object', async () => {
  const data = Buffer.from([...varint(17), ...varint(17), 0x90, 17]);
  await expectRefused(
    rawPack([...channel.entries, { type: OFS_DELTA, base: Buffer.from([3]), data }]),
    'git-object',
    /not an object of its pack/u,
  );
});

it('refuses a chain of deltas that is too long', async () => {
  const entries = [...channel.entries];
  let blob = channel.blob;
  for (let i = 0; i < 400; i++) {
    const base = Buffer.from(oidOf('blob', blob), 'hex');
    const next = Buffer.concat([blob, Buffer.from('x')]);
    const copy = [0x91, 0, blob.length & 255];
    if (blob.length > 255) copy.splice(0, 3, 0xb1, 0, blob.length & 255, blob.length >> 8);
    const data = Buffer.from([...varint(blob.length), ...varint(next.length), ...copy, 1, 0x78]);
    // In front of the last one, so that nothing of the chain is known when it is looked at.
    entries.splice(3, 0, { type: REF_DELTA, base, data });
    blob = next;
  }
  await expectRefused(rawPack(entries), 'git-limit', /chain is too long/u, { maxDeltaDepth: 50 });
});

it('refuses delta work out of proportion', async () => {
  const big = Buffer.alloc(2 ** 20);
  const base = Buffer.from(oidOf('blob', big), 'hex');
  const copy = [0xf0, 255, 255, 15];
  const data = (i: number): Buffer =>
    Buffer.from([...varint(2 ** 20), ...varint(2 ** 20), ...copy, 1, i & 255]);
  const entries: RawEntry[] = [...channel.entries, { type: BLOB, data: big }];
  for (let i = 0; i < 200; i++) entries.push({ type: REF_DELTA, base, data: data(i) });
  await expectRefused(rawPack(entries), 'git-limit', /rebuilding objects is over/u, {
    maxWork: 64 * 2 ** 20,
  });
});

it('refuses malformed deltas', async () => {
  const base = Buffer.from(oidOf('blob', channel.blob), 'hex');
  const cases: number[][] = [
    [],
    [17],
    [16, 17, 0x90, 17],
    [17, 17, 0x90, 18],
    [17, 17, 0x91, 1, 17],
    [17, 17, 0x90, 16],
    [17, 17, 0x90, 17, 1, 65],
    [17, 17, 0],
    [17, 3, 3, 65],
    [255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
  ];
  for (const bytes of cases) {
    const entry = { type: REF_DELTA, base, data: Buffer.from(bytes) };
    const { indexPack } = await import('../../core/git/index-pack.ts');
    const { PackFile } = await import('../../core/git/pack-file.ts');
    const { Budget, DEFAULT_LIMITS } = await import('../../core/git/limits.ts');
    const path = join(temporary(), 'x.pack');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, rawPack([...channel.entries, entry]));
    const pack = new PackFile(path, DEFAULT_LIMITS);
    const index = (): unknown =>
      indexPack(pack, () => undefined, DEFAULT_LIMITS, new Budget(2 ** 30, 'work'));
    expect(index, bytes.join(' ')).toThrow(/malformed delta/u);
    pack.close();
  }
});

it('refuses a zlib bomb: more than the header says', async () => {
  const bomb = { type: BLOB, data: Buffer.alloc(100 * 2 ** 20), claim: 17 };
  await expectRefused(rawPack([...channel.entries, bomb]), 'git-object', /longer than it says/u);
});

it('refuses less than the header says', async () => {
  const less = { type: BLOB, data: Buffer.alloc(10), claim: 1000 };
  await expectRefused(rawPack([...channel.entries, less]), 'git-object', /not as long as it says/u);
});

it('refuses a pack that claims 2^32-1 objects, or one more or less than it has', async () => {
  await expectRefused(rawPack(channel.entries, 2 ** 32 - 1), 'git-limit', /4294967295 objects/u);
  await expectRefused(rawPack(channel.entries, 4), 'git-object', /outside of its pack/u);
  await expectRefused(rawPack(channel.entries, 2), 'git-object', /behind the last object/u);
});

it('refuses a wrong checksum, a truncated pack, an empty one, and what is no pack', async () => {
  const pack = rawPack(channel.entries);
  const wrong = Buffer.from(pack);
  wrong[wrong.length - 1] = (wrong.at(-1) ?? 0) ^ 1;
  await expectRefused(wrong, 'git-object', /checksum/u);
  await expectRefused(pack.subarray(0, -30), 'git-object', /checksum/u);
  await expectRefused(Buffer.alloc(0), 'git-object', /checksum/u);
  await expectRefused(Buffer.from('PACX'.repeat(20)), 'git-object', /not a pack/u);
  await expectRefused(
    Buffer.from('PACK\0\0\0\x09\0\0\0\0'.repeat(9), 'latin1'),
    'git-object',
    /version/u,
  );
});

it('refuses unknown object types and a channel of which a part is missing', async () => {
  await expectRefused(
    rawPack([...channel.entries, { type: 5, data: channel.blob }]),
    'git-object',
    /type/u,
  );
  for (let i = 0; i < 3; i++) {
    await expectRefused(rawPack(channel.entries.toSpliced(i, 1)), 'git-object', /missing/u);
  }
});

it('refuses a pack over its limit of bytes', async () => {
  await expectRefused(rawPack(channel.entries), 'git-limit', /over 100 bytes/u, { maxBytes: 100 });
});
