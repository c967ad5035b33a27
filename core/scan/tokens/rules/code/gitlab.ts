import type { TokenRule } from '../../rule.ts';
import { slug, word } from '../shape.ts';

const prefixes = 'https://docs.gitlab.com/security/tokens/#token-prefixes';

/**
 * What follows the prefix of a token that tells which cell to ask: payload, version, and length with checksum in base36.
 * https://handbook.gitlab.com/handbook/engineering/architecture/design-documents/cells/routable_tokens/
 */
const routable = String.raw`[A-Za-z0-9_-]{27,300}\.[0-9a-z]{2}\.[0-9a-z]{9}`;

const body = `(?:${routable}|[A-Za-z0-9_-]{20})`;

/** Tokens of GitLab. An instance may put its own name in front of a prefix (`acme-glpat-`). */
export const gitlab: readonly TokenRule[] = [
  {
    id: 'gitlab-personal-token',
    title: 'a GitLab access token of a person, project or group',
    source: prefixes,
    keywords: ['glpat-'],
    pattern: slug`glpat-${body}`,
    shown: 6,
  },
  {
    id: 'gitlab-deploy-token',
    title: 'a GitLab deploy token',
    source: prefixes,
    keywords: ['gldt-'],
    pattern: slug`gldt-${body}`,
    shown: 5,
  },
  {
    id: 'gitlab-runner-token',
    title: 'a GitLab runner authentication token',
    source: prefixes,
    remedy: 'reset the runner’s authentication token and register it anew',
    keywords: ['glrt-', 'glrtr-'],
    pattern: slug`glrtr?-(?:t[0-9]_)?${body}`,
    shown: 5,
  },
  {
    id: 'gitlab-registration-token',
    title: 'a GitLab runner registration token',
    source: 'https://docs.gitlab.com/security/tokens/#runner-registration-tokens-legacy',
    remedy: 'reset the registration token, or switch registration by token off',
    keywords: ['gr1348941'],
    pattern: slug`GR1348941[A-Za-z0-9_-]{20}`,
    shown: 9,
  },
  {
    id: 'gitlab-trigger-token',
    title: 'a GitLab pipeline trigger token',
    source: prefixes,
    keywords: ['glptt-'],
    pattern: slug`glptt-(?:[0-9a-f]{40}|${routable})`,
    shown: 6,
  },
  {
    id: 'gitlab-job-token',
    title: 'a GitLab CI job token',
    source: prefixes,
    remedy: 'it ends with its job; cancel the job where it still runs',
    keywords: ['glcbt-'],
    after: 3000,
    pattern: slug`glcbt-(?:eyJ[A-Za-z0-9_-]{16,600}\.[A-Za-z0-9_-]{16,1500}\.[A-Za-z0-9_-]{43,700}|[0-9a-f]{1,5}_[A-Za-z0-9_-]{20}|${body})`,
    shown: 6,
  },
  {
    id: 'gitlab-feed-token',
    title: 'a GitLab feed token',
    source: prefixes,
    remedy: 'reset it under Preferences, Access tokens, Feed token',
    keywords: ['glft-'],
    pattern: slug`glft-(?:[0-9a-f]{64}-[0-9]{1,12}|${body})`,
    shown: 5,
  },
  {
    id: 'gitlab-mail-token',
    title: 'a GitLab incoming mail token',
    source: prefixes,
    remedy: 'reset it under Preferences, Access tokens, Incoming email token',
    keywords: ['glimt-'],
    pattern: word`glimt-[0-9a-z]{25,26}`,
    shown: 6,
  },
  {
    id: 'gitlab-agent-token',
    title: 'a token of GitLab’s agent for Kubernetes',
    source: prefixes,
    keywords: ['glagent-'],
    pattern: slug`glagent-(?:${routable}|[A-Za-z0-9_-]{50,64})`,
    shown: 8,
  },
  {
    id: 'gitlab-oauth-secret',
    title: 'the secret of a GitLab OAuth application',
    source: prefixes,
    remedy: 'renew the secret of the application',
    keywords: ['gloas-'],
    pattern: word`gloas-[0-9a-f]{64}`,
    shown: 6,
  },
  {
    id: 'gitlab-scim-token',
    title: 'a GitLab SCIM token',
    source: prefixes,
    remedy: 'reset the SCIM token of the group',
    keywords: ['glsoat-'],
    pattern: slug`glsoat-${body}`,
    shown: 7,
  },
  {
    id: 'gitlab-flags-token',
    title: 'a GitLab feature flags client token',
    source: prefixes,
    keywords: ['glffct-'],
    pattern: slug`glffct-${body}`,
    shown: 7,
  },
  {
    id: 'gitlab-session',
    title: 'a GitLab session cookie',
    source: 'https://docs.gitlab.com/user/profile/#cookies-used-for-sign-in',
    remedy: 'revoke the session under Preferences, Active sessions',
    keywords: ['_gitlab_session'],
    pattern: /_gitlab_session(?:=|["']?\s?[:,]\s?["'])(?<secret>[0-9a-f]{32})(?![0-9a-f])/dg,
  },
];
