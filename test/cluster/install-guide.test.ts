import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findAssets } from '../../tools/assets.ts';
import { describeOwnCluster } from '../support/cluster/suite.ts';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const root = path.join(import.meta.dirname, '../..');
const guide = readFileSync(path.join(root, 'docs/guides/cluster.md'), 'utf8');
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
const { programs } = findAssets('helm');

// Word for word, as far as there is neither Docker nor a kubelet.
describeOwnCluster('docs/guides/cluster.md', { controllers: true }, (cluster) => {
  let workspace: Workspace;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    workspace = await makeWorkspace();
    expect((await workspace.cli(['publish', 'us-east'])).code).toBe(0);
    const bin = path.join(workspace.folder, 'bin');
    mkdirSync(bin);
    const program = (name: string, line: string): void => {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${line}\n`);
      chmodSync(path.join(bin, name), 0o755);
    };
    program('edgeseal', `exec ${process.execPath} ${path.join(root, 'cli/bin.ts')} "$@"`);
    program('kubectl', `exec ${cluster.address.kubectl} "$@"`);
    if (programs['helm'] !== undefined) program('helm', `exec ${programs['helm']} "$@"`);
    // The context that the guide calls edge-1.
    const config = path.join(workspace.folder, 'home/.kube/config');
    mkdirSync(path.dirname(config));
    const text = readFileSync(cluster.address.kubeconfig, 'utf8');
    writeFileSync(config, text.replaceAll('"test"', '"edge-1"'), { mode: 0o600 });
    cpSync(path.join(root, 'controller/deploy'), path.join(workspace.repo, 'controller/deploy'), {
      recursive: true,
    });
    env = {
      ...workspace.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      TOKEN: 'made-up',
      NO_COLOR: '1',
    };
  });
  afterAll(() => {
    workspace.remove();
  });

  const run = (block: string) =>
    spawnSync('sh', ['-e', '-c', block], { cwd: workspace.repo, env, encoding: 'utf8' });

  it('works, block by block', { timeout: 180_000 }, () => {
    const done: string[] = [];
    for (const block of blocks) {
      if (block.startsWith('docker ')) continue;
      // Without a kubelet no pod ever becomes ready, which status reports as a finding.
      const lines = block
        .replaceAll(' --wait\n', '\n')
        .replace(/^edgeseal status .*$/m, '{ $& || [ $? = 1 ]; }');
      if (lines.includes('helm ') && programs['helm'] === undefined) continue;
      if (lines.includes('--print > ')) {
        const first = run(lines);
        expect(first.stderr).toMatch(/^(error: )?.*ensure CRDs are installed first|^$/m);
      }
      if (lines.includes('helm ')) {
        // Helm does not take over what somebody else has installed.
        const kinds = 'crd/regionsyncs.edgeseal.dev,crd/edgesecrets.edgeseal.dev';
        const uninstall = 'edgeseal uninstall us-east --context edge-1';
        const gone = run(`${uninstall} && kubectl delete ${kinds.replaceAll(',', ' ')}`);
        expect(gone.status, gone.stderr).toBe(0);
      }
      const { status, stderr } = run(lines);
      expect(status, `${lines}\n${stderr}`).toBe(0);
      done.push(lines);
      // What was only tried in this place is done, so that the next block has something to work on.
      if (lines.includes('--dry-run') && done.length === 2) {
        const real = run(lines.replace(' --dry-run', ''));
        expect(real.status, real.stderr).toBe(0);
      }
    }
    expect(done.length).toBeGreaterThanOrEqual(7);
  });

  it('shows the error that a conflict really gives', () => {
    const scale = 'kubectl scale deployment/edgeseal-us-east -n edgeseal-system --replicas=4';
    const { repo } = workspace;
    execFileSync('sh', ['-c', 'edgeseal uninstall us-east --context edge-1 || true'], {
      cwd: repo,
      env,
      stdio: 'ignore',
    });
    const install =
      'edgeseal install us-east --context edge-1 --image x --mirror https://git.example.com/s.git';
    expect(run(install).status).toBe(0);
    const { status, stderr } = run(`${scale} && ${install}`);
    expect(status).toBe(7);
    const [error = '', hint = ''] = stderr
      .split('\n')
      .filter((line) => line.startsWith('edgeseal: '));
    expect(guide).toContain(`    ${error}\n    ${hint}\n`);
  });
});
