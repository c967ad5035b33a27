import { randomUUID } from 'node:crypto';
import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { version } from '../../version.ts';
import type { Job } from './job.ts';

/** How long a limit is waited for, and how often; a job that waits longer costs more than a report is worth. */
const patience = { seconds: 90, times: 3 };

/** After this a request counts as failed, and is tried again. */
const requestMs = 30_000;

const Client = Octokit.plugin(paginateRest, retry, throttling);

export type GitHubClient = InstanceType<typeof Client>;

/**
 * GitHub's REST API for one job: failures of the server are retried, its limits (the secondary ones too) are waited for.
 *
 * @param second how long a second of waiting takes, in ms; tests are impatient
 */
export function gitHubClient(
  { api, graphql, token }: Job & { token: string },
  second = 1000,
): GitHubClient {
  const wait = (after: number, _options: unknown, _client: unknown, retries: number): boolean =>
    after <= patience.seconds && retries < patience.times;
  const client = new Client({
    auth: token,
    baseUrl: api,
    userAgent: `edgeseal/${version}`,
    request: { fetch: onlyTo(new Set([new URL(api).origin, new URL(graphql).origin])) },
    // Its own words would name addresses and headers; what fails is said by the caller.
    log: { debug: silent, info: silent, warn: silent, error: silent },
    retry: { retryAfterBaseValue: second },
    // A number of its own for each: limits are counted by it.
    throttle: {
      id: randomUUID(),
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
      retryAfterBaseValue: second,
    },
  });
  return client;
}

/**
 * The one way out to the network. Whatever a server answers, a redirect or a link to the next page included, the token goes
 * to no other origin.
 */
function onlyTo(origins: ReadonlySet<string>): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!origins.has(url.origin))
      throw new TypeError(`an answer led to ${url.origin}, which is not GitHub's API here`);
    return await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(requestMs),
    });
  };
}

function silent(): void {
  // Nothing.
}
