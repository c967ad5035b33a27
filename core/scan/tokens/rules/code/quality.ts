import type { TokenRule } from '../../rule.ts';
import { named, uuid, word } from '../shape.ts';

/** Tokens of services that test, measure and check code. */
export const quality: readonly TokenRule[] = [
  {
    id: 'sonar-token',
    title: 'a SonarQube token',
    source: 'https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/',
    keywords: ['squ_', 'sqp_', 'sqa_'],
    pattern: word`sq[upa]_[0-9a-f]{40}`,
    shown: 4,
  },
  {
    id: 'sonar-legacy-token',
    title: 'a SonarQube or SonarCloud token of the older form',
    source: 'https://docs.sonarsource.com/sonarqube-server/latest/user-guide/managing-tokens/',
    ...named(['sonar'], '[0-9a-f]{40}', 'token|login|passw(?:or)?d'),
  },
  {
    id: 'codecov-token',
    title: 'a Codecov upload token',
    source: 'https://docs.codecov.com/docs/codecov-tokens',
    ...named(['codecov'], `(?:${uuid})`, 'token'),
  },
  {
    id: 'coveralls-token',
    title: 'a Coveralls repository token',
    source: 'https://docs.coveralls.io/api-introduction',
    ...named(['coveralls'], '[A-Za-z0-9]{33}', 'token'),
  },
  {
    id: 'codeclimate-token',
    title: 'a Code Climate reporter id',
    source: 'https://docs.codeclimate.com/docs/configuring-test-coverage',
    ...named(['code_climate', 'cc_test_reporter'], '[0-9a-f]{64}', 'id|token'),
  },
  {
    id: 'snyk-token',
    title: 'a Snyk API token',
    source: 'https://docs.snyk.io/snyk-api/authentication-for-api',
    ...named(['snyk'], uuid),
  },
  {
    id: 'semgrep-token',
    title: 'a Semgrep app token',
    source: 'https://semgrep.dev/docs/deployment/core-deployment',
    ...named(['semgrep'], '[0-9a-f]{64}', 'token'),
  },
  {
    id: 'gitguardian-token',
    title: 'a GitGuardian API key',
    source: 'https://docs.gitguardian.com/api-docs/authentication',
    ...named(['gitguardian', 'ggshield'], '[0-9A-Fa-f]{71}'),
  },
  {
    id: 'stackhawk-key',
    title: 'a StackHawk API key',
    source: 'https://docs.stackhawk.com/apidocs.html',
    keywords: ['hawk.'],
    pattern: word`hawk\.[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}`,
    shown: 5,
  },
  {
    id: 'postman-key',
    title: 'a Postman API key',
    source: 'https://learning.postman.com/docs/developer/postman-api/authentication/',
    keywords: ['pmak-'],
    pattern: word`PMAK-[0-9a-f]{24}-[0-9a-f]{34}`,
    shown: 5,
  },
  {
    id: 'postman-collection-key',
    title: 'a Postman collection access key',
    source: 'https://learning.postman.com/docs/developer/postman-api/authentication/',
    keywords: ['pmat-'],
    pattern: word`PMAT-[0-9A-Z]{26}`,
    shown: 5,
  },
  {
    id: 'browserstack-key',
    title: 'a BrowserStack access key',
    source: 'https://www.browserstack.com/docs/automate/api-reference/selenium/authentication',
    ...named(['browserstack'], '[A-Za-z0-9]{20}', 'key'),
  },
  {
    id: 'sauce-labs-key',
    title: 'a Sauce Labs access key',
    source: 'https://docs.saucelabs.com/basics/acct-team-mgmt/managing-user-info/',
    ...named(['sauce'], uuid, 'key'),
  },
  {
    id: 'percy-token',
    title: 'a Percy project token',
    source: 'https://www.browserstack.com/docs/percy/take-percy-snapshots/overview',
    ...named(['percy'], '(?:(?:web|app|auto|ss|generic)_)?[0-9a-f]{64}', 'token'),
  },
  {
    id: 'infracost-key',
    title: 'an Infracost API key',
    source: 'https://www.infracost.io/docs/integrations/environment_variables/',
    keywords: ['ico-'],
    // Not `icon.ico-` and a digest, as build tools name files.
    pattern: word`(?<!\.)ico-[A-Za-z0-9]{32}`,
    random: true,
    shown: 4,
  },
];
