import { EdgesealError, isEdgesealError } from '../../core/errors.ts';
import { repositoryFile } from '../../core/format/repository.ts';
import { commitId } from '../git/commit-id.ts';
import { gitAnswer } from '../git/git.ts';
import { findRepository } from '../repository.ts';
import type { Place } from '../repository.ts';
import { mergedChange } from '../review/change.ts';
import { isGitHubJob, readJob } from '../review/github/job.ts';
import type { Job } from '../review/github/job.ts';
import { markdownReport } from '../review/report/markdown.ts';
import { reviewJson } from '../review/report/json.ts';
import { printReview } from '../review/report/text.ts';
import { reviewChange } from '../review/review.ts';
import type { Review } from '../review/model.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';

interface Options {
  base?: string;
  head?: string;
  github?: boolean;
  output?: 'text' | 'markdown' | 'json';
}

/** `edgeseal review`: what a branch does in which region, who says so, and whether it may be merged. Needs no key. */
export async function run(given: Io, _args: string[], options: Options): Promise<number> {
  const job = await jobOf(given, options);
  const io = withoutToken(given);
  const base = options.base ?? job?.pull.base ?? (await defaultBase(io));
  const [from, to] = [
    await commitId(io, base),
    await commitId(io, options.head ?? job?.pull.head ?? 'HEAD'),
  ];
  const place = await placeOf(io, from);
  const change = await mergedChange(io, place.top, from, to);
  const review = await reviewChange(io, place, change, nameOf(base, job));
  if (job === undefined && options.head === undefined) await sayUncommitted(io, place);
  await warnCutOff(io, place);
  print(io, review, options.output);
  if (job !== undefined) await answer(io, job, review);
  return review.verdict === 'refused' ? exitCodes.findings : exitCodes.ok;
}

/** In a job on a pull request that is answered; elsewhere only where it is asked for. */
async function jobOf(io: Io, { github }: Options): Promise<Job | undefined> {
  if (github === false) return undefined;
  if (github === true) return await readJob(io);
  if (!isGitHubJob(io.env) || io.env['GITHUB_EVENT_NAME'] !== 'pull_request') return undefined;
  return await readJob(io);
}

/** No process that is started from here needs it. */
function withoutToken(io: Io): Io {
  const env = { ...io.env };
  for (const name of ['GITHUB_TOKEN', 'GH_TOKEN']) env[name] = undefined;
  return { ...io, env };
}

/** The branch that people merge into, as it was last fetched; where it was not, the local one. */
async function defaultBase(io: Io): Promise<string> {
  for (const name of ['origin/main', 'main']) {
    const args = ['rev-parse', '--verify', '--quiet', `${name}^{commit}`];
    if ((await gitAnswer(io, args)) !== undefined) return name;
  }
  throw new EdgesealError('input-usage', 'there is neither origin/main nor main to compare with', {
    hint: 'name what it would be merged into: edgeseal review --base BRANCH',
  });
}

/** A branch that takes `edgeseal.yaml` away is judged by where main has it. */
async function placeOf(io: Io, base: string): Promise<Place> {
  try {
    return await findRepository(io);
  } catch (error) {
    if (!isEdgesealError(error, 'git-repository')) throw error;
    const top = await gitAnswer(io, ['rev-parse', '--show-toplevel']);
    const prefix = await gitAnswer(io, ['rev-parse', '--show-prefix']);
    if (top === undefined || prefix === undefined) throw error;
    const args = ['cat-file', '-e', `${base}:${prefix}${repositoryFile}`];
    if ((await gitAnswer(io, args)) === undefined) throw error;
    return { root: io.cwd, top, prefix };
  }
}

/** A clone without its history, as CI likes them, does not have what sealed files are held against. */
async function warnCutOff(io: Io, { top }: Place): Promise<void> {
  const isShallow = await gitAnswer(io, ['rev-parse', '--is-shallow-repository'], { cwd: top });
  if (isShallow !== 'true') return;
  new Output(io).warn(
    'history is cut off in this clone: what is no more as it was before its begin is not noticed',
    'git fetch --unshallow (in CI: fetch-depth: 0)',
  );
}

async function sayUncommitted(io: Io, { top }: Place): Promise<void> {
  const args = ['status', '--porcelain', '--untracked-files=normal'];
  if ((await gitAnswer(io, args, { cwd: top })) === '') return;
  new Output(io).note('what is not committed is not looked at: edgeseal diff shows it');
}

function nameOf(base: string, job: Job | undefined): string {
  return job !== undefined && /^[0-9a-f]{40,64}$/.test(base) ? 'main' : base;
}

function print(io: Io, review: Review, format: Options['output']): void {
  const output = new Output(io);
  if (format === 'json') output.json(reviewJson(review));
  else if (format === 'text' || (format === undefined && io.stdout.isTTY === true))
    printReview(output, review);
  else output.line(markdownReport(review));
}

async function answer(io: Io, job: Job, review: Review): Promise<void> {
  const { postReview } = await import('../review/github/post.ts');
  const { marker } = await import('../review/github/comment.ts');
  const { checkOf } = await import('../review/report/annotations.ts');
  const post = { marker: marker(review.repository.id), check: checkOf(review) };
  await postReview(io, job, post, async (known) => {
    const { gitHubClient } = await import('../review/github/client.ts');
    return gitHubClient(known);
  });
}
