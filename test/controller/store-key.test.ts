import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSpec, saveSpec } from '../../controller/cluster/spec-file.ts';
import { StoreKey } from '../../controller/store/store-key.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { runCli } from '../support/workspace.ts';
import { condition, Edge } from './edge.ts';

// Made up.
const first = 'made-up-key-A8f2kq0ZxWv7Lr31';
const second = 'made-up-key-Pm5cYt9Qe2Bn64Hd';

/** A controller that has applied a version with this environment, and is stopped; a newer one is published. */
async function stopped(env: NodeJS.ProcessEnv): Promise<Edge> {
  const edge = await Edge.make();
  edge.env = env;
  await edge.channel.seal('production/db', { password: 'made-up-1' });
  edge.channel.publish();
  expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
  await edge.stop();
  await edge.channel.set('production/db', { password: 'made-up-2' });
  edge.channel.publish();
  return edge;
}

/** One round with what was accepted: nothing new comes, and the file is written with the key of now all the same. */
async function takesOver(edge: Edge): Promise<void> {
  await edge.stop();
  const { channel } = edge;
  const newest = channel.head()!;
  channel.reset(`${newest}~`);
  expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
  channel.reset(newest);
}

/** As somebody would who knows the format, and not the key. */
function meddle(edge: Edge, change: (text: string) => string, keepsProof = true): void {
  const path = edge.path('store/state');
  const [head = '', body = ''] = readFileSync(path, 'utf8').split(/\n(.*)/s);
  const [magic = '', , ...proof] = head.split(' ');
  const next = change(body);
  const sha256 = createHash('sha256').update(next).digest('hex');
  const line = [magic, sha256, ...(keepsProof ? proof : [])].join(' ');
  writeFileSync(path, `${line}\n${next}`);
}

async function refused(edge: Edge): Promise<string> {
  const status = await edge.round();
  expect(condition(status, 'Ready')).toBe('False StoreNotOurs');
  expect(edge.value('production/db')).toBe('made-up-1');
  const logged = edge.logged('condition').filter(({ reason }) => reason === 'StoreNotOurs');
  expect(logged.at(-1)?.['level']).toBe('warn');
  const message = status.conditions.find(({ type }) => type === 'Ready')?.message ?? '';
  expect(message).toContain(`${edge.path('store/state')}: `);
  return message;
}

async function goesOn(edge: Edge): Promise<void> {
  await edge.stop();
  expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
  expect(edge.value('production/db')).toBe('made-up-2');
}

describe('a state that somebody without the ENCRYPTION_KEY has changed', () => {
  it('says which file, and changes nothing', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    const lowered = (text: string): string => text.replace('"sequence":1', '"sequence":9');
    meddle(edge, lowered);
    expect(await refused(edge)).toContain('somebody without the ENCRYPTION_KEY has changed it');
    await edge.stop();
    meddle(edge, (text) => text, false);
    const message = await refused(edge);
    expect(message).toContain('no proof that a holder of ENCRYPTION_KEY wrote it');
    // The way out, word for word.
    const [, from = '', to = ''] = /mv (\S+) (\S+)\)/.exec(message) ?? [];
    renameSync(from, to);
    await goesOn(edge);
  });

  it('goes unseen without a key: only damage is noticed', async () => {
    const edge = await stopped({});
    meddle(edge, (text) => text.replace('"count":0', '"count":7'));
    expect(condition(await edge.round(), 'Ready')).toBe('True Applied');
  });

  it('is no other file of ours, either', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    const object = { metadata: { name: 'us-east', uid: 'u' }, spec: {} } as never;
    saveSpec(edge.path('store'), 'k', object, new StoreKey({ ENCRYPTION_KEY: first }));
    const text = readFileSync(edge.path('store/region-sync.json'), 'latin1');
    writeFileSync(
      edge.path('store/state'),
      text.replace('edgeseal-region-sync-1', 'edgeseal-state-1'),
      'latin1',
    );
    await refused(edge);
  });
});

