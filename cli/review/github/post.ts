import { appendFile } from 'node:fs/promises';
import { plainText } from '../../terminal/plain-text.ts';
import type { Io } from '../../terminal/io.ts';
import { Output } from '../../terminal/output.ts';
import { checkRun } from './check-run.ts';
import type { Check } from './check-run.ts';
import type { GitHubClient } from './client.ts';
import { stickyComment } from './comment.ts';
import type { Job } from './job.ts';

/** What is posted. */
export interface Post {
  /** Of the comment; the report follows it. */
  marker: string;
  check: Check;
}

/**
 * Answers the pull request by a comment and a check run. Where that cannot be, the report goes into the job's summary and
 * the reason to stderr: the verdict is the exit code's, and does not hang on a comment.
 *
 * @param open makes the client, once there is a token
 */
export async function postReview(
  io: Io,
  job: Job,
  { marker, check }: Post,
  open: (job: Job & { token: string }) => Promise<GitHubClient>,
): Promise<void> {
  const output = new Output(io);
  const { token } = job;
  if (token === undefined) {
    output.warn(
      'GITHUB_TOKEN is not set: the pull request gets no comment and no check',
      tokenHint,
    );
    await intoSummary(io, check.summary);
    return;
  }
  const client = await open({ ...job, token });
  const attempt = async (what: string, post: () => Promise<string>): Promise<boolean> => {
    try {
      output.note(`${what}: ${plainText(await post())}`);
      return true;
    } catch (error) {
      output.warn(`no ${what}: ${reason(error)}`, hintOf(error));
      return false;
    }
  };
  const isChecked = await attempt('check', () => checkRun(client, job, check));
  const isSaid = await attempt('comment', () =>
    stickyComment(client, job, marker, `${marker}\n${check.summary}`),
  );
  if (!isChecked || !isSaid) await intoSummary(io, check.summary);
}

const tokenHint =
  'give the step the token of the job (env: GITHUB_TOKEN: github.token), and the job permissions: pull-requests: write, checks: write';

/** The page of the run, which needs no token. */
async function intoSummary(io: Io, markdown: string): Promise<void> {
  const file = io.env['GITHUB_STEP_SUMMARY'] ?? '';
  if (file === '') return;
  try {
    await appendFile(file, `${markdown}\n`);
    new Output(io).note('the report is in the summary of this run');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    new Output(io).warn(`the summary of this run cannot be written (${code})`);
  }
}

function statusOf(error: unknown): number | undefined {
  const { status } = error as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}

/** In a server's own words, which are bounded and hold no header of the request. */
function reason(error: unknown): string {
  const words = error instanceof Error ? error.message : 'it failed';
  const status = statusOf(error);
  // Where nothing was answered, the number is one that the client made up.
  const isAnswer = (error as { response?: unknown }).response !== undefined;
  const code = status === undefined || !isAnswer ? '' : `${status} `;
  return `${code}${plainText(words).slice(0, 200)}`;
}

function hintOf(error: unknown): string {
  switch (statusOf(error)) {
    case 401:
      return 'the token is not valid (any more): use that of the job, github.token';
    case 403:
    case 404:
      return 'a pull request from a fork has a token that only reads: its report is in the summary of the run; otherwise the job needs permissions: pull-requests: write, checks: write';
    default:
      return 'run the job again later; the verdict of this run counts';
  }
}
