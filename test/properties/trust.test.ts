import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isEdgesealError } from '../../core/errors.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { acceptNextRoot, acceptPinnedRoot, rootHash } from '../../core/trust/root-chain.ts';
import type { RootFile } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { repositoryId, TestSigner } from '../controller/channel.ts';
import { runs } from './settings.ts';

const people = Array.from({ length: 5 }, () => new TestSigner());
const some = fc.subarray([0, 1, 2, 3, 4], { minLength: 1 });
const group = some.chain((members) =>
  fc.record({
    members: fc.constant(members),
    threshold: fc.integer({ min: 1, max: members.length }),
  }),
);
type Group = { members: number[]; threshold: number };

const signersOf = ({ members, threshold }: Group): TrustRootSpec['roots'] => ({
  keys: members.map((i) => people[i]!.line),
  threshold,
});

function fileOf(
  roots: Group,
  before: RootFile | undefined,
  signers: number[],
  lie: string,
): RootFile {
  const one = signersOf({ members: [0], threshold: 1 });
  const previous = before === undefined ? null : rootHash(before.bytes);
  const spec: TrustRootSpec = {
    repository: lie === 'repository' ? '00000000-0000-4000-8000-00000000ffff' : repositoryId,
    number: (before === undefined ? 1 : 2) + (lie === 'number' ? 1 : 0),
    previous: lie === 'previous' ? 'f'.repeat(64) : previous,
    roots: signersOf(roots),
    publishers: one,
    authors: [],
    regions: [],
  };
  const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
  const namespace = lie === 'namespace' ? signatureNamespaces.snapshot : signatureNamespaces.root;
  const signatures = signers.map((i) => people[i]!.sign(bytes, namespace)).join('');
  return { bytes, signatures, file: `trust/${spec.number}.yaml` };
}

const meets = ({ members, threshold }: Group, signers: number[]): boolean =>
  new Set(signers.filter((i) => members.includes(i))).size >= threshold;

it('a root follows another one exactly where enough of the old and of the new keys have signed it', () => {
  let [accepted, refused] = [0, 0];
  const signers = fc.oneof(
    some,
    fc.array(fc.nat(4), { maxLength: 7 }),
    fc.constant<number[]>([0, 1, 2, 3, 4]),
  );
  const lies = fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    fc.constantFrom('repository', 'number', 'previous', 'namespace'),
  );
  fc.assert(
    fc.property(group, group, signers, lies, (old, next, who, lie) => {
      const first = fileOf(old, undefined, old.members, '');
      const held = acceptPinnedRoot(first, rootHash(first.bytes));
      const offered = fileOf(next, first, who, lie);
      const isRight = lie === '' && meets(old, who) && meets(next, who);
      try {
        expect(acceptNextRoot(held, offered).number).toBe(2);
        expect(isRight).toBe(true);
        accepted += 1;
      } catch (error) {
        if (!isEdgesealError(error)) throw error;
        expect(isRight, error.message).toBe(false);
        refused += 1;
      }
    }),
    runs(250, 5000),
  );
  // Both happen, or this says nothing.
  expect(Math.min(accepted, refused)).toBeGreaterThan(30);
});
