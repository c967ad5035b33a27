import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { execute, runWorkflow } from '../support/workflow.ts';
import { installed } from './installed.ts';
import type { Installed } from './installed.ts';

// The texts of docs/guides/review.md, run as far as this machine can: by bash, with the variables that the host would set.
// Stand-ins are the hosts themselves, their checkout and their image.

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/review.md'), 'utf8');
let machine: Installed;
let fingerprint: string;
let commits: { base: string; head: string };

beforeAll(async () => {
  machine = await installed();
  const { sh } = machine;
  fingerprint = await sh('sha256sum trust/1.yaml | cut -d" " -f1');
  await sh('git checkout -q -b rotate');
  writeFileSync(join(machine.folder, 'value'), 'made-up-new');
  await sh('edgeseal set production/db password --from-file ../value');
  await sh('git commit -q -a -m "Rotate" && git push -q origin rotate rotate:refs/pull/7/merge');
  commits = { base: await sh('git rev-parse main'), head: await sh('git rev-parse rotate') };
}, 120_000);
afterAll(() => {
  machine.remove();
});

/** The text of the guide that is marked for a test. */
function text(name: string): string {
  const block = new RegExp(`<!-- test: ${name} -->\\n+\`\`\`\\w+\\n([^]*?)\`\`\``).exec(guide)?.[1];
  if (block === undefined) throw new Error(`the guide has no text for ${name}`);
  return block;
}

/** A clone as a runner has it, at the head. */
async function clone(name: string): Promise<string> {
  const path = join(machine.folder, name, 'clone');
  await machine.sh(`mkdir -p ../${name} && git clone -q file://${machine.origin} ${path}`);
  await machine.sh(`git -C ${path} checkout -q --detach ${commits.head}`);
  return path;
}

describe('the guide to reviews', () => {
  it('works on GitLab: the script of the job, and the files that it hands out', async () => {
    const job = (
      parse(text('gitlab')) as Record<string, { script: string[]; artifacts: { paths: string[] } }>
    )['edgeseal review'];
    const cwd = await clone('gitlab');
    // As GitLab's runner does: each line of the script after the other, until one fails.
    const { code, stdout, stderr } = await execute(
      'bash',
      ['-eo', 'pipefail', '-c', (job?.script ?? []).join('\n')],
      cwd,
      {
        ...machine.env,
        EDGESEAL_ROOT: fingerprint,
        CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
        CI_COMMIT_SHA: commits.head,
      },
    );
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toContain('## ✅ May be merged');
    for (const path of job?.artifacts.paths ?? [])
      expect(readFileSync(join(cwd, path), 'utf8')).toContain('production/db');
  });

  it('works on Gitea: every step, though its runner calls itself GitHub’s', async () => {
    const { code, stdout, stderr } = await runWorkflow(text('gitea'), {
      folder: machine.folder,
      origin: machine.origin,
      env: { ...machine.env, GITEA_ACTIONS: 'true', GITHUB_TOKEN: 'made-up' },
      event: { name: 'pull_request', ref: 'refs/pull/7/merge' },
      contexts: {
        github: {
          event: {
            pull_request: { number: 7, base: { sha: commits.base }, head: { sha: commits.head } },
          },
        },
        vars: { EDGESEAL_ROOT: fingerprint },
      },
    });
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toContain('production/db (version 1 → 2): new value of password');
  });

  it('works with Git alone', async () => {
    const lines = `set -e\nbranch=rotate\ngit checkout -q main\n${text('git')}`;
    const { code, stdout, stderr } = await execute(
      'bash',
      ['-c', lines],
      machine.repo,
      machine.env,
    );
    expect(stderr).not.toContain('error');
    expect(code).toBe(0);
    expect(stdout).toContain('## ✅ May be merged');
    expect(stdout).toMatch(/us-east .*published snapshot 2: 1 updated/);
  });

  it('names a command and an exit code as they are', async () => {
    const { code, stdout } = await execute(
      'edgeseal',
      ['review', '--help'],
      machine.repo,
      machine.env,
    );
    expect(code).toBe(0);
    for (const option of ['--base', '--head', '--github', '--output'])
      expect([stdout, guide].every((one) => one.includes(option))).toBe(true);
  });
});
