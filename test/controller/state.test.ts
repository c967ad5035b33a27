import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { emptyState, StateFile } from '../../controller/store/state.ts';
import { StoreKey } from '../../controller/store/store-key.ts';

const key = new StoreKey({});
const scope = { repository: '00000000-0000-4000-8000-0000000c0de5', region: 'us-east', root: 'r' };

it.each([0, 1, 3000])('a state of %i secrets is read as it was written', (count) => {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-state-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const state = emptyState(scope);
  for (let i = 0; i < count; i += 1) {
    const sha256 = i.toString(16).padStart(64, '0');
    const listed = { sha256, version: i + 1 };
    const floor = { version: i + 1, statement: sha256 };
    const good = i % 3 === 0 ? listed : undefined;
    state.secrets.set(`production/s-${i}`, { listed, good, floor, deleted: undefined });
    state.blobs.set(sha256, { sha256, size: i, pack: `p-${i % 5}`, offset: i });
  }
  new StateFile(folder, key).save(state);
  expect(new StateFile(folder, key).load(scope)).toEqual(state);
});
