import type { TokenRule } from '../../rule.ts';
import { base64, named, slug, word } from '../shape.ts';

const regenerate = 'regenerate the key; where there are two, move to the other one first';
const identifiable =
  'https://github.com/microsoft/security-utilities/blob/main/docs/IdentifiableSecrets.md';

/** The marks that Microsoft writes into keys of 64 and of 32 bytes, so that scanners know them. */
const marks64 = ['+ASt', 'ACDb', 'APIM', '+ABa', '+AMC'];
const marks32 = ['+ASb', '+AEh', '+ARm', 'AIoT', 'AZEG'];

const any = (marks: readonly string[]): string =>
  `(?:${marks.map((mark) => mark.replace('+', '\\+')).join('|')})`;
const lower = (marks: readonly string[]): string[] => marks.map((mark) => mark.toLowerCase());

/** Whether a key has no mark, so that the rule for marked ones leaves it. */
const unmarked = (key: string): boolean =>
  !marks64.includes(key.slice(76, 80)) && !marks32.includes(key.slice(33, 37));

/** The storage emulator's key is the same everywhere: nobody's secret. */
const emulator = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq';

/** Keys of Microsoft Azure and Entra ID. */
export const azure: readonly TokenRule[] = [
  {
    id: 'azure-storage-key',
    title: 'an Azure Storage or Cosmos DB account key',
    source: 'https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage',
    remedy: regenerate,
    keywords: ['accountkey='],
    pattern: /AccountKey=(?<secret>[A-Za-z0-9+/]{86}==)/dg,
    check: (key) => unmarked(key) && !key.startsWith(emulator),
  },
  {
    id: 'azure-account-key',
    title: 'an Azure account key of 64 bytes',
    source: 'https://learn.microsoft.com/azure/storage/common/storage-account-keys-manage',
    remedy: regenerate,
    ...named(['azure', 'storage', 'cosmos', 'arm_'], '[A-Za-z0-9+/]{86}==', 'key'),
    check: (key) => unmarked(key) && !key.startsWith(emulator),
  },
  {
    id: 'azure-shared-access-key',
    title: 'a shared access key in an Azure connection string',
    source: 'https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas',
    remedy: regenerate,
    keywords: ['accesskey='],
    pattern:
      /(?:Shared)?[Aa]ccess[Kk]ey=(?<secret>[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)(?![A-Za-z0-9+/=])/dg,
    check: unmarked,
  },
  {
    id: 'azure-identifiable-key',
    title: 'an Azure key of 64 bytes with a mark (Storage, Cosmos DB, API Management, Batch)',
    source: identifiable,
    remedy: regenerate,
    keywords: lower(marks64),
    before: 96,
    pattern: base64`[A-Za-z0-9+/]{76}${any(marks64)}[A-Za-z0-9+/]{5}[AQgw]==`,
  },
  {
    id: 'azure-messaging-key',
    title: 'an Azure key of 32 bytes with a mark (Service Bus, Event Hubs, Relay, IoT, Event Grid)',
    source: identifiable,
    remedy: regenerate,
    keywords: lower(marks32),
    pattern: base64`[A-Za-z0-9+/]{33}${any(marks32)}[A-Za-z0-9+/]{6}=`,
  },
  {
    id: 'azure-redis-key',
    title: 'an Azure Cache for Redis key',
    source: identifiable,
    remedy: regenerate,
    keywords: ['azca'],
    pattern: base64`[A-Za-z0-9]{33}AzCa[A-Za-z0-9]{6}=`,
  },
  {
    id: 'azure-search-key',
    title: 'an Azure AI Search key',
    source: identifiable,
    remedy: regenerate,
    keywords: ['azse'],
    pattern: word`[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}`,
  },
  {
    id: 'azure-functions-key',
    title: 'an Azure Functions key',
    source: identifiable,
    remedy: regenerate,
    keywords: ['azfu'],
    pattern: base64`[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw]==`,
  },
  {
    id: 'azure-registry-password',
    title: 'a password of an Azure Container Registry',
    source: identifiable,
    remedy: regenerate,
    keywords: ['+acr'],
    pattern: base64`[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}`,
  },
  {
    id: 'azure-ai-key',
    title: 'a key of Azure AI services or another Azure resource, in the form with a mark',
    source: identifiable,
    remedy: regenerate,
    keywords: ['jqqj9'],
    before: 60,
    pattern: word`[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9]{26}`,
    // Azure DevOps has a rule of its own.
    check: (key) => key.slice(76, 80) !== 'AZDO',
  },
  {
    id: 'azure-client-secret',
    title: 'a client secret of Microsoft Entra ID',
    source: 'https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret',
    remedy: 'add a new client secret to the app registration and delete this one',
    keywords: Array.from({ length: 10 }, (_, digit) => `${digit}q~`),
    pattern:
      /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/dg,
  },
  {
    id: 'azure-sas-signature',
    title: 'the signature of an Azure shared access URL',
    source: 'https://learn.microsoft.com/azure/storage/common/storage-sas-overview',
    remedy: 'revoke the stored access policy, or regenerate the key that signed it',
    keywords: ['sig='],
    pattern: /[?&;]sig=(?<secret>[A-Za-z0-9%+/]{43,63}(?:=|%3[Dd]))(?![A-Za-z0-9%+/=])/dg,
    random: true,
  },
  {
    id: 'azure-app-configuration-secret',
    title: 'the secret of an Azure App Configuration store',
    source: 'https://learn.microsoft.com/azure/azure-app-configuration/howto-best-practices',
    remedy: regenerate,
    keywords: ['.azconfig.io;'],
    pattern: /\.azconfig\.io;Id=[^;\s]{1,100};Secret=(?<secret>[A-Za-z0-9+/]{43}=)/dg,
  },
  {
    id: 'azure-cognitive-key',
    title: 'a key of Azure AI services',
    source: 'https://learn.microsoft.com/azure/ai-services/authentication',
    remedy: regenerate,
    ...named(
      ['azure', 'cognitive', 'ocp-apim-subscription-key', 'speech_key', 'bing_search'],
      '[0-9a-f]{32}',
      'key|token|secret',
    ),
  },
  {
    id: 'entra-refresh-token',
    title: 'a refresh token of Microsoft Entra ID',
    source: 'https://learn.microsoft.com/entra/identity-platform/refresh-tokens',
    remedy: 'revoke the sessions of the user',
    keywords: ['1.ax', '0.ax', '0.ar', '0.at', '0.av', '1.ar', '1.at', '1.av'],
    after: 2400,
    pattern: slug`[01]\.A[A-Za-z0-9_-]{50,120}\.(?:Ag|AQ)[A-Za-z0-9_-]{200,2000}`,
  },
];
