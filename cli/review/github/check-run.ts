import type { GitHubClient } from './client.ts';
import type { Job } from './job.ts';

/** A line of the pull request, and what is to be said of it. */
export interface Annotation {
  /** From the top of the Git repository. */
  path: string;
  /** 1-based. */
  line: number;
  level: 'failure' | 'warning' | 'notice';
  title: string;
  message: string;
}

/** What a check run says. */
export interface Check {
  name: string;
  conclusion: 'success' | 'neutral' | 'failure' | 'action_required';
  title: string;
  /** Markdown, within GitHub's bound. */
  summary: string;
  annotations: readonly Annotation[];
}

/** GitHub takes this many in one request; more are added by further ones. */
const perRequest = 50;

/** Nobody reads more, and each request costs a second of its limits. */
export const maxAnnotations = 200;

/**
 * Makes a completed check run on the pull request's head.
 *
 * @returns its address
 */
export async function checkRun(
  client: GitHubClient,
  { owner, repo, pull }: Job,
  { name, conclusion, title, summary, annotations }: Check,
): Promise<string> {
  const all = annotations.slice(0, maxAnnotations).map((one) => ({
    path: one.path,
    start_line: one.line,
    end_line: one.line,
    annotation_level: one.level,
    title: one.title.slice(0, 255),
    message: one.message,
  }));
  const { data } = await client.request('POST /repos/{owner}/{repo}/check-runs', {
    owner,
    repo,
    name,
    head_sha: pull.head,
    status: 'completed',
    conclusion,
    output: { title, summary, annotations: all.slice(0, perRequest) },
  });
  for (let start = perRequest; start < all.length; start += perRequest) {
    await client.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
      owner,
      repo,
      check_run_id: data.id,
      output: { title, summary, annotations: all.slice(start, start + perRequest) },
    });
  }
  return data.html_url ?? '';
}
