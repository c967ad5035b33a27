import { readFile } from 'node:fs/promises';
import { EdgesealError } from '../../../core/errors.ts';
import type { Io } from '../../terminal/io.ts';

/** The pull request that a job of GitHub Actions runs for, and where it can be answered. */
export interface Job {
  /** Of the REST API, without a slash at its end: `https://api.github.com`. */
  api: string;
  /** Of the GraphQL API. */
  graphql: string;
  owner: string;
  repo: string;
  /** Absent where the job was given none. Never printed. */
  token: string | undefined;
  pull: { number: number; base: string; head: string };
}

/** What of the event's payload is read. */
interface Payload {
  pull_request?: {
    number?: unknown;
    base?: { sha?: unknown };
    head?: { sha?: unknown };
  };
}

/** Whether this runs in a job of GitHub Actions. Gitea's and Forgejo's runners set the same names for another API. */
export function isGitHubJob(env: NodeJS.ProcessEnv): boolean {
  return env['GITHUB_ACTIONS'] === 'true' && !isOtherForge(env);
}

function isOtherForge(env: NodeJS.ProcessEnv): boolean {
  return ['GITEA_ACTIONS', 'FORGEJO_ACTIONS'].some((name) => (env[name] ?? '') !== '');
}

/**
 * Reads what the runner says of the pull request. All of it is set by the runner, and nothing by who opened the pull
 * request but the two commit ids.
 *
 * @throws EdgesealError `input-usage` where something is missing, or is not what it should be
 */
export async function readJob(io: Pick<Io, 'env'>): Promise<Job> {
  const { env } = io;
  const [owner = '', repo = '', ...rest] = required(env, 'GITHUB_REPOSITORY').split('/');
  if (!isName(owner) || !isName(repo) || rest.length > 0)
    throw unusable('GITHUB_REPOSITORY is not OWNER/NAME');
  const api = apiOf(env['GITHUB_API_URL'] ?? 'https://api.github.com', 'GITHUB_API_URL');
  const graphql = env['GITHUB_GRAPHQL_URL'] ?? `${api}/graphql`;
  const token = env['GITHUB_TOKEN'] ?? env['GH_TOKEN'] ?? '';
  return {
    api,
    graphql: apiOf(graphql, 'GITHUB_GRAPHQL_URL'),
    owner,
    repo,
    token: token === '' ? undefined : token,
    pull: await pullOf(required(env, 'GITHUB_EVENT_PATH')),
  };
}

async function pullOf(file: string): Promise<Job['pull']> {
  let payload: Payload;
  try {
    payload = JSON.parse(await readFile(file, 'utf8')) as Payload;
  } catch {
    throw unusable(`the event (GITHUB_EVENT_PATH, ${file}) cannot be read`);
  }
  const { number, base, head } = payload.pull_request ?? {};
  const ids = [base?.sha, head?.sha].map((id) => (isCommit(id) ? id : undefined));
  const [from, to] = ids;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1)
    throw unusable('the event is not that of a pull request');
  if (from === undefined || to === undefined) throw unusable('the event names no commits');
  return { number, base: from, head: to };
}

/** A token goes there: over TLS, or no further than this machine. */
function apiOf(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = ['127.0.0.1', '[::1]', 'localhost'].includes(url?.hostname ?? '');
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    throw unusable(`${name} is not an address that begins with https://`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] ?? '';
  if (value === '') throw unusable(`${name} is not set`);
  return value;
}

function unusable(message: string): EdgesealError {
  return new EdgesealError('input-usage', `${message}: there is no pull request to answer`, {
    hint: 'run it in a job of GitHub Actions on pull_request, or without --github',
  });
}

function isName(text: string): boolean {
  return /^[\w.-]{1,100}$/.test(text) && !/^\.+$/.test(text);
}

function isCommit(value: unknown): value is string {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}
