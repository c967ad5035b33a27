import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { StateFile } from '../../controller/store/state.ts';
import { StoreKey } from '../../controller/store/store-key.ts';
import type { State } from '../../controller/store/state.ts';
import { repositoryId } from '../controller/channel.ts';
import { condition, failures } from '../controller/edge.ts';
import type { Ending } from './program.ts';
import { leftIn, restart } from './scene.ts';
import type { Scene } from './scene.ts';
import type { Content, Said } from './story.ts';

type Values = Record<string, string>;

/** What must never be undercut: what was accepted or said before. */
export interface Promised {
  mark: { root: number; sequence: number };
  /** `namespace/name` -> version. */
  applied: Map<string, number>;
}

/** What the log of a run that ended somehow had said until then, on top of what was before. */
export function promisedBy(scene: Scene, lines: Ending['lines']): Promised {
  const { root } = scene.edge.channel;
  const last = scene.edge.channel.sequence - 1;
  // Before the change the root is the pinned one, or that one.
  const mark = { root: last === 0 ? 0 : Math.min(root.number, 1), sequence: last };
  const applied = new Map(
    [...scene.was]
      .filter(([key]) => scene.now.has(key))
      .map(([key, { version }]) => [key, version]),
  );
  for (const line of lines) {
    if (line.event === 'snapshot accepted')
      Object.assign(mark, { root: Number(line['root']), sequence: Number(line['sequence']) });
    for (const name of line.event === 'applied' ? (line['names'] as string[]) : []) {
      const [key = '', version] = name.split('@');
      // What was mended first, and deleted then, may be gone.
      if (scene.now.has(key)) applied.set(key, Number(version));
    }
  }
  return { mark, applied };
}

/** The target as a program at the edge reads it: what cannot be read is left out. */
export function readTarget(folder: string): Map<string, Values> {
  const top = join(folder, 'unsealed');
  const seen = new Map<string, Values>();
  for (const namespace of visible(top)) {
    for (const name of visible(join(top, namespace))) {
      const place = join(top, namespace, name);
      const values: Values = {};
      for (const item of visible(place))
        if (existsSync(join(place, item))) values[item] = readFileSync(join(place, item), 'utf8');
      seen.set(`${namespace}/${name}`, values);
    }
  }
  return seen;
}

const visible = (path: string): string[] =>
  existsSync(path) ? readdirSync(path).filter((name) => !name.startsWith('.')) : [];

/**
 * Requires that every secret is there in one of the two versions, and nothing else is there.
 *
 * @param isRunning whether a controller has been at it since: until then an item that only one of the two versions has may be missing
 */
export function expectWhole(
  scene: Scene,
  folder: string,
  promised: Promised,
  isRunning: boolean,
): void {
  const seen = readTarget(folder);
  for (const [key, values] of seen) {
    const mayBe = [scene.was.get(key), scene.now.get(key)].filter((said) => said !== undefined);
    const found = mayBe.find((said) =>
      isRunning ? isSame(values, said.values) : isPart(values, said, mayBe),
    );
    expect(
      found?.version,
      `${key} is one version whole, not ${shown(values)}`,
    ).toBeGreaterThanOrEqual(promised.applied.get(key) ?? 0);
  }
  for (const key of promised.applied.keys())
    expect([...seen.keys()], 'what was applied').toContain(key);
}

/** Whether it is this version, but for items that come or go with it. */
function isPart(values: Values, said: Said, mayBe: Said[]): boolean {
  const common = Object.keys(said.values).filter((item) =>
    mayBe.every((one) => item in one.values),
  );
  const isRight = Object.entries(values).every(([item, value]) => said.values[item] === value);
  return isRight && common.every((item) => item in values);
}

const isSame = (a: Values, b: Values): boolean =>
  JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (values: Values): [string, string][] =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
/** Long ones say nothing more. */
const shown = (values: Values): string => JSON.stringify(values).slice(0, 300);

function stateIn(folder: string): State | undefined {
  return new StateFile(join(folder, 'store'), new StoreKey({})).load({
    repository: repositoryId,
    region: 'us-east',
  });
}

function expectNotLower(
  state: State | undefined,
  promised: Promised,
  before: State | undefined,
): void {
  const { root, sequence } = state?.mark ?? { root: 0, sequence: 0 };
  expect({ root, sequence, isLower: isLower({ root, sequence }, promised.mark) }).toMatchObject({
    isLower: false,
  });
  for (const [key, { floor }] of before?.secrets ?? [])
    expect(state?.secrets.get(key)?.floor?.version ?? 0, `floor of ${key}`).toBeGreaterThanOrEqual(
      floor?.version ?? 0,
    );
}

const isLower = (a: Promised['mark'], b: Promised['mark']): boolean =>
  a.root < b.root || (a.root === b.root && a.sequence < b.sequence);

/**
 * What has to hold of a folder on which a controller came to a bad end: before anything starts again, after a restart
 * without any mirror, and after one that reaches its mirror.
 */
export async function expectUnharmed(
  scene: Scene,
  folder: string,
  lines: Ending['lines'],
): Promise<void> {
  const promised = promisedBy(scene, lines);
  const before = stateIn(scene.edge.folder);
  expectWhole(scene, folder, promised, false);
  expectNotLower(stateIn(folder), promised, before);

  const offline = await restart(folder, 'offline');
  const isNew = (stateIn(folder)?.mark?.sequence ?? 0) === scene.edge.channel.sequence;
  const isFirst = scene.was.size === 0 && !isNew;
  expect(condition(offline, 'Ready')).toBe(isFirst ? 'False NoSnapshot' : 'True Applied');
  expectNotLower(stateIn(folder), promised, before);
  // What was accepted is applied without any network, all of it.
  expectEqual(readTarget(folder), isNew ? scene.now : scene.was);

  const online = await restart(folder, 'online');
  expect(condition(online, 'Ready')).toBe('True Applied');
  expect(failures(online)).toEqual({});
  expectEqual(readTarget(folder), scene.now);
  expect(stateIn(folder)?.mark).toMatchObject({
    root: scene.edge.channel.root.number,
    sequence: scene.edge.channel.sequence,
  });
  expect(leftIn(folder)).toEqual(await scene.cleanNames());
  for (const file of readdirSync(join(folder, 'store'))) expect(file).not.toMatch(/\.new$/);
  expect(statSync(join(folder, 'store/state')).mode & 0o077).toBe(0);
}

function expectEqual(seen: Map<string, Values>, content: Content): void {
  const wanted = new Map([...content].map(([key, { values }]) => [key, values]));
  expect([...seen.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [key, values] of seen)
    expect(shown(values)).toBe(shown(Object.fromEntries(sorted(wanted.get(key)!))));
}
