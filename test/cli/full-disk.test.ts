import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace } from '../support/workspace.ts';
import type { Workspace } from '../support/workspace.ts';

const bin = join(import.meta.dirname, '../../cli/bin.ts');
// A file system of its own, small enough to be full, where this machine lets an ordinary process mount one.
const canMount = spawnSync('unshare', ['-rm', 'true']).status === 0;

let ws: Workspace;
beforeAll(async () => {
  ws = await makeWorkspace();
  await ws.cli(['set', 'prod/a', 'b', '--new', '--from-file', '-'], { stdin: 'made-up' });
  ws.commit('Seal');
  await ws.cli(['publish']);
  await ws.cli(['set', 'prod/a', 'b', '--from-file', '-'], { stdin: 'made-up-2' });
  ws.commit('Change');
  ws.git('commit', '-q', '--allow-empty', '-m', 'Only on the remote');
  ws.git('push', '-q', 'origin', 'main');
  ws.git('reset', '-q', '--hard', 'HEAD~1');
  mkdirSync(join(ws.folder, 'mnt'));
});
afterAll(() => {
  ws.remove();
});

/** Runs a command in a clone on a disk of which all but `left` bytes are taken. */
function onFullDisk(left: number, ...args: string[]): { stdout: string; stderr: string } {
  const script = [
    'mount -t tmpfs -o size=8m tmpfs "$1/mnt" && cp -a "$1/repo" "$1/mnt/" && cd "$1/mnt/repo"',
    'left=$2 && node=$3 && bin=$4 && shift 4',
    'cat /dev/zero > ../filler 2>/dev/null; truncate -s -"$left" ../filler && find .. | sort > /dev/shm/before-$$',
    '"$node" "$bin" "$@"; echo "exit $?"; find .. | sort | comm -13 /dev/shm/before-$$ -; rm /dev/shm/before-$$',
  ].join('; ');
  const given = ['-rm', 'sh', '-c', script, 'sh', ws.folder, String(left), process.execPath, bin];
  return spawnSync('unshare', [...given, ...args], { env: ws.env, encoding: 'utf8' });
}

describe.runIf(canMount)('a full disk', () => {
  it.each([
    ['publish', []],
    ['bundle', ['us-east']],
  ])('is what %s names, not the network', (command, more) => {
    const { stdout, stderr } = onFullDisk(0, command, ...more);
    expect(stderr).toContain('the disk is full');
    expect(stderr).not.toContain('ls-remote');
    expect(stdout).toMatch(/^exit 6$/m);
  });

  it('leaves no empty folder of a key behind', () => {
    const { stdout, stderr } = onFullDisk(
      0,
      'region',
      'add',
      'eu-north',
      '--generate',
      '../keys/x',
    );
    expect(stderr).toContain('the disk is full');
    expect(stdout).toBe('exit 6\n');
  });

  it.each([0, 8192, 65_536])(
    'leaves nothing of a repository behind, with %i bytes left',
    (left) => {
      const keys = join(ws.folder, 'mnt/keys');
      const args = ['init', '--regions', 'us-east', '--keys', keys, '--path', 'second/below'];
      const { stdout, stderr } = onFullDisk(left, '-C', '..', ...args);
      expect(stderr).toContain('the disk is full');
      expect(stdout).toBe('exit 6\n');
    },
  );
});

it('an output that cannot be written is said, and a closed one is not', () => {
  const run = (rest: string): string =>
    execFileSync(
      'sh',
      ['-c', `exec 2>&1; "$1" "$2" ${rest}; echo "exit $?"`, 'sh', process.execPath, bin],
      {
        cwd: ws.repo,
        env: ws.env,
        encoding: 'utf8',
      },
    );
  expect(run('region list | true')).toBe('exit 0\n');
  expect(run('help set | head -1')).toBe('Usage: edgeseal set [options] <secret> <item>\nexit 0\n');
  expect(run('trust show > /dev/full')).toMatch(/cannot be written \(ENOSPC\)\nexit 6\n$/);
});
