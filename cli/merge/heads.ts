import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import type { Place } from '../repository.ts';

/** The commits that a merge is about, as far as git tells. */
export interface Heads {
  /** HEAD: in a rebase or a cherry-pick that is what is being built upon. */
  ours: string | undefined;
  /** What is merged into it. A rebase and a cherry-pick do not tell: they apply one change, not a history. */
  others: string[];
  /** The branches that everybody merges into, as this clone knows them. */
  trunks: string[];
}

/** Names under which git keeps what is being merged, once it has stopped for a conflict. */
const stopped = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REBASE_HEAD', 'REVERT_HEAD'];

/** Asks git; while a merge driver runs, `git merge` tells the other commits by its environment alone. */
export async function findHeads(io: Io, { top }: Place): Promise<Heads> {
  const commitOf = (name: string): Promise<string | undefined> =>
    gitAnswer(io, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], { cwd: top });
  const ours = await commitOf('HEAD');
  const told = Object.keys(io.env).flatMap(
    (name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? [],
  );
  const others = await found([...told, ...stopped], commitOf);
  const trunks = await found(
    ['refs/remotes/origin/HEAD', 'refs/remotes/origin/main', 'refs/heads/main'],
    commitOf,
  );
  return { ours, others: others.filter((commit) => commit !== ours), trunks };
}

async function found(
  names: readonly string[],
  commitOf: (name: string) => Promise<string | undefined>,
): Promise<string[]> {
  const commits = await Promise.all(names.map(commitOf));
  return [...new Set(commits.filter((commit) => commit !== undefined))];
}
