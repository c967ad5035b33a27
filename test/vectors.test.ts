import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { judgeAgainstMark } from '../core/channel/mark.ts';
import { acceptSecret } from '../core/channel/secret-check.ts';
import type { Floor } from '../core/channel/secret-check.ts';
import {
  readHeartbeat,
  readIndexes,
  requireListed,
  verifySnapshot,
} from '../core/channel/snapshot-check.ts';
import { parseRegionKeys, parseRegionPublicKey } from '../core/crypto/region-key.ts';
import type { RegionKey } from '../core/crypto/region-key.ts';
import { loadSodium } from '../core/crypto/sodium.ts';
import { EdgesealError, isEdgesealError } from '../core/errors.ts';
import type { ErrorCode } from '../core/errors.ts';
import { decodeBase64 } from '../core/format/base64.ts';
import { canonicalJson, parseCanonicalJson } from '../core/format/canonical-json.ts';
import type { Json } from '../core/format/canonical-json.ts';
import { parseEdgeSecret } from '../core/format/edge-secret.ts';
import { secretPath } from '../core/format/names.ts';
import { statementBytes, statementDigest } from '../core/secret/statement.ts';
import { openListed } from '../controller/accept/secret.ts';
import { unsealSecret } from '../core/secret/unseal.ts';
import { SecretBytes } from '../core/secret-bytes.ts';
import { acceptPinnedRoot } from '../core/trust/root-chain.ts';
import type { AcceptedRoot } from '../core/trust/root-chain.ts';
import { formatSshPublicKey, parseSshPublicKey } from '../core/trust/ssh-key.ts';
import { verifySshsig, verifySshsigs } from '../core/trust/sshsig.ts';

const root = path.resolve(import.meta.dirname, 'vectors');

/** The rows of FORMAT.md's table of refusals, in our own error codes. */
const codes: Record<string, ErrorCode[]> = {
  'too-large': ['input-too-large'],
  yaml: ['format-yaml'],
  canonical: ['format-canonical'],
  schema: ['format-schema'],
  base64: ['format-schema', 'format-base64'],
  elided: ['seal-elided'],
  // Ours tells apart whether a wrap names a key that is held.
  'no-wrap': ['seal-no-key', 'seal-wrap'],
  'wrap-malformed': ['seal-open'],
  commitment: ['seal-open'],
  item: ['seal-open'],
  padding: ['seal-open'],
  key: ['format-key'],
  ssh: ['format-ssh'],
  author: ['trust-author'],
  pin: ['trust-pin'],
  signature: ['trust-signature'],
  root: ['trust-root'],
  snapshot: ['trust-snapshot'],
  rollback: ['trust-rollback'],
  equivocation: ['trust-equivocation'],
  floor: ['trust-floor'],
  type: ['input-not-a-secret'],
};

/** A file of the vectors; each suite says what is in its cases, see test/vectors/README.md. */
interface Case {
  name: string;
  why: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
}

const folder = (suite: string): Case[] =>
  readdirSync(path.join(root, suite)).map(
    (name) => JSON.parse(readFileSync(path.join(root, suite, name, 'case.json'), 'utf8')) as Case,
  );
const list = (suite: string): Case[] =>
  JSON.parse(readFileSync(path.join(root, suite, 'cases.json'), 'utf8')) as Case[];
const named = (cases: Case[]): [string, Case][] => cases.map((test) => [test.name, test]);
const bytesOf = (text: string, encoding: BufferEncoding): Uint8Array =>
  new Uint8Array(Buffer.from(text, encoding));

/** What comes out, or the code that it is refused with. */
async function outcome(run: () => unknown): Promise<{ value?: unknown; code?: ErrorCode }> {
  try {
    return { value: await run() };
  } catch (error) {
    if (!isEdgesealError(error)) throw error;
    return { code: error.code };
  }
}

async function check(test: Case, run: () => unknown, wanted: unknown): Promise<void> {
  const { value, code } = await outcome(run);
  if (test['expect'].refuse === undefined) expect(code ?? value).toEqual(wanted);
  else expect(codes[test['expect'].refuse as string]).toContain(code ?? 'accepted');
}

async function keysOf(test: Case, suite: string): Promise<RegionKey[]> {
  const keys: RegionKey[] = [];
  for (const file of test['keys'] as string[]) {
    const text = readFileSync(path.join(root, suite, test.name, file));
    keys.push(...(await parseRegionKeys(new SecretBytes(text))));
  }
  return keys;
}

function base64Items(items: ReadonlyMap<string, SecretBytes>): unknown {
  const entries = [...items].map(([item, value]) => [
    item,
    Buffer.from(value.reveal()).toString('base64'),
  ]);
  return entries.sort();
}

