import type { TokenRule } from '../../rule.ts';
import { hasCrc62 } from '../checksum.ts';
import { named, slug, word } from '../shape.ts';

const formats = 'https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/';

/** Tokens of GitHub: a prefix, and a checksum that tells real ones from look-alikes without asking GitHub. */
export const github: readonly TokenRule[] = [
  {
    id: 'github-personal-token',
    title: 'a GitHub personal access token (classic)',
    source: formats,
    remedy: 'delete it under Settings, Developer settings, Personal access tokens',
    keywords: ['ghp_'],
    pattern: word`ghp_[A-Za-z0-9]{36}`,
    check: hasCrc62,
    shown: 4,
  },
  {
    id: 'github-oauth-token',
    title: 'a GitHub OAuth access token',
    source: formats,
    remedy: 'revoke it under Settings, Applications, Authorized OAuth Apps',
    keywords: ['gho_'],
    pattern: word`gho_[A-Za-z0-9]{36}`,
    check: hasCrc62,
    shown: 4,
  },
  {
    id: 'github-app-user-token',
    title: 'a GitHub App user token',
    source: formats,
    remedy: 'revoke it under Settings, Applications, Authorized GitHub Apps',
    keywords: ['ghu_'],
    pattern: word`ghu_[A-Za-z0-9]{36}`,
    check: hasCrc62,
    shown: 4,
  },
  {
    id: 'github-app-token',
    title: 'a GitHub App installation token',
    source: `${formats}, https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/`,
    remedy: 'it ends by itself within an hour; revoke it by DELETE /installation/token',
    keywords: ['ghs_'],
    after: 3000,
    pattern: slug`ghs_(?:[A-Za-z0-9]{36}|[A-Za-z0-9_]{0,40}eyJ[A-Za-z0-9_-]{16,600}\.[A-Za-z0-9_-]{16,1500}\.[A-Za-z0-9_-]{43,700})`,
    // The newer ones are JWTs behind the prefix: longer, with two dots and no checksum.
    check: (token) => token.includes('.') || hasCrc62(token),
    shown: 4,
  },
  {
    id: 'github-refresh-token',
    title: 'a GitHub App refresh token',
    source: formats,
    remedy: 'revoke the authorization of the app: Settings, Applications, Authorized GitHub Apps',
    keywords: ['ghr_'],
    pattern: word`ghr_[A-Za-z0-9]{36}(?:[A-Za-z0-9]{40})?`,
    check: hasCrc62,
    shown: 4,
  },
  {
    id: 'github-fine-grained-token',
    title: 'a GitHub personal access token (fine-grained)',
    source:
      'https://github.blog/2022-10-18-introducing-fine-grained-personal-access-tokens-for-github/',
    remedy: 'delete it under Settings, Developer settings, Personal access tokens',
    keywords: ['github_pat_'],
    pattern: word`github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}`,
    shown: 11,
  },
  {
    id: 'github-client-secret',
    title: 'the client secret of a GitHub app',
    source: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/creating-an-oauth-app',
    remedy: 'generate a new client secret in the settings of the app and delete this one',
    ...named(['github', 'gh_client'], '[0-9a-f]{40}', 'secret'),
  },
];
