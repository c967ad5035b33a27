import type { TokenRule } from '../../rule.ts';
import { named, slug, word } from '../shape.ts';

/** Tokens of services that build and deploy. */
export const ci: readonly TokenRule[] = [
  {
    id: 'circleci-token',
    title: 'a CircleCI API token',
    source: 'https://circleci.com/docs/managing-api-tokens/',
    keywords: ['ccipat_', 'cciprj_'],
    pattern: word`CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}`,
    shown: 7,
  },
  {
    id: 'circleci-legacy-token',
    title: 'a CircleCI API token of the older form',
    source: 'https://circleci.com/docs/managing-api-tokens/',
    ...named(['circleci', 'circle_ci', 'circle_token'], '[0-9a-f]{40}'),
  },
  {
    id: 'buildkite-token',
    title: 'a Buildkite API token',
    source: 'https://buildkite.com/docs/apis/managing-api-tokens',
    keywords: ['bkua_'],
    pattern: word`bkua_[0-9a-f]{40}`,
    shown: 5,
  },
  {
    id: 'buildkite-agent-token',
    title: 'a Buildkite agent token',
    source: 'https://buildkite.com/docs/agent/v3/tokens',
    ...named(['buildkite'], '[0-9a-f]{50}', 'token'),
  },
  {
    id: 'travis-token',
    title: 'a Travis CI API token',
    source: 'https://developer.travis-ci.com/authentication',
    ...named(['travis'], '[A-Za-z0-9_-]{22}'),
  },
  {
    id: 'jenkins-token',
    title: 'a Jenkins API token',
    source: 'https://www.jenkins.io/doc/book/using/using-credentials/',
    // Version 11, and 16 bytes.
    ...named(['jenkins'], '11[0-9a-f]{32}'),
  },
  {
    id: 'drone-token',
    title: 'a Drone CI token',
    source: 'https://docs.drone.io/cli/configure/',
    ...named(['drone'], '[A-Za-z0-9]{32}', 'token|secret'),
  },
  {
    id: 'teamcity-token',
    title: 'a TeamCity access token',
    source: 'https://www.jetbrains.com/help/teamcity/configuring-your-user-profile.html',
    // Base64 of a header whose type is `TCV2`.
    keywords: ['eyj0exaioiaivenwmij9.'],
    pattern: slug`eyJ0eXAiOiAiVENWMiJ9\.[A-Za-z0-9_-]{30,60}\.[A-Za-z0-9_-]{40,60}`,
  },
  {
    id: 'harness-token',
    title: 'a Harness access token',
    source: 'https://developer.harness.io/docs/platform/automation/api/add-and-manage-api-keys/',
    keywords: ['pat.', 'sat.'],
    pattern: word`[ps]at\.[A-Za-z0-9_-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}`,
    shown: 4,
  },
  {
    id: 'octopus-key',
    title: 'an Octopus Deploy API key',
    source: 'https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key',
    ...named(['octopus'], 'API-[A-Z0-9]{25,32}'),
    shown: 4,
  },
  {
    id: 'appveyor-token',
    title: 'an AppVeyor API token',
    source: 'https://www.appveyor.com/docs/api/',
    ...named(['appveyor'], 'v2\\.[a-z0-9]{20}'),
  },
  {
    id: 'codefresh-key',
    title: 'a Codefresh API key',
    source: 'https://codefresh.io/docs/docs/integrations/codefresh-api/',
    ...named(['codefresh'], '[0-9a-f]{24}\\.[0-9a-f]{32}'),
  },
  {
    id: 'bitrise-token',
    title: 'a Bitrise access token',
    source: 'https://devcenter.bitrise.io/en/accounts/personal-access-tokens.html',
    ...named(['bitrise'], '[A-Za-z0-9_-]{86}'),
  },
];
