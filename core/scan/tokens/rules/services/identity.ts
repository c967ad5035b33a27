import type { TokenRule } from '../../rule.ts';
import { base64, named, word } from '../shape.ts';

/** Tokens of what signs people in. */
export const identity: readonly TokenRule[] = [
  {
    id: 'okta-token',
    title: 'an Okta API token',
    source: 'https://developer.okta.com/docs/guides/create-an-api-token/main/',
    ...named(['okta'], '00[A-Za-z0-9_-]{40}', 'token|key|secret'),
    shown: 2,
  },
  {
    id: 'okta-authorization',
    title: 'an Okta API token in a header',
    source: 'https://developer.okta.com/docs/reference/core-okta-api/#authentication',
    keywords: ['ssws '],
    pattern: /SSWS (?<secret>00[A-Za-z0-9_-]{40})(?![A-Za-z0-9_-])/dg,
    random: true,
    shown: 2,
  },
  {
    id: 'auth0-secret',
    title: 'an Auth0 client secret',
    source: 'https://auth0.com/docs/get-started/applications/rotate-client-secret',
    ...named(['auth0'], '[A-Za-z0-9_-]{64}', 'secret'),
  },
  {
    id: 'clerk-secret-key',
    title: 'a secret key of Clerk',
    source: 'https://clerk.com/docs/guides/development/clerk-environment-variables',
    keywords: ['sk_live_', 'sk_test_'],
    pattern: word`sk_(?:live|test)_[A-Za-z0-9]{40,52}`,
    check: (key) => !/^.{8}[0-9a-f]{40}$/.test(key),
    shown: 8,
  },
  {
    id: 'stytch-secret',
    title: 'a Stytch secret',
    source: 'https://stytch.com/docs/api/authentication',
    keywords: ['secret-live-', 'secret-test-'],
    pattern: base64`secret-(?:live|test)-[A-Za-z0-9_-]{36}=?`,
    shown: 12,
  },
  {
    id: 'onelogin-secret',
    title: 'a OneLogin client secret',
    source:
      'https://developers.onelogin.com/api-docs/1/getting-started/working-with-api-credentials',
    ...named(['onelogin', 'one_login'], '[0-9a-f]{64}', 'secret'),
  },
  {
    id: 'duo-secret',
    title: 'a Duo secret key',
    source: 'https://duo.com/docs/authapi',
    ...named(['duo_', 'duosecurity', 'skey'], '[A-Za-z0-9]{40}', 'skey|secret'),
  },
  {
    id: 'jumpcloud-key',
    title: 'a JumpCloud API key',
    source: 'https://docs.jumpcloud.com/api/1.0/index.html#section/API-Key',
    keywords: ['jca_'],
    pattern: word`jca_[A-Za-z0-9]{36}`,
    shown: 4,
  },
  {
    id: 'keycloak-secret',
    title: 'a Keycloak client secret',
    source: 'https://www.keycloak.org/docs/latest/server_admin/#_client-credentials',
    ...named(['keycloak'], '[A-Za-z0-9]{32}', 'secret'),
  },
];
