import type { TokenRule } from '../../rule.ts';
import { named, slug, word } from '../shape.ts';

/** Tokens of other places that hold source code. */
export const sourceHosts: readonly TokenRule[] = [
  {
    id: 'bitbucket-app-password',
    title: 'a Bitbucket app password',
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/',
    keywords: ['atbb'],
    pattern: word`ATBB[A-Za-z0-9]{24}[0-9A-F]{8}`,
    shown: 4,
  },
  {
    id: 'atlassian-api-token',
    title: 'an Atlassian API token',
    source:
      'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/',
    remedy: 'revoke it at id.atlassian.com, Security, API tokens',
    keywords: ['atatt3xffgf0'],
    pattern: word`ATATT3xFfGF0[A-Za-z0-9_-]{120,250}=[0-9A-F]{8}`,
    shown: 12,
  },
  {
    id: 'bitbucket-access-token',
    title: 'a Bitbucket access token of a repository, project or workspace',
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/',
    keywords: ['atctt3xffgn0'],
    pattern: word`ATCTT3xFfGN0[A-Za-z0-9_-]{120,250}=[0-9A-F]{8}`,
    shown: 12,
  },
  {
    id: 'bitbucket-server-token',
    title: 'a Bitbucket Data Center access token',
    source: 'https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html',
    keywords: ['bbdc-'],
    pattern: word`BBDC-[A-Za-z0-9+/@_-]{40,50}`,
    shown: 5,
  },
  {
    id: 'atlassian-legacy-token',
    title: 'an Atlassian API token of the older form',
    source:
      'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/',
    remedy: 'revoke it at id.atlassian.com, Security, API tokens',
    ...named(['atlassian', 'jira', 'confluence'], '[A-Za-z0-9]{24}', 'token|key|passw(?:or)?d'),
  },
  {
    id: 'gitea-token',
    title: 'an access token of Gitea, Forgejo or Gogs',
    source: 'https://docs.gitea.com/development/api-usage',
    ...named(['gitea', 'forgejo', 'codeberg', 'gogs'], '[0-9a-f]{40}'),
  },
  {
    id: 'sourcegraph-token',
    title: 'a Sourcegraph access token',
    source: 'https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token',
    keywords: ['sgp_'],
    pattern: word`sgp_(?:(?:[0-9a-f]{16}|local)_)?[0-9a-f]{40}`,
    shown: 4,
  },
  {
    id: 'azure-devops-token',
    title: 'an Azure DevOps personal access token',
    source:
      'https://learn.microsoft.com/azure/devops/release-notes/2024/general/sprint-241-update#changes-in-the-format-of-azure-devops-personal-access-tokens',
    keywords: ['azdo'],
    before: 100,
    pattern: word`[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}`,
  },
  {
    id: 'azure-devops-legacy-token',
    title: 'an Azure DevOps personal access token of the older form',
    source:
      'https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate',
    ...named(
      ['azure_devops', 'azdo', 'dev.azure.com', 'vsts', 'vss_'],
      '[a-z2-7]{52}',
      'token|pat|key|secret|passw(?:or)?d|auth',
    ),
  },
  {
    id: 'phabricator-token',
    title: 'a Conduit API token of Phabricator or Phorge',
    source: 'https://secure.phabricator.com/book/phabricator/article/conduit/',
    ...named(['phabricator', 'phorge', 'conduit'], '(?:api|cli)-[a-z0-9]{28}'),
  },
  {
    id: 'gitpod-token',
    title: 'a Gitpod personal access token',
    source: 'https://www.gitpod.io/docs/configure/user-settings/access-tokens',
    keywords: ['gitpod_pat_'],
    pattern: slug`gitpod_pat_[A-Za-z0-9_.-]{40,120}`,
    shown: 11,
  },
];
