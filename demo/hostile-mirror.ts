/**
 * `node demo/hostile-mirror.ts REPOSITORY BRANCH PATH`: what a hostile mirror would do. Commits to a bare
 * repository's branch the same tree with one character of one sealed file changed.
 */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const [folder = '', branch = '', path = ''] = process.argv.slice(2);
if (path === '') {
  process.stderr.write('usage: node demo/hostile-mirror.ts REPOSITORY BRANCH PATH\n');
  process.exit(2);
}
const repository = resolve(folder);
const env = { ...process.env, GIT_INDEX_FILE: join(repository, 'hostile-index') };
const git = (args: string[], input?: string): string => {
  const given = input === undefined ? {} : { input };
  return execFileSync('git', ['-C', repository, ...args], {
    env,
    encoding: 'utf8',
    ...given,
  }).trimEnd();
};

const before = git(['show', `${branch}:${path}`]);
const at = before.indexOf('wrapped: ') + 'wrapped: '.length + 200;
const other = before[at] === 'A' ? 'B' : 'A';
const after = `${before.slice(0, at)}${other}${before.slice(at + 1)}\n`;
git(['read-tree', branch]);
const blob = git(['hash-object', '-w', '--stdin'], after);
git(['update-index', '--cacheinfo', `100644,${blob},${path}`]);
const commit = git(['commit-tree', '-p', branch, '-m', 'Nothing to see here', git(['write-tree'])]);
git(['update-ref', `refs/heads/${branch}`, commit]);
process.stdout.write(`one character of ${path} is another: ${before[at] ?? ''} is ${other} now\n`);
