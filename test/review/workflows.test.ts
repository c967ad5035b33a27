import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readWorkflow, runWorkflow } from '../support/workflow.ts';
import type { Ran, Runner } from '../support/workflow.ts';
import { bot, readOnly, standIn } from './github-stand-in.ts';
import type { StandIn } from './github-stand-in.ts';
import { installed } from './installed.ts';
import type { Installed } from './installed.ts';

// The workflows of repo-template as `init` writes them, run step by step by bash. Stand-ins are: GitHub itself, its
// checkout (a clone of a bare repository on this machine) and its setup-node.

let machine: Installed;
let fingerprint: string;
const token = 'made-up-token-of-the-job';

beforeAll(async () => {
  machine = await installed();
  fingerprint =
    (
      await machine.sh(
        'edgeseal trust show --output json | sed -n \'s/.*"sha256": "\\(.*\\)".*/\\1/p\'',
      )
    ).split('\n')[0] ?? '';
}, 120_000);
afterAll(() => {
  machine.remove();
});

const workflow = (name: string): string =>
  readFileSync(join(machine.repo, `.github/workflows/${name}.yaml`), 'utf8');

/** Opens pull request 7 for a branch, as GitHub would: its head, and what a merge would be; past the hooks, as a stranger may. */
async function pullRequest(branch: string): Promise<{ base: string; head: string }> {
  await machine.sh(`git push -q -f --no-verify origin ${branch} ${branch}:refs/pull/7/head`);
  await machine.sh(
    'git checkout -q --detach main && git merge -q --no-ff -m "Merge 7 into main" -- ' +
      `${branch} && git push -q -f --no-verify origin HEAD:refs/pull/7/merge && git checkout -q main`,
  );
  return {
    base: await machine.sh('git rev-parse main'),
    head: await machine.sh(`git rev-parse ${branch}`),
  };
}

async function review(
  github: StandIn,
  { base, head }: { base: string; head: string },
): Promise<Ran> {
  const runner: Runner = {
    folder: machine.folder,
    origin: machine.origin,
    env: { ...machine.env, GITHUB_REPOSITORY: 'acme/secrets', GITHUB_API_URL: github.api },
    event: { name: 'pull_request', ref: 'refs/pull/7/merge' },
    contexts: {
      github: {
        token,
        event: { pull_request: { number: 7, base: { sha: base }, head: { sha: head } } },
      },
      vars: { EDGESEAL_ROOT: fingerprint },
    },
  };
  return await runWorkflow(workflow('review'), runner);
}

describe('review.yaml', () => {
  it('asks for no more rights than it uses, and never runs what a pull request brings', () => {
    const text = workflow('review');
    const { on, permissions } = readWorkflow(text);
    expect(Object.keys(on)).toEqual(['pull_request']);
    expect(permissions).toEqual({ contents: 'read', 'pull-requests': 'write', checks: 'write' });
    const [job] = Object.values(readWorkflow(text).jobs);
    for (const step of job?.steps ?? []) {
      if (step.uses?.startsWith('actions/checkout@') === true)
        expect(step.with).toMatchObject({ 'persist-credentials': false });
      if (step.run === undefined) continue;
      expect(step['working-directory']).toMatch(/^base\//);
      // What a stranger may choose, such as the title of the pull request, must not become a line of shell.
      expect(step.run).not.toContain('${{');
    }
  });

  it('answers a pull request that may be merged', async () => {
    await machine.sh('git checkout -q -b rotate main');
    writeFileSync(join(machine.folder, 'value'), 'made-up-new');
    await machine.sh('edgeseal set production/db password --from-file ../value');
    await machine.sh('git commit -q -a -m "Rotate"');
    const github = await standIn();
    const ran = await review(github, await pullRequest('rotate'));
    await github.close();
    expect(ran.standIns).toEqual([
      'actions/checkout@v4',
      'actions/checkout@v4',
      'actions/setup-node@v4',
    ]);
    expect(ran.stderr).toContain('comment: https://github.com/acme/secrets/pull/7');
    expect(ran.code).toBe(0);
    expect(github.checks).toMatchObject([{ conclusion: 'success' }]);
    expect(github.comments).toMatchObject([{ user: bot }]);
    const [comment] = github.comments;
    expect(comment?.body).toContain('## ✅ May be merged');
    expect(comment?.body).toContain('new value of `password`');
    expect(comment?.body).toContain('| **eu-central** | 1 → 2 |');
    expect(`${ran.stdout}${ran.stderr}${ran.summary}`).not.toContain(token);
  });

  it('fails for one that leaks, whatever edgeseal it brings, and for a fork puts the report on the page of the run', async () => {
    await machine.sh('git checkout -q -b leak main && mkdir -p deploy');
    writeFileSync(
      join(machine.repo, 'deploy/app.yaml'),
      'apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData: {password: made-up-but-plain}\n',
    );
    const own = { scripts: { prepare: 'false' }, dependencies: { edgeseal: '0.0.0' } };
    writeFileSync(join(machine.repo, 'package.json'), JSON.stringify(own));
    await machine.sh('git add -A && git commit -q --no-verify -m "Deploy the app"');
    const github = await standIn();
    github.always.push({ match: /^POST .*comments/, status: 403, body: readOnly });
    const ran = await review(github, await pullRequest('leak'));
    await github.close();
    expect(ran.code).toBe(1);
    expect(ran.summary).toContain('## ⛔ Do not merge: it holds plaintext');
    expect(ran.stderr).toContain('Resource not accessible by integration');
    expect(github.checks).toMatchObject([{ conclusion: 'failure' }]);
    const output = github.checks[0]?.['output'] as { annotations: { path: string }[] };
    expect(output.annotations.map(({ path }) => path)).toEqual(['deploy/app.yaml', 'package.json']);
    expect(`${ran.stdout}${ran.stderr}${ran.summary}`).not.toContain('made-up-but-plain');
  });
});

describe('publish.yaml', () => {
  it('publishes what was merged with a key of its own, renews the heartbeat, and leaves the key nowhere', async () => {
    await machine.sh('ssh-keygen -q -t ed25519 -N "" -C ci -f ../ci');
    await machine.sh(
      'git checkout -q main && edgeseal trust add-publisher --key ../ci.pub --heartbeat',
    );
    await machine.sh('git merge -q rotate && git add -A && git commit -q -m "Let CI publish"');
    await machine.sh('git push -q origin main');
    const ran = await runWorkflow(workflow('publish'), {
      folder: machine.folder,
      origin: machine.origin,
      env: { ...machine.env, HOME: join(machine.folder, 'runner') },
      event: { name: 'push', ref: 'main' },
      contexts: {
        github: { event: { ref: 'refs/heads/main' } },
        vars: { EDGESEAL_ROOT: fingerprint },
        secrets: { EDGESEAL_SIGNING_KEY: readFileSync(join(machine.folder, 'ci'), 'utf8') },
      },
    });
    expect(ran.stderr).toContain('published main of origin');
    expect(ran.code).toBe(0);
    expect(ran.stdout).toMatch(/us-east .*published snapshot 2: 1 updated, heartbeat renewed/);
    const key = readFileSync(join(machine.folder, 'ci'), 'utf8').split('\n')[1] ?? '';
    expect(await machine.sh('git ls-remote origin "refs/heads/edgeseal/*" | wc -l')).toBe('2');
    expect(ran.stdout + ran.stderr).not.toContain(key);
    await machine.sh(`! grep -rlF '${key}' ../run-*/temp ../run-*/workspace`);
  });
});
