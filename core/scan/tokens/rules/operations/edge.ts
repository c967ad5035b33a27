import type { TokenRule } from '../../rule.ts';
import { hasNatsCrc } from '../checksum.ts';
import { named, word } from '../shape.ts';

/** Tokens of devices, of messaging and of gateways. */
export const edge: readonly TokenRule[] = [
  {
    id: 'nats-seed',
    title: 'a seed of NATS',
    source:
      'https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/nkey_auth',
    remedy: 'make a new one with nsc or nk, and give its public key to the server',
    // Base32 of a prefix that tells users, accounts, operators, servers, clusters and curve keys apart.
    keywords: ['sua', 'saa', 'soa', 'sna', 'sca', 'sxa'],
    pattern: word`S[UAONCX]A[A-Z2-7]{55}`,
    check: hasNatsCrc,
    shown: 2,
  },
  {
    id: 'things-network-key',
    title: 'an API key of The Things Network',
    source: 'https://www.thethingsindustries.com/docs/concepts/advanced/auth/',
    keywords: ['nnsxs.'],
    pattern: word`NNSXS\.[A-Z2-7]{39}\.[A-Z2-7]{52}`,
    shown: 6,
  },
  {
    id: 'balena-key',
    title: 'a balena API key',
    source: 'https://docs.balena.io/learn/accounts/api-keys/',
    ...named(['balena'], '[A-Za-z0-9]{32}'),
  },
  {
    id: 'particle-token',
    title: 'a Particle access token',
    source: 'https://docs.particle.io/reference/cloud-apis/access-tokens/',
    ...named(['particle'], '[0-9a-f]{40}', 'token'),
  },
  {
    id: 'edge-impulse-key',
    title: 'an Edge Impulse API key',
    source: 'https://docs.edgeimpulse.com/apis/studio',
    keywords: ['ei_'],
    pattern: word`ei_[0-9a-f]{64}`,
    shown: 3,
  },
  {
    id: 'meraki-key',
    title: 'a Cisco Meraki API key',
    source: 'https://developer.cisco.com/meraki/api-v1/authorization/',
    ...named(['meraki'], '[0-9a-f]{40}', 'key'),
  },
  {
    id: 'thingspeak-key',
    title: 'a ThingSpeak API key',
    source: 'https://www.mathworks.com/help/thingspeak/channels-and-charts-api.html',
    ...named(['thingspeak'], '[A-Z0-9]{16}', 'key'),
  },
  {
    id: 'ubidots-token',
    title: 'a Ubidots token',
    source: 'https://docs.ubidots.com/reference/authentication',
    keywords: ['bbff-', 'bbus-'],
    pattern: word`BB(?:FF|US)-[A-Za-z0-9]{30,36}`,
    shown: 5,
  },
  {
    id: 'samsara-token',
    title: 'a Samsara API token',
    source: 'https://developers.samsara.com/docs/authentication',
    keywords: ['samsara_api_'],
    pattern: word`samsara_api_[A-Za-z0-9]{30}`,
    shown: 12,
  },
  {
    id: 'kong-konnect-token',
    title: 'a Kong Konnect access token',
    source: 'https://developer.konghq.com/konnect-api/',
    keywords: ['kpat_', 'spat_'],
    pattern: word`[ks]pat_[A-Za-z0-9]{40,56}`,
    shown: 5,
  },
  {
    id: 'pubnub-secret',
    title: 'a secret key of PubNub',
    source: 'https://www.pubnub.com/docs/general/setup/account-setup',
    // A UUID in base64.
    keywords: ['sec-c-'],
    pattern: word`sec-c-[A-Za-z0-9+/]{48}`,
    shown: 6,
  },
  {
    id: 'pusher-secret',
    title: 'a Pusher secret',
    source: 'https://pusher.com/docs/channels/server_api/authenticating-requests/',
    ...named(['pusher'], '[0-9a-f]{20}', 'secret'),
  },
  {
    id: 'ably-key',
    title: 'an Ably API key',
    source: 'https://ably.com/docs/auth',
    ...named(['ably'], '[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{6}:[A-Za-z0-9_-]{43}'),
    random: false,
  },
  {
    id: 'tuya-secret',
    title: 'an access secret of Tuya',
    source: 'https://developer.tuya.com/en/docs/iot/api-request',
    ...named(['tuya'], '[0-9a-f]{32}', 'secret|key'),
  },
];