describe('the RegionSync that a store keeps for a start without an API server', () => {
  const object = { metadata: { name: 'us-east', uid: 'u' }, spec: { root: 'r' } } as never;
  const codeOf = (run: () => unknown): string | undefined => {
    try {
      run();
    } catch (error) {
      return isEdgesealError(error) ? error.code : String(error);
    }
    return undefined;
  };

  it('is refused where somebody without the key wrote it', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    const env = { ENCRYPTION_KEY: first, EDGESEAL_STORE: edge.path('store') };
    saveSpec(edge.path('store'), 'k', object, new StoreKey(env));
    expect(loadSpec(env)?.object.spec).toEqual({ root: 'r' });
    saveSpec(edge.path('store'), 'k', object, new StoreKey({}));
    expect(codeOf(() => loadSpec(env))).toBe('store-key');
    // As versions before this one wrote it.
    writeFileSync(edge.path('store/region-sync.json'), JSON.stringify({ key: 'k', object }));
    expect(codeOf(() => loadSpec(env))).toBe('store-key');
    expect(loadSpec({ EDGESEAL_STORE: edge.path('store') })?.key).toBe('k');
    expect(loadSpec({ ...env, ENCRYPTION_KEY_PREVIOUS: 'none' })?.key).toBe('k');
  });
});

describe('the ENCRYPTION_KEY', () => {
  it('is turned on for a store that has none yet, once and without losing it', async () => {
    const edge = await stopped({});
    edge.env = { ENCRYPTION_KEY: first };
    expect(await refused(edge)).toContain('start once with ENCRYPTION_KEY_PREVIOUS=none');
    edge.env = { ENCRYPTION_KEY: first, ENCRYPTION_KEY_PREVIOUS: 'none' };
    await takesOver(edge);
    edge.env = { ENCRYPTION_KEY: first };
    await goesOn(edge);
  });

  it('is exchanged for another while the one before is still given', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    edge.env = { ENCRYPTION_KEY: second };
    expect(await refused(edge)).toContain('give the key before as ENCRYPTION_KEY_PREVIOUS');
    edge.env = { ENCRYPTION_KEY: second, ENCRYPTION_KEY_PREVIOUS: first };
    await takesOver(edge);
    edge.env = { ENCRYPTION_KEY: second };
    await goesOn(edge);
  });

  it('is missed where it is gone, and can be done without again', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    edge.env = {};
    expect(await refused(edge)).toContain('and there is none');
    edge.env = { ENCRYPTION_KEY_PREVIOUS: first };
    await takesOver(edge);
    edge.env = {};
    await goesOn(edge);
  });

  it.each([
    ['short', 'a1b2c3d4', 'has 8 characters, and 22 is the least'],
    ['of one letter', 'a'.repeat(64), 'has 1 different characters, and 8 is the least'],
  ])('that is %s is refused before anything runs', async (_, key, message) => {
    const edge = await stopped({});
    const env = { ENCRYPTION_KEY: key };
    const args = ['controller', '--config', edge.config, '--once'];
    const { code, stderr } = await runCli(args, { cwd: edge.folder, env, stdin: '' });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain('openssl rand -base64 32');
    expect(stderr).not.toContain(key);
  });

  it('is nowhere to be read: not in the store, the status or the log', async () => {
    const edge = await stopped({ ENCRYPTION_KEY: first });
    edge.env = { ENCRYPTION_KEY: second };
    await refused(edge);
    const texts = [edge.lines.join('')];
    for (const name of readdirSync(edge.path('store'), { recursive: true, encoding: 'utf8' })) {
      const path = join(edge.path('store'), name);
      if (existsSync(path) && name.includes('.')) continue;
      try {
        texts.push(readFileSync(path, 'latin1'));
      } catch {
        // A folder.
      }
    }
    texts.push(readFileSync(edge.path('store/status.json'), 'utf8'));
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join('')).not.toMatch(/made-up-key/);
  });
});
