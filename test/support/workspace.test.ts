import { afterAll, expect, it } from 'vitest';
import { makeWorkspace } from './workspace.ts';

const workspace = await makeWorkspace();
afterAll(() => {
  workspace.remove();
});

it('is a repository whose root this clone accepts, and no other', async () => {
  expect((await workspace.cli(['trust', 'accept', '0'.repeat(64)])).code).toBe(3);
  expect(workspace.git('status', '--porcelain')).toBe('');
});
