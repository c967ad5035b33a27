import type { TokenRule } from '../../rule.ts';
import { jsonOf } from '../checksum.ts';
import { base64, named, uuid, word } from '../shape.ts';

const cloudflare = 'https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/';

/** Tokens of content networks, DNS, tunnels and virtual networks. */
export const networks: readonly TokenRule[] = [
  {
    id: 'cloudflare-token',
    title: 'a Cloudflare API token',
    source: cloudflare,
    keywords: ['cfut_', 'cfat_', 'cfk_'],
    // Forty characters and a checksum, whose algorithm is not published.
    pattern: word`cf(?:ut|at|k)_[A-Za-z0-9]{40}[0-9a-f]{8}`,
    shown: 4,
  },
  {
    id: 'cloudflare-legacy-token',
    title: 'a Cloudflare API token of the older form',
    source: cloudflare,
    ...named(['cloudflare', 'cf_api', 'cf_token', 'cf_dns'], '[A-Za-z0-9_-]{40}', 'token|key'),
  },
  {
    id: 'cloudflare-global-key',
    title: 'a Cloudflare global API key of the older form',
    source: cloudflare,
    ...named(['cloudflare', 'cf_api_key', 'x-auth-key'], '[0-9a-f]{37}', 'key'),
  },
  {
    id: 'cloudflare-origin-key',
    title: 'a Cloudflare origin CA key',
    source: 'https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/',
    keywords: ['v1.0-'],
    pattern: word`v1\.0-[0-9a-f]{24}-[0-9a-f]{146}`,
    shown: 5,
  },
  {
    id: 'cloudflare-tunnel-token',
    title: 'a Cloudflare tunnel token',
    source:
      'https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/configure-tunnels/remote-tunnel-permissions/',
    remedy: 'rotate the token of the tunnel, then restart its connectors',
    keywords: ['eyjhijoi'],
    pattern: base64`eyJhIjoi[A-Za-z0-9+/_-]{100,300}={0,2}`,
    check: (token) => {
      const content = jsonOf(token);
      return content !== undefined && 'a' in content && 't' in content && 's' in content;
    },
  },
  {
    id: 'fastly-token',
    title: 'a Fastly API token',
    source: 'https://www.fastly.com/documentation/reference/api/auth-tokens/',
    ...named(['fastly'], '[A-Za-z0-9_-]{32}'),
  },
  {
    id: 'akamai-client-token',
    title: 'an Akamai EdgeGrid client or access token',
    source: 'https://techdocs.akamai.com/developer/docs/set-up-authentication-credentials',
    keywords: ['akab-'],
    pattern: word`akab-[a-z0-9]{16}-[a-z0-9]{16}`,
    shown: 5,
  },
  {
    id: 'akamai-client-secret',
    title: 'an Akamai EdgeGrid client secret',
    source: 'https://techdocs.akamai.com/developer/docs/set-up-authentication-credentials',
    ...named(['akamai', 'edgerc', 'edgegrid'], '[A-Za-z0-9+/]{43}=', 'secret'),
  },
  {
    id: 'tailscale-key',
    title: 'a Tailscale key',
    source: 'https://tailscale.com/kb/1277/key-prefixes',
    keywords: ['tskey-'],
    pattern: word`tskey-(?:(?:auth|api|client|scim|webhook|reusable)-)?[A-Za-z0-9]{10,24}-[A-Za-z0-9]{16,40}`,
    shown: 6,
  },
  {
    id: 'netbird-token',
    title: 'a NetBird access token',
    source: 'https://docs.netbird.io/how-to/access-netbird-public-api',
    keywords: ['nbp_'],
    pattern: word`nbp_[A-Za-z0-9]{36}`,
    shown: 4,
  },
  {
    id: 'zerotier-token',
    title: 'a ZeroTier API token',
    source: 'https://docs.zerotier.com/api/tokens/',
    ...named(['zerotier'], '[A-Za-z0-9]{32}', 'token|key'),
  },
  {
    id: 'ngrok-token',
    title: 'an ngrok authtoken or API key',
    source: 'https://ngrok.com/docs/api#authentication',
    ...named(['ngrok', 'authtoken'], '[A-Za-z0-9]{26,30}_[A-Za-z0-9]{20,24}'),
  },
  {
    id: 'dnsimple-token',
    title: 'a DNSimple API token',
    source: 'https://support.dnsimple.com/articles/api-access-token/',
    keywords: ['dnsimple_'],
    pattern: word`dnsimple_[ua]_[A-Za-z0-9]{32}`,
    shown: 9,
  },
  {
    id: 'porkbun-key',
    title: 'a secret key of the Porkbun API',
    source: 'https://porkbun.com/api/json/v3/documentation',
    keywords: ['sk1_'],
    pattern: word`sk1_[0-9a-f]{64}`,
    shown: 4,
  },
  {
    id: 'godaddy-secret',
    title: 'a GoDaddy API secret',
    source: 'https://developer.godaddy.com/getstarted',
    ...named(['godaddy', 'gd_'], '[A-Za-z0-9]{22}', 'secret'),
  },
  {
    id: 'ns1-key',
    title: 'an NS1 API key',
    source: 'https://www.ibm.com/docs/en/ns1-connect?topic=keys-managing-api',
    ...named(['ns1_api_key', 'nsone', 'x-nsone-key'], '[A-Za-z0-9]{20}', 'key'),
  },
  {
    id: 'duckdns-token',
    title: 'a Duck DNS token',
    source: 'https://www.duckdns.org/spec.jsp',
    ...named(['duckdns', 'duck_dns'], uuid, 'token'),
  },
  {
    id: 'gandi-token',
    title: 'a Gandi access token',
    source:
      'https://docs.gandi.net/en/managing_an_organization/organizations/personal_access_token.html',
    ...named(['gandi'], '[0-9a-f]{40}|[A-Za-z0-9]{24}'),
  },
  {
    id: 'bunny-key',
    title: 'a bunny.net API key',
    source: 'https://docs.bunny.net/reference/bunnynet-api-overview',
    ...named(
      ['bunnycdn', 'bunny.net', 'bunny_api_key', 'bunny_access_key'],
      `${uuid}(?:${uuid})?`,
      'key',
    ),
  },
  {
    id: 'wireguard-key',
    title: 'a WireGuard private or preshared key',
    source: 'https://www.wireguard.com/quickstart/',
    remedy: 'make a new key pair with wg genkey, and give the new public key to the peers',
    keywords: ['privatekey', 'presharedkey'],
    pattern:
      /(?:PrivateKey|PresharedKey)[ \t]{0,4}=[ \t]{0,4}(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)(?![A-Za-z0-9+/=])/dg,
    random: true,
  },
];
