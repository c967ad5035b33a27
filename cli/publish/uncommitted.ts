import { join, relative } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';
import { quoted } from '../terminal/shell-word.ts';
import type { Notice } from './report.ts';

/** What a channel is made of. */
const published = ['edgeseal.yaml', 'policy', 'regions', 'secrets', 'trust'];

/** Only what is merged gets published: whoever has just changed a secret should not take it for done. */
export async function uncommittedNotice(io: Io, place: Place): Promise<Notice[]> {
  const specs = published.map((path) => `:(top,literal)${place.prefix}${path}`);
  const args = ['status', '--porcelain', '-z', '--no-renames', '--untracked-files=all'];
  const listed = await gitAnswer(io, [...args, '--', ...specs], { cwd: place.top });
  const files = (listed ?? '')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.slice(3));
  const [first, ...rest] = files;
  if (first === undefined) return [];
  const inside = first.slice(place.prefix.length);
  const what = rest.length === 0 ? inside : `${inside} and ${rest.length} more`;
  const folders = [...new Set(files.map((f) => f.slice(place.prefix.length).split('/')[0] ?? f))];
  const here = (path: string): string => quoted(relative(io.cwd, join(place.root, path)) || '.');
  const paths = (rest.length === 0 ? [inside] : folders).map(here).join(' ');
  const error = new EdgesealError('git-dirty', `${what}: not committed, so not published`, {
    hint: `git add -A ${paths} && git commit, then merge it and publish again`,
  });
  return [{ level: 'warning', error }];
}
