import { afterAll, describe, expect, it } from 'vitest';
import { generateSigningKey, sign } from '../../cli/signer/signer.ts';
import type { SigningKey } from '../../cli/signer/signer.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot } from '../../core/format/trust-root.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import {
  acceptNextRoot,
  acceptPinnedRoot,
  followChain,
  rootHash,
} from '../../core/trust/root-chain.ts';
import type { RootFile } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { formatSshPublicKey } from '../../core/trust/ssh-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
const env = { PATH: process.env['PATH'], HOME: folder };

async function person(name: string): Promise<{ key: SigningKey; line: string }> {
  const key = await generateSigningKey(join(folder, name), `made-up ${name}`, env);
  return { key, line: formatSshPublicKey(key.publicKey) };
}
const alice = await person('alice');
const bob = await person('bob');

function specOf(changes: Partial<TrustRootSpec> = {}): TrustRootSpec {
  const signers = { keys: [alice.line], threshold: 1 };
  return {
    repository: '00000000-0000-4000-8000-000000000001',
    number: 1,
    previous: null,
    roots: signers,
    publishers: signers,
    authors: [],
    regions: [],
    ...changes,
  };
}

async function fileOf(spec: TrustRootSpec, ...signers: { key: SigningKey }[]): Promise<RootFile> {
  const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
  const signatures: string[] = [];
  for (const { key } of signers) {
    signatures.push(
      ...(await sign({ key, namespace: signatureNamespaces.root, messages: [bytes], env })),
    );
  }
  return { bytes, signatures: signatures.join(''), file: `trust/${String(spec.number)}.yaml` };
}

const first = await fileOf(specOf(), alice);
const held = acceptPinnedRoot(first, rootHash(first.bytes));
const next = (changes: Partial<TrustRootSpec>): TrustRootSpec =>
  specOf({ number: 2, previous: held.sha256, ...changes });

describe('the chain of roots', () => {
  it('starts at the pinned hash and nowhere else', async () => {
    expect(() => acceptPinnedRoot(first, '0'.repeat(64))).toThrow(
      expect.objectContaining({ code: 'trust-pin' }),
    );
    const unsigned = await fileOf(specOf());
    expect(() => acceptPinnedRoot(unsigned, rootHash(unsigned.bytes))).toThrow(
      expect.objectContaining({ code: 'trust-signature' }),
    );
  });

  it('takes a step that the old and the new root signed', async () => {
    const handed = next({ roots: { keys: [bob.line], threshold: 1 } });
    const both = await fileOf(handed, alice, bob);
    expect(acceptNextRoot(held, both).number).toBe(2);
    for (const signers of [[alice], [bob], []]) {
      const file = await fileOf(handed, ...signers);
      expect(() => acceptNextRoot(held, file)).toThrow(
        expect.objectContaining({ code: 'trust-signature' }),
      );
    }
  });

  it('counts a key once, however often it signs or is listed', async () => {
    const two = next({ roots: { keys: [alice.line, bob.line], threshold: 2 } });
    const twice = await fileOf(two, alice, alice);
    expect(() => acceptNextRoot(held, twice)).toThrow(
      expect.objectContaining({ code: 'trust-signature' }),
    );
    const listed = await fileOf(
      next({ roots: { keys: [alice.line, `${alice.line} again`], threshold: 2 } }),
      alice,
      alice,
    );
    expect(() => acceptNextRoot(held, listed)).toThrow(
      expect.objectContaining({ code: 'trust-root' }),
    );
  });

  it('refuses thresholds that are no counts', async () => {
    for (const threshold of [0, -1, 1.5, 2 ** 53]) {
      const spec = next({ roots: { keys: [alice.line], threshold: 1 } });
      const text = formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }).replace(
        'threshold: 1',
        `threshold: ${String(threshold)}`,
      );
      const bytes = Buffer.from(text);
      const [signatures = ''] = await sign({
        key: alice.key,
        namespace: signatureNamespaces.root,
        messages: [bytes],
        env,
      });
      expect(
        () => acceptNextRoot(held, { bytes, signatures, file: 'trust/2.yaml' }),
        String(threshold),
      ).toThrow(/threshold|integer/);
    }
  });

  it('refuses another repository, a gap, and another past', async () => {
    const cases: Partial<TrustRootSpec>[] = [
      { repository: '00000000-0000-4000-8000-000000000002' },
      { number: 3 },
      { previous: '1'.repeat(64) },
    ];
    for (const changes of cases) {
      const file = await fileOf(next(changes), alice);
      expect(() => acceptNextRoot(held, file)).toThrow(
        expect.objectContaining({ code: 'trust-root' }),
      );
    }
  });

  it('follows as far as the roots go', async () => {
    const second = await fileOf(next({}), alice);
    const third = await fileOf(specOf({ number: 3, previous: rootHash(second.bytes) }), alice);
    const files = [first, second, third];
    const accepted = await followChain(held, (n) => files[n - 1]);
    expect(accepted.map((root) => root.number)).toEqual([2, 3]);
  });

  it('takes a signature made for another purpose for none', async () => {
    const spec = next({});
    const bytes = Buffer.from(formatTrustRoot({ apiVersion, kind: 'TrustRoot', spec }));
    const [signatures = ''] = await sign({
      key: alice.key,
      namespace: signatureNamespaces.snapshot,
      messages: [bytes],
      env,
    });
    expect(() => acceptNextRoot(held, { bytes, signatures, file: 'trust/2.yaml' })).toThrow(
      expect.objectContaining({ code: 'trust-signature' }),
    );
  });
});