beforeAll(async () => {
  await loadSodium();
});

describe('encoding vectors', () => {
  it.each(named(list('encoding')))('%s', async (_, test) => {
    const wanted = test['expect'];
    switch (test['kind']) {
      case 'canonical-read': {
        const bytes = bytesOf(test['bytes'], 'hex');
        const again = () => canonicalJson(parseCanonicalJson(bytes, 'input'));
        await check(test, again, Buffer.from(bytes).toString());
        return;
      }
      case 'canonical-write':
        await check(test, () => canonicalJson(JSON.parse(test['json']) as Json), wanted.canonical);
        return;
      case 'base64': {
        const decode = () => Buffer.from(decodeBase64(test['text'], 'input')).toString('hex');
        await check(test, decode, wanted.bytes);
        return;
      }
      case 'region-public-key': {
        const read = () => {
          const { sha256, id: keyId } = parseRegionPublicKey(test['text']);
          return { sha256, keyId };
        };
        await check(test, read, wanted);
        return;
      }
      case 'region-private-key': {
        const text = SecretBytes.fromText(test['text']);
        const read = async () => (await parseRegionKeys(text)).map((key) => key.id);
        await check(test, read, wanted.keyIds);
        return;
      }
      default:
        throw new Error(`unknown kind ${test['kind']}`);
    }
  });
});

describe('sshsig vectors', () => {
  it.each(named(list('sshsig')))('%s', async (_, test) => {
    const message = bytesOf(test['message'] ?? '', 'base64');
    const { namespace } = test as unknown as { namespace: string };
    switch (test['kind']) {
      case 'signature': {
        const verify = () => {
          const key = verifySshsig(test['signature'], message, namespace);
          return key === undefined ? 'invalid' : formatSshPublicKey(key);
        };
        if (test['expect'].refuse === 'invalid') expect(verify()).toBe('invalid');
        else await check(test, verify, test['expect'].signer);
        return;
      }
      case 'signature-file': {
        const verify = () =>
          verifySshsigs(test['signatures'], message, namespace).map(formatSshPublicKey);
        await check(test, verify, test['expect'].signers);
        return;
      }
      case 'public-key': {
        const read = () => formatSshPublicKey(parseSshPublicKey(test['text']));
        await check(test, read, test['expect'].signer);
        return;
      }
      default:
        throw new Error(`unknown kind ${test['kind']}`);
    }
  });
});

describe('unseal vectors', () => {
  it.each(named(folder('unseal')))('%s', async (name, test) => {
    let bytes: Buffer = readFileSync(path.join(root, 'unseal', name, 'secret.yaml'));
    bytes = grown(bytes, test['grow'] as number | undefined);
    const keys = await keysOf(test, 'unseal');
    const open = async () => {
      const secret = parseEdgeSecret(bytes);
      const unsealed = await unsealSecret(secret, test['repository'], test['region'], keys);
      return unsealed === undefined ? 'not for this region' : base64Items(unsealed.items);
    };
    const wanted = test['expect'].notForRegion === true ? 'not for this region' : undefined;
    await check(test, open, wanted ?? Object.entries(test['expect'].items ?? {}).sort());
  });
});

describe('statement vectors', () => {
  const cases = list('statement');
  const main = cases.find((test) => test.name === 'main');

  it.each(named(cases))('%s', (_, test) => {
    const secret = parseEdgeSecret(readFileSync(path.join(root, 'statement', test['file'])));
    const { statement, sha256, sameAsMain } = test['expect'];
    const repository = test['repository'] as string;
    expect(Buffer.from(statementBytes(repository, secret)).toString()).toBe(statement);
    expect(statementDigest(repository, secret)).toBe(sha256);
    expect(sha256 === main?.['expect'].sha256).toBe(sameAsMain);
  });
});

/** Too large to be stored: a comment makes it so long. */
function grown(bytes: Buffer, size: number | undefined): Buffer {
  if (size === undefined) return bytes;
  return Buffer.concat([bytes, Buffer.from('#'.padEnd(size - bytes.length, 'x'))]);
}

/** Reads a channel of layers: files of later folders take the place of earlier ones. */
function reader(test: Case): (file: string) => Uint8Array | undefined {
  const folders = (test['channel'] as string[]).map((layer) =>
    path.join(root, 'snapshot', test.name, layer),
  );
  return (file) => {
    if (((test['without'] ?? []) as string[]).includes(file)) return undefined;
    const found = folders.findLast((layer) => existsSync(path.join(layer, file)));
    const grow = test['grow'] as Record<string, number> | undefined;
    return found === undefined
      ? undefined
      : grown(readFileSync(path.join(found, file)), grow?.[file]);
  };
}

