/**
 * The sealing row of the number table: 1,000 Secrets with 3 values each, from one manifest, in one process.
 * Ours seals for 3 regions and a recovery recipient and signs; kubeseal seals for one RSA-4096 key.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeWorkspace } from '../test/support/workspace.ts';
import { findAssets } from '../tools/assets.ts';
import { build } from '../tools/build.ts';

const count = 1000;
const runs = 3;

function manifest(): string {
  // Made-up values of the usual lengths.
  const value = (i: number, length: number): string =>
    Buffer.from(`made-up-${String(i)}-`.padEnd(length, 'x')).toString('base64');
  const documents = Array.from({ length: count }, (_, i) =>
    [
      'apiVersion: v1',
      'kind: Secret',
      `metadata: {name: app-${String(i)}, namespace: production}`,
      'data:',
      `  username: ${value(i, 16)}`,
      `  password: ${value(i, 32)}`,
      `  api-key: ${value(i, 48)}`,
    ].join('\n'),
  );
  return `${documents.join('\n---\n')}\n`;
}

function timed(
  program: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string },
): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { ...options, maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${program} failed: ${stderr.toString().slice(0, 400)}`);
  return (performance.now() - start) / 1000;
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

function kubesealTime(folder: string, text: string): number | undefined {
  const kubeseal = findAssets('sealed-secrets').programs['kubeseal'];
  if (kubeseal === undefined) return undefined;
  const cert = join(folder, 'peer.crt');
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:4096',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=bench',
    '-keyout',
    join(folder, 'peer.key'),
    '-out',
    cert,
  ]);
  if (made.status !== 0) return undefined;
  return median(
    Array.from({ length: runs }, () =>
      timed(kubeseal, ['--cert', cert, '-o', 'yaml'], { input: text }),
    ),
  );
}

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-bench-'));
const workspace = await makeWorkspace();
try {
  await build(join(import.meta.dirname, '..'), join(import.meta.dirname, '../dist'));
  const file = join(folder, 'many.yaml');
  writeFileSync(file, manifest());
  const text = readFileSync(file, 'utf8');
  const command = join(import.meta.dirname, '../dist/edgeseal.cjs');
  const ours = (extra: string[]): number =>
    median(
      Array.from({ length: runs }, () => {
        rmSync(join(workspace.repo, 'secrets'), { recursive: true, force: true });
        return timed(process.execPath, [command, 'seal', file, '--output', 'json', ...extra], {
          cwd: workspace.repo,
          env: workspace.env,
        });
      }),
    );
  const sealed = ours(['--no-sign']);
  const signed = ours([]);
  const theirs = kubesealTime(folder, text);
  const line = (what: string, seconds: number): void => {
    const ratio = theirs === undefined ? '' : `   ${(theirs / seconds).toFixed(2)}x kubeseal`;
    process.stdout.write(`${what.padEnd(64)} ${seconds.toFixed(2)} s${ratio}\n`);
  };
  if (theirs === undefined)
    process.stdout.write(
      'kubeseal: not measured (npm run assets -- sealed-secrets; openssl makes its key)\n',
    );
  else
    process.stdout.write(
      `${'kubeseal, 1,000 x 3, one RSA-4096 recipient'.padEnd(64)} ${theirs.toFixed(2)} s\n`,
    );
  line('edgeseal seal --no-sign, 1,000 x 3, 3 regions + recovery', sealed);
  line('edgeseal seal, the same and signed (ssh-keygen)', signed);
} finally {
  workspace.remove();
  rmSync(folder, { recursive: true, force: true });
}
