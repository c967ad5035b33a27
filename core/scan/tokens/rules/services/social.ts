import type { TokenRule } from '../../rule.ts';
import { named, slug, word } from '../shape.ts';

/** Tokens of social networks and media. */
export const social: readonly TokenRule[] = [
  {
    id: 'facebook-token',
    title: 'a Facebook access token',
    source: 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/',
    keywords: ['eaa'],
    pattern: word`EAA[A-Za-z0-9]{80,300}`,
    random: true,
    shown: 3,
  },
  {
    id: 'facebook-app-secret',
    title: 'the secret of an app of Facebook, Instagram or WhatsApp',
    source:
      'https://developers.facebook.com/docs/development/create-an-app/app-dashboard/basic-settings/',
    ...named(['facebook', 'fb_', 'instagram', 'whatsapp', 'meta_app'], '[0-9a-f]{32}', 'secret'),
  },
  {
    id: 'facebook-app-token',
    title: 'a Facebook app access token',
    source: 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/',
    ...named(['facebook', 'fb_', 'access_token'], '[0-9]{15,17}(?:\\||%7[Cc])[A-Za-z0-9_-]{27}'),
    random: false,
  },
  {
    id: 'instagram-token',
    title: 'an Instagram access token',
    source: 'https://developers.facebook.com/docs/instagram-platform/overview',
    keywords: ['igqv', 'igaa'],
    pattern: slug`IG(?:QV|AA)[A-Za-z0-9_-]{90,300}`,
    random: true,
    shown: 4,
  },
  {
    id: 'twitter-bearer-token',
    title: 'a bearer token of X (Twitter)',
    source: 'https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/bearer-tokens',
    keywords: ['aaaaaaaaaaaaaaaaaaaaa'],
    pattern: word`A{21}[A-Za-z0-9%]{60,120}`,
    // Zeros in base64 begin so, too; what follows them is less varied.
    check: (token) => new Set(token.slice(21)).size >= 25,
  },
  {
    id: 'twitter-access-token',
    title: 'an access token of X (Twitter)',
    source:
      'https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/obtaining-user-access-tokens',
    ...named(['twitter'], '[0-9]{15,20}-[A-Za-z0-9]{40}', 'token|key'),
  },
  {
    id: 'twitter-secret',
    title: 'an API or access token secret of X (Twitter)',
    source:
      'https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/api-key-and-secret',
    ...named(['twitter'], '(?:[A-Za-z0-9]{50}|[A-Za-z0-9]{45})', 'secret'),
  },
  {
    id: 'linkedin-secret',
    title: 'a LinkedIn client secret',
    source: 'https://learn.microsoft.com/linkedin/shared/authentication/client-credentials-flow',
    ...named(
      ['linkedin'],
      '(?:WPL_AP1\\.[A-Za-z0-9]{16}\\.[A-Za-z0-9+/=]{8}|[A-Za-z0-9]{16})',
      'secret',
    ),
  },
  {
    id: 'twitch-secret',
    title: 'a Twitch client secret or token',
    source: 'https://dev.twitch.tv/docs/authentication/',
    ...named(['twitch'], '(?:oauth:)?[a-z0-9]{30}', 'secret|token|passw(?:or)?d|oauth'),
  },
  {
    id: 'spotify-secret',
    title: 'a Spotify client secret',
    source: 'https://developer.spotify.com/documentation/web-api/concepts/apps',
    ...named(['spotify'], '[0-9a-f]{32}', 'secret'),
  },
  {
    id: 'reddit-secret',
    title: 'a Reddit client secret',
    source: 'https://github.com/reddit-archive/reddit/wiki/OAuth2',
    ...named(['reddit'], '[A-Za-z0-9_-]{27,30}', 'secret'),
  },
  {
    id: 'pinterest-token',
    title: 'a Pinterest access token',
    source:
      'https://developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization/',
    keywords: ['pina_', 'pinr.'],
    pattern: slug`pin(?:a_|r\.)[A-Za-z0-9_.-]{50,200}`,
    random: true,
    shown: 5,
  },
  {
    id: 'vk-token',
    title: 'a VK access token',
    source: 'https://dev.vk.com/en/api/access-token/getting-started',
    keywords: ['vk1.a.'],
    pattern: slug`vk1\.a\.[A-Za-z0-9_-]{80,300}`,
    shown: 6,
  },
  {
    id: 'strava-secret',
    title: 'a Strava client secret or token',
    source: 'https://developers.strava.com/docs/authentication/',
    ...named(['strava'], '[0-9a-f]{40}', 'secret|token'),
  },
  {
    id: 'tumblr-secret',
    title: 'a Tumblr consumer key or secret',
    source: 'https://www.tumblr.com/docs/en/api/v2#authentication',
    ...named(['tumblr'], '[A-Za-z0-9]{50}', 'secret|key|token'),
  },
];