function heldRoot(test: Case): AcceptedRoot {
  const at = (file: string) => path.join(root, 'snapshot', test.name, file);
  const { root: file, signatures, pin } = test['held'];
  const bytes = readFileSync(at(file));
  return acceptPinnedRoot({ bytes, signatures: readFileSync(at(signatures), 'utf8'), file }, pin);
}

async function acceptChannel(test: Case): Promise<unknown> {
  const read = reader(test);
  const expected = { repository: test['repository'], region: test['region'] };
  const verified = await verifySnapshot(read, heldRoot(test), expected);
  const { snapshot, sha256, root: named } = verified;
  const judged = judgeAgainstMark(snapshot, sha256, test['mark']);
  if (judged === 'older') throw new EdgesealError('trust-rollback', 'below the mark');
  const listed = [...(await readIndexes(read, snapshot))].flatMap(([namespace, index]) =>
    index.map((entry) => ({ namespace, entry, file: secretPath(namespace, entry.name) })),
  );
  for (const { entry, file } of listed) requireListed(read(file), entry, file);

  const keys = await keysOf(test, 'snapshot');
  const secrets: Record<string, unknown> = {};
  for (const { namespace, entry, file } of listed) {
    const id = `${namespace}/${entry.name}`;
    const floor = (test['floors'] as Record<string, Floor> | undefined)?.[id];
    const { value, code } = await outcome(async () => {
      const bytes = read(file)!;
      const { author } = acceptSecret(bytes, namespace, entry, named, floor);
      const opener = { ...expected, keys };
      const { unsealed } = await openListed(id, entry, bytes, named, floor, opener);
      return { author, version: entry.version, items: base64Items(unsealed.items) };
    });
    secrets[id] = code === undefined ? value : { code };
  }
  const alive = await outcome(() => readHeartbeat(read, named, expected));
  const heartbeat = alive.value as { issuedAt: string; snapshot: string } | undefined;
  return {
    snapshot: judged,
    mark: { root: named.number, sequence: snapshot.sequence, sha256 },
    secrets,
    heartbeat:
      alive.code !== undefined
        ? { code: alive.code }
        : heartbeat === undefined
          ? null
          : { issuedAt: heartbeat.issuedAt, fits: heartbeat.snapshot === sha256 },
  };
}

/** A refusal by its name becomes a matcher for our codes; items become sorted pairs. */
function wantedPart(part: Record<string, unknown> | null): unknown {
  if (part === null) return null;
  if (typeof part['refuse'] === 'string') {
    return { code: expect.toBeOneOf(codes[part['refuse']] ?? []) as unknown };
  }
  const { items } = part;
  return items === undefined ? part : { ...part, items: Object.entries(items as object).sort() };
}

describe('snapshot vectors', () => {
  it.each(named(folder('snapshot')))('%s', async (_, test) => {
    const { secrets = {}, heartbeat = null, ...rest } = test['expect'];
    const wanted = Object.entries(secrets as Record<string, Record<string, unknown>>);
    await check(test, async () => acceptChannel(test), {
      ...rest,
      secrets: Object.fromEntries(wanted.map(([id, part]) => [id, wantedPart(part)])),
      heartbeat: wantedPart(heartbeat as Record<string, unknown> | null),
    });
  });
});

describe('the vectors', () => {
  const suites = {
    encoding: list('encoding'),
    sshsig: list('sshsig'),
    unseal: folder('unseal'),
    snapshot: folder('snapshot'),
  };

  it.each(Object.entries(suites))('%s has more must-fail cases than must-pass', (_, cases) => {
    const failing = cases.filter((test) => JSON.stringify(test['expect']).includes('"refuse"'));
    expect(failing.length).toBeGreaterThan(cases.length - failing.length);
  });

  it('name only refusals of the table in FORMAT.md', () => {
    const text = readFileSync(path.resolve(root, '../../docs/FORMAT.md'), 'utf8');
    const table = text.slice(text.indexOf('## 12.'), text.indexOf('## 13.'));
    const rows = new Set([...table.matchAll(/^\| `([a-z0-9-]+)` /gm)].map((row) => row[1]));
    const used = Object.values(suites)
      .flatMap((cases) => cases.map((test) => JSON.stringify(test['expect'])))
      .flatMap((json) => [...json.matchAll(/"refuse":"([^"]*)"/g)].map((found) => found[1]));
    expect([...new Set(used)].filter((name) => !rows.has(name))).toEqual([]);
    expect([...rows].sort()).toEqual([...Object.keys(codes), 'invalid'].sort());
  });
});
