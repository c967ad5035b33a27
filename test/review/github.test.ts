import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { maxAnnotations } from '../../cli/review/github/check-run.ts';
import type { Check } from '../../cli/review/github/check-run.ts';
import { gitHubClient } from '../../cli/review/github/client.ts';
import { marker } from '../../cli/review/github/comment.ts';
import { isGitHubJob, readJob } from '../../cli/review/github/job.ts';
import type { Job } from '../../cli/review/github/job.ts';
import { postReview } from '../../cli/review/github/post.ts';
import { badCredentials, bot, readOnly, secondaryLimit, standIn } from './github-stand-in.ts';
import type { Comment, StandIn } from './github-stand-in.ts';

// All of these are answered by a stand-in on this machine, not by GitHub.

const folder = mkdtempSync(join(tmpdir(), 'edgeseal-github-'));
const token = 'made-up-token-that-must-not-show';
const mark = marker('00000000-0000-4000-8000-00000000c0de');
const head = 'b'.repeat(40);
const check: Check = {
  name: 'edgeseal review',
  conclusion: 'neutral',
  title: 'May be merged, once somebody has looked',
  summary: '## the report',
  annotations: [],
};

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Posts to a stand-in, and gives what was printed. */
async function post(github: StandIn, given: Partial<Check> = {}, own?: string): Promise<Printed> {
  const job: Job = {
    api: github.api,
    graphql: `${github.api}/graphql`,
    owner: 'acme',
    repo: 'secrets',
    token: own ?? token,
    pull: { number: 7, base: 'a'.repeat(40), head },
  };
  return await print(async (io) => {
    const open = (known: Job & { token: string }): Promise<ReturnType<typeof gitHubClient>> =>
      Promise.resolve(gitHubClient(known, 1));
    const { token: _token, ...without } = job;
    const asked = own === '' ? { ...without, token: undefined } : job;
    await postReview(io, asked, { marker: mark, check: { ...check, ...given } }, open);
  });
}

interface Printed {
  stderr: string;
  stdout: string;
  summary: string;
}

let runs = 0;

async function print(
  use: (io: Parameters<typeof postReview>[0]) => Promise<void>,
): Promise<Printed> {
  const file = join(folder, `summary-${++runs}`);
  writeFileSync(file, '');
  const lines = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof lines): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines[name] += chunk.toString();
        done();
      },
    });
  const env = { GITHUB_STEP_SUMMARY: file };
  const [stdout, stderr] = [sink('stdout'), sink('stderr')];
  await use({ cwd: folder, env, stdin: Readable.from([]), stdout, stderr });
  const printed = { ...lines, summary: readFileSync(file, 'utf8') };
  expect(JSON.stringify(printed)).not.toContain(token);
  return printed;
}

/** What was asked, in order. */
function asked({ requests }: StandIn): string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}

const comment = (id: number, body: string, user: Comment['user'] = bot): Comment => ({
  id,
  body,
  user,
});

