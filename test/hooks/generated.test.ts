import { afterEach, beforeEach, expect, it } from 'vitest';
import { main } from '../../hooks/pre-commit.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

// All values here are made up.
let ws: Workspace;
beforeEach(async () => {
  ws = await makeWorkspace();
});
afterEach(() => {
  ws.remove({ stagesPlaintext: true });
});
async function hook(): Promise<{ code: number; said: string }> {
  ws.git('add', '-A');
  let said = '';
  const stderr = { write: (text: string): string => (said += text) };
  return { code: await main([], { cwd: ws.repo, env: ws.env, stderr }), said };
}
const words = 'plaintext that a secretGenerator makes a Secret of (app/kustomization.yaml)';
const generator = (field: string): string => `secretGenerator:\n- name: app\n  ${field}\n`;

it.each([
  ['envs: [conf/app.properties]', 'conf/app.properties', '# Ours\nb=\na=zebra77q\n', 3],
  ['env: app.env', 'app.env', 'a=zebra77q\n', 1],
  ['files: [cert=blob.txt]', 'blob.txt', 'zebra77q\n', 1],
  ['files: [blob.txt]', 'blob.txt', 'zebra77q\n', 1],
])('refuses what a secretGenerator names by %s', async (field, file, text, line) => {
  ws.write(`app/${file}`, text);
  expect(await hook()).toEqual({ code: 0, said: '' });
  ws.write('app/kustomization.yaml', generator(field));
  const both = await hook();
  expect(both.code).toBe(1);
  expect(both.said).toContain(`app/${file}:${line}: ${words}`);
  expect(both.said).not.toContain('zebra77q');
  ws.git('commit', '-q', '--no-verify', '-m', 'Both');
  expect(await hook()).toEqual({ code: 0, said: '' });
  ws.write(`app/${file}`, text.replace('77q', '78q'));
  const alone = await hook();
  expect(alone.code).toBe(1);
  expect(alone.said).toContain(`app/${file}:${line}: ${words}`);
});

it.each([
  ['envs: [app.env]', 'a=zebra77q # edgeseal:allow embedded-secret\n'],
  ['envs: [app.env]', 'FROM_ENVIRONMENT\na=ENC[AES256_GCM,data:Zm9v,type:str]\n'],
  ['literals: []', 'a=zebra77q\n'],
])('lets pass what is allowed, encrypted, or not named: %s', async (field, text) => {
  ws.write('app/app.env', text);
  ws.write('app/kustomization.yaml', generator(field));
  expect(await hook()).toEqual({ code: 0, said: '' });
});
