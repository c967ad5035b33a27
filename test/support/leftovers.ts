// vitest's globalSetup: a folder of its own for all temporary files of a run. What is still there once all suites have ended
// was left behind, by a test or by a process that was killed, and is searched for what was sealed anywhere in the run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Planted } from './planted.ts';

/** Where plaintext belongs: a directory target; the etcd of a cluster, as every cluster's; the list of what is searched for. */
const allowed = /(?:^|\/)(?:unsealed|edgeseal-cluster-[^/]*|planted)(?:$|\/)/;

export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-run-'));
  const list = join(folder, 'planted');
  writeFileSync(list, '');
  process.env['TMPDIR'] = folder;
  process.env['EDGESEAL_PLANTED'] = list;
  return () => {
    delete process.env['EDGESEAL_PLANTED'];
    const planted = new Planted(Infinity);
    for (const line of new Set(readFileSync(list, 'utf8').split('\n')))
      if (line !== '') planted.add(JSON.parse(line) as string);
    const found = planted.search(folder, (path) => allowed.test(path));
    rmSync(folder, { recursive: true, force: true });
    if (found.length === 0) return;
    // An error in a teardown is printed, and nothing else comes of it.
    process.exitCode = 1;
    throw new Error(`left behind by the tests:\n${found.join('\n')}`);
  };
}