describe.concurrent('a pull request (answered by a stand-in for GitHub)', () => {
  it('gets one comment and one check, with the token of the job and nobody else’s', async () => {
    const github = await standIn([comment(1, 'Looks good', { login: 'somebody', type: 'User' })]);
    const { stderr, summary } = await post(github);
    await github.close();
    expect(github.comments.map(({ body }) => body)).toEqual([
      'Looks good',
      `${mark}\n## the report`,
    ]);
    expect(github.checks).toMatchObject([
      { name: 'edgeseal review', head_sha: head, status: 'completed', conclusion: 'neutral' },
    ]);
    expect(stderr).toContain('comment: https://github.com/acme/secrets/pull/7#issuecomment-9001');
    expect(stderr).toContain('check: https://github.com/acme/secrets/runs/4');
    expect(summary).toBe('');
    expect(new Set(github.requests.map(({ authorization }) => authorization))).toEqual(
      new Set([`token ${token}`]),
    );
  });

  it('has its comment replaced, which lies on the third page, below a forged one', async () => {
    const others = Array.from({ length: 210 }, (_, i) =>
      comment(i + 1, `Comment ${i}`, { login: 'somebody', type: 'User' }),
    );
    others[3] = comment(4, `${mark}\n## ✅ May be merged`, { login: 'stranger', type: 'User' });
    others[4] = comment(5, 'Another job of the same bot');
    others[5] = comment(6, `> ${mark}\nquoted by the same bot`);
    const github = await standIn([...others, comment(777, `${mark}\n## of yesterday`)]);
    await post(github);
    await github.close();
    expect(github.comments).toHaveLength(211);
    expect(github.comments[3]?.body).toContain('✅ May be merged');
    expect(github.comments.at(-1)?.body).toBe(`${mark}\n## the report`);
    expect(asked(github).filter((line) => line.startsWith('GET'))).toHaveLength(3);
    expect(asked(github)).toContain('PATCH /repos/acme/secrets/issues/comments/777');
  });

  it('gets annotations, fifty a request, and no more than somebody reads', async () => {
    const github = await standIn();
    const annotations = Array.from({ length: 230 }, (_, i) => ({
      path: 'deploy/app.yaml',
      line: i + 1,
      level: 'failure' as const,
      title: 'x'.repeat(300),
      message: 'plaintext Secret',
    }));
    await post(github, { conclusion: 'failure', annotations });
    await github.close();
    const sent = github.checks.map((body) => body['output'] as { annotations: object[] });
    expect(sent.map((output) => output.annotations.length)).toEqual([50, 50, 50, 50]);
    expect(maxAnnotations).toBe(200);
    expect(sent[1]?.annotations[0]).toEqual({
      path: 'deploy/app.yaml',
      start_line: 51,
      end_line: 51,
      annotation_level: 'failure',
      title: 'x'.repeat(255),
      message: 'plaintext Secret',
    });
  });

  it('is answered though the server fails, and though it asks for patience', async () => {
    const github = await standIn();
    github.once.push(
      { match: /check-runs/, status: 502, body: { message: 'Server Error' } },
      { match: /check-runs/, status: 503, body: { message: 'Unavailable' } },
      {
        match: /POST .*comments/,
        status: 403,
        headers: { 'retry-after': '60' },
        body: secondaryLimit,
      },
      {
        match: /GET .*comments/,
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
        body: { message: 'API rate limit exceeded for installation ID 1.' },
      },
    );
    const { stderr } = await post(github);
    await github.close();
    expect(stderr).not.toContain('warning');
    expect(github.comments).toHaveLength(1);
    expect(github.checks).toHaveLength(1);
    expect(asked(github).filter((line) => line.startsWith('POST'))).toHaveLength(6);
  });

  it('is not waited for longer than a report is worth', async () => {
    const github = await standIn();
    github.always.push({
      match: /POST .*(comments|check-runs)/,
      status: 403,
      headers: { 'retry-after': '3600' },
      body: secondaryLimit,
    });
    const { stderr, summary } = await post(github);
    await github.close();
    expect(stderr).toContain('no comment: 403 You have exceeded a secondary rate limit');
    expect(summary).toContain('## the report');
  });

  it('from a fork, whose token only reads, has its report in the summary of the run', async () => {
    const github = await standIn();
    github.always.push({ match: /^(POST \/repos|PATCH)/, status: 403, body: readOnly });
    const { stderr, summary } = await post(github);
    await github.close();
    expect(stderr).toContain('no check: 403 Resource not accessible by integration');
    expect(stderr).toContain('hint: a pull request from a fork has a token that only reads');
    expect(summary).toBe('## the report\n');
    // Nothing that is refused is tried again.
    expect(asked(github).filter((line) => line.includes('check-runs'))).toHaveLength(1);
  });

  it('is told of a token that is not valid, once', async () => {
    const github = await standIn();
    github.always.push({ match: /./, status: 401, body: badCredentials });
    const { stderr } = await post(github);
    await github.close();
    expect(stderr).toContain('no comment: 401 Bad credentials');
    expect(stderr).toContain('hint: the token is not valid');
  });

  it('without a token has its report in the summary, and a hint what is missing', async () => {
    const github = await standIn();
    const { stderr, summary } = await post(github, {}, '');
    await github.close();
    expect(stderr).toContain('GITHUB_TOKEN is not set');
    expect(stderr).toContain('pull-requests: write, checks: write');
    expect(summary).toContain('## the report');
    expect(github.requests).toEqual([]);
  });

  it('whose API leads elsewhere does not take the token there: no redirect, no foreign next page', async () => {
    const github = await standIn();
    const elsewhere = await standIn();
    github.always.push(
      {
        match: /check-runs/,
        status: 307,
        headers: { location: `${elsewhere.api}/repos/acme/secrets/check-runs` },
        body: {},
      },
      {
        match: /GET .*comments/,
        status: 200,
        headers: {
          link: `<${elsewhere.api}/repos/acme/secrets/issues/7/comments?page=2>; rel="next"`,
        },
        body: [],
      },
    );
    const { stderr } = await post(github);
    await Promise.all([github.close(), elsewhere.close()]);
    expect(elsewhere.requests).toEqual([]);
    expect(stderr).toContain('no check: ');
    expect(stderr).toContain(`no comment: an answer led to ${elsewhere.api}`);
  });
});

describe('a job', () => {
  const event = (payload: unknown): string => {
    const file = join(folder, `event-${++runs}.json`);
    writeFileSync(file, JSON.stringify(payload));
    return file;
  };
  const pull = { number: 7, base: { sha: 'a'.repeat(40) }, head: { sha: head } };
  const env = {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'acme/secrets',
    GITHUB_API_URL: 'https://github.example.com/api/v3/',
    GITHUB_TOKEN: token,
    GITHUB_EVENT_PATH: event({ pull_request: pull }),
  };

  it('is read from what the runner says', async () => {
    expect(await readJob({ env })).toEqual({
      api: 'https://github.example.com/api/v3',
      graphql: 'https://github.example.com/api/v3/graphql',
      owner: 'acme',
      repo: 'secrets',
      token,
      pull: { number: 7, base: 'a'.repeat(40), head },
    });
    expect(isGitHubJob(env)).toBe(true);
    expect(isGitHubJob({ ...env, GITEA_ACTIONS: 'true' })).toBe(false);
    expect(isGitHubJob({})).toBe(false);
  });

  it.each([
    ['no repository', { GITHUB_REPOSITORY: '' }],
    ['a repository that is a path', { GITHUB_REPOSITORY: '../../user' }],
    ['an API without TLS', { GITHUB_API_URL: 'http://github.example.com' }],
    ['an API that is none', { GITHUB_API_URL: 'javascript:alert(1)' }],
    ['no event', { GITHUB_EVENT_PATH: join(folder, 'none.json') }],
    ['the event of a push', { GITHUB_EVENT_PATH: event({ ref: 'refs/heads/main' }) }],
    [
      'a commit that is an option',
      { GITHUB_EVENT_PATH: event({ pull_request: { ...pull, head: { sha: '--upload-pack=x' } } }) },
    ],
    [
      'a number that is a path',
      { GITHUB_EVENT_PATH: event({ pull_request: { ...pull, number: '7/../1' } }) },
    ],
  ])('is refused with %s', async (_, wrong) => {
    await expect(readJob({ env: { ...env, ...wrong } })).rejects.toMatchObject({
      code: 'input-usage',
    });
  });
});
