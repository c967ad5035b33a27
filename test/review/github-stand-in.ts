import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A stand-in for GitHub, and no more than that: answers of its REST and GraphQL API in the shapes that its documentation
 * records, for the few requests of a review. What it proves is what we send, and how we take what comes back; that GitHub
 * takes it, only GitHub can prove.
 */
export interface StandIn {
  api: string;
  /** What came in, in order. */
  requests: { method: string; path: string; authorization: string | undefined; body: Body }[];
  comments: Comment[];
  checks: Body[];
  /** Answers to be given once each, before the real one: for the first requests that match. */
  once: { match: RegExp; status: number; headers?: Record<string, string>; body: unknown }[];
  /** Answers to be given always. */
  always: StandIn['once'];
  close(): Promise<void>;
}

type Body = Record<string, unknown>;

export interface Comment {
  id: number;
  body: string;
  user: { login: string; type: 'User' | 'Bot' };
}

export const bot = { login: 'github-actions[bot]', type: 'Bot' } as const;

export async function standIn(comments: Comment[] = []): Promise<StandIn> {
  const server = createServer((request, response) => {
    void answer(github, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const github: StandIn = {
    api: `http://127.0.0.1:${port}`,
    requests: [],
    comments,
    checks: [],
    once: [],
    always: [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return github;
}

async function answer(
  github: StandIn,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = (text === '' ? {} : JSON.parse(text)) as Body;
  const { method = '', url = '' } = request;
  const { authorization } = request.headers;
  github.requests.push({ method, path: url, authorization, body });
  const send = (status: number, data: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(JSON.stringify(data));
  };
  const line = `${method} ${url}`;
  const at = github.once.findIndex(({ match }) => match.test(line));
  const scripted =
    at >= 0 ? github.once.splice(at, 1)[0] : github.always.find(({ match }) => match.test(line));
  if (scripted !== undefined) send(scripted.status, scripted.body, scripted.headers);
  else reply(github, line, body, send);
}

function reply(
  github: StandIn,
  line: string,
  body: Body,
  send: (status: number, data: unknown, headers?: Record<string, string>) => void,
): void {
  const comments =
    /^GET \/repos\/acme\/secrets\/issues\/7\/comments\?per_page=100(?:&page=(\d+))?$/.exec(line);
  const change = /^PATCH \/repos\/acme\/secrets\/issues\/comments\/(\d+)$/.exec(line);
  if (line === 'POST /graphql') send(200, { data: { viewer: { login: bot.login } } });
  else if (comments !== null) {
    const page = Number(comments[1] ?? 1);
    const all = github.comments.slice((page - 1) * 100, page * 100);
    const next = `${github.api}/repos/acme/secrets/issues/7/comments?per_page=100&page=${page + 1}`;
    const more = github.comments.length > page * 100;
    send(200, all.map(shape), more ? { link: `<${next}>; rel="next"` } : {});
  } else if (line === 'POST /repos/acme/secrets/issues/7/comments') {
    const made = { id: 9000 + github.comments.length, body: String(body['body']), user: bot };
    github.comments.push(made);
    send(201, shape(made));
  } else if (change !== null) {
    const found = github.comments.find(({ id }) => id === Number(change[1]));
    if (found !== undefined) found.body = String(body['body']);
    if (found === undefined) send(404, notFound);
    else send(200, shape(found));
  } else if (line === 'POST /repos/acme/secrets/check-runs') {
    github.checks.push(body);
    send(201, { id: 4, name: body['name'], html_url: 'https://github.com/acme/secrets/runs/4' });
  } else if (line === 'PATCH /repos/acme/secrets/check-runs/4') {
    github.checks.push(body);
    send(200, { id: 4, html_url: 'https://github.com/acme/secrets/runs/4' });
  } else send(404, notFound);
}

function shape({ id, body, user }: Comment): Body {
  return {
    id,
    node_id: 'IC_made_up',
    url: `https://api.github.com/repos/acme/secrets/issues/comments/${id}`,
    html_url: `https://github.com/acme/secrets/pull/7#issuecomment-${id}`,
    body,
    user: { ...user, id: 41898282, site_admin: false },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    author_association: 'NONE',
    performed_via_github_app: null,
  };
}

const docs = 'https://docs.github.com/rest';

export const notFound = { message: 'Not Found', documentation_url: docs, status: '404' };
/** What the token of a pull request from a fork is told. */
export const readOnly = {
  message: 'Resource not accessible by integration',
  documentation_url: docs,
  status: '403',
};
export const badCredentials = {
  message: 'Bad credentials',
  documentation_url: docs,
  status: '401',
};
export const secondaryLimit = {
  message:
    'You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later.',
  documentation_url: docs,
};
