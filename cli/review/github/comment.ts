import type { GitHubClient } from './client.ts';
import type { Job } from './job.ts';

/** Stands in a comment of ours and shows nowhere; a Git repository may hold several secrets repositories. */
export function marker(repository: string): string {
  return `<!-- edgeseal review of ${repository} -->`;
}

/**
 * Puts a report into the one comment that the pull request has of us: an earlier one is replaced. It is known by its marker
 * **and** its author, as anybody can write a comment with our marker in it.
 *
 * @param body begins with the marker
 * @returns the comment's address
 */
export async function stickyComment(
  client: GitHubClient,
  { owner, repo, pull }: Job,
  mark: string,
  body: string,
): Promise<string> {
  const self = await whoAmI(client);
  const comments = client.paginate.iterator(
    'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
    {
      owner,
      repo,
      issue_number: pull.number,
      per_page: 100,
    },
  );
  for await (const { data } of comments) {
    const own = data.find((one) => one.user?.login === self && one.body?.startsWith(mark) === true);
    if (own === undefined) continue;
    const changed = await client.request(
      'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      {
        owner,
        repo,
        comment_id: own.id,
        body,
      },
    );
    return changed.data.html_url;
  }
  const made = await client.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
    owner,
    repo,
    issue_number: pull.number,
    body,
  });
  return made.data.html_url;
}

/** The login whose token this is. A job's own token may not ask `GET /user`, but may ask this. */
async function whoAmI(client: GitHubClient): Promise<string> {
  const { viewer } = await client.graphql<{ viewer: { login: string } }>(
    'query { viewer { login } }',
  );
  // GraphQL leaves out of a bot's name what REST has in it.
  return viewer.login;
}
