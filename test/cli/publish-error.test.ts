import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { gitIn } from '../support/channel.ts';
import { sealInto } from '../support/sealed.ts';
import { makeWorkspace } from '../support/workspace.ts';

const ws = await makeWorkspace();
afterAll(() => {
  ws.remove();
});

async function failure(...args: string[]): Promise<[number, string]> {
  const { code, stderr, stdout } = await ws.cli(['publish', ...args]);
  return [code, stdout + stderr];
}

describe('publish says what is wrong and the way out', () => {
  it('with the regions that it is given', async () => {
    expect(await failure('moon')).toEqual([
      2,
      expect.stringMatching(
        /there is no region moon\n.*known regions: eu-central, us-east, us-west/,
      ),
    ]);
    expect(await failure('recovery')).toEqual([
      2,
      expect.stringContaining('recovery is a recovery recipient: it has no channel'),
    ]);
    expect((await ws.cli(['bundle', 'recovery'])).code).toBe(2);
  });

  it('with a key that cannot sign', async () => {
    const rsa = join(ws.folder, 'rsa');
    execFileSync('ssh-keygen', ['-q', '-t', 'rsa', '-b', '2048', '-N', '', '-f', rsa]);
    const [code, said] = await failure('--signing-key', rsa);
    expect(code).toBe(3);
    expect(said).toContain(
      'name an ed25519 key with --signing-key, or make one: ssh-keygen -t ed25519',
    );
  });

  it('with nothing but an empty repository: empty channels are a start', async () => {
    const [code, said] = await failure('us-east');
    expect(code).toBe(0);
    expect(said).toContain('us-east  published snapshot 1: no secrets yet');
  });

  it('with a remote that has no main, cannot be reached, or is not there', async () => {
    gitIn(ws.origin, 'update-ref', 'refs/heads/trunk', 'main');
    gitIn(ws.origin, 'symbolic-ref', 'HEAD', 'refs/heads/trunk');
    gitIn(ws.origin, 'update-ref', '-d', 'refs/heads/main');
    expect(await failure()).toEqual([
      5,
      'edgeseal: error: origin has no branch main\nedgeseal: hint: push it first: git push origin main\n',
    ]);
    ws.git('push', '-q', 'origin', 'main');
    ws.git('remote', 'set-url', 'origin', 'https://name:made-up-token@localhost:1/x.git');
    const [code, said] = await failure();
    expect(code).toBe(5);
    expect(said).toMatch(
      /^edgeseal: error: origin cannot be fetched from: unable to access 'https:\/\/localhost:1\/x.git\/'/,
    );
    expect(said).toContain('git ls-remote origin');
    expect(said).not.toContain('made-up-token');
    const bundle = await ws.cli(['bundle', 'us-east']);
    expect([bundle.code, bundle.stderr]).toEqual([5, said]);
    ws.git('remote', 'remove', 'origin');
    expect(await failure()).toEqual([
      5,
      expect.stringContaining(
        'this clone has no Git remote origin\nedgeseal: hint: add it: git remote add origin URL',
      ),
    ]);
    ws.git('remote', 'add', 'origin', ws.origin);
  });

  it('with a main that says that main is elsewhere', async () => {
    ws.write('edgeseal.yaml', `${ws.read('edgeseal.yaml')}  publish:\n    remote: upstream\n`);
    ws.commit('Move to upstream');
    expect((await failure())[1]).toContain('has no Git remote upstream');
    ws.git('checkout', '-q', 'HEAD~1');
    const [code, said] = await failure();
    expect(code).toBe(5);
    expect(said).toContain("origin's main says that main is main on upstream");
    expect(said).toContain('git pull origin main');
    ws.git('checkout', '-q', 'main');
    ws.write(
      'edgeseal.yaml',
      ws.read('edgeseal.yaml').replace('remote: upstream', 'remote: --upload-pack=x'),
    );
    expect((await failure())[0]).toBe(2);
    ws.git('checkout', '-q', '--', 'edgeseal.yaml');
    ws.git('revert', '--no-edit', 'HEAD');
    ws.git('push', '-q', 'origin', 'main');
  });

  it('and nothing is wrong with a secrets repository in a folder of another', async () => {
    ws.git('pull', '-q', 'origin', 'main');
    await sealInto(ws, 'staging/everywhere', { token: 'made-up' });
    execFileSync(
      'sh',
      [
        '-c',
        'mkdir -p "infra/edge secrets" && git mv edgeseal.yaml regions trust "infra/edge secrets" && mv secrets "infra/edge secrets"',
      ],
      { cwd: ws.repo, env: ws.env },
    );
    ws.write('README.md', 'made up\n');
    ws.commit('Move into a folder');
    const cwd = join(ws.repo, 'infra/edge secrets');
    const first = await ws.cli(['publish', 'us-east'], { cwd });
    expect([first.code, first.stdout]).toEqual([
      0,
      'us-east  published snapshot 2: 1 added, heartbeat renewed\n',
    ]);
    rmSync(join(cwd, 'secrets'), { recursive: true });
    ws.commit('Delete it');
    const second = await ws.cli(['publish', 'us-east'], { cwd });
    expect(second.stdout).toContain('published snapshot 3: 1 removed');
    ws.git('reset', '-q', '--hard', 'HEAD~2');
    ws.git('push', '-q', '--force', 'origin', 'main');
  });

  it('with a repository that has no region', async () => {
    execFileSync('sh', ['-c', 'rm regions/[eu]*.yaml'], { cwd: ws.repo });
    ws.commit('Remove all regions');
    expect(await failure()).toEqual([
      2,
      expect.stringContaining('main has no region to publish for\nedgeseal: hint: add one'),
    ]);
  });
});
