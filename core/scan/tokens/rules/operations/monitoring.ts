import type { TokenRule } from '../../rule.ts';
import { hasGrafanaCrc, jsonOf } from '../checksum.ts';
import { base64, named, slug, uuid, word } from '../shape.ts';

const newRelic = 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/';

/** Tokens of what watches systems. */
export const monitoring: readonly TokenRule[] = [
  {
    id: 'datadog-api-key',
    title: 'a Datadog API key',
    source: 'https://docs.datadoghq.com/account_management/api-app-keys/',
    ...named(['datadog', 'dd_api_key', 'dd_client_token'], '[0-9a-f]{32}', 'key|token'),
  },
  {
    id: 'datadog-app-key',
    title: 'a Datadog application key',
    source: 'https://docs.datadoghq.com/account_management/api-app-keys/',
    ...named(['datadog', 'dd_app_key', 'dd_application_key'], '[0-9a-f]{40}', 'key'),
  },
  {
    id: 'new-relic-user-key',
    title: 'a New Relic user key',
    source: newRelic,
    keywords: ['nrak-'],
    pattern: word`NRAK-[A-Z0-9]{27}`,
    shown: 5,
  },
  {
    id: 'new-relic-license-key',
    title: 'a New Relic license key',
    source: newRelic,
    keywords: ['nral'],
    pattern: word`(?:[a-z]{2}[0-9]{2}x{2})?[0-9a-fA-F]{30,36}NRAL`,
  },
  {
    id: 'new-relic-insights-key',
    title: 'a New Relic insert or query key',
    source: newRelic,
    keywords: ['nrii-', 'nriq-'],
    pattern: slug`NRI[IQ]-[A-Za-z0-9_-]{32}`,
    shown: 5,
  },
  {
    id: 'new-relic-admin-key',
    title: 'a New Relic admin or REST key',
    source: newRelic,
    keywords: ['nraa-', 'nrra-'],
    pattern: word`NRAA-[0-9a-f]{27}|NRRA-[0-9a-f]{42}`,
    shown: 5,
  },
  {
    id: 'grafana-service-token',
    title: 'a token of a Grafana service account',
    source: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/',
    keywords: ['glsa_'],
    pattern: word`glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}`,
    check: hasGrafanaCrc,
    shown: 5,
  },
  {
    id: 'grafana-cloud-token',
    title: 'a Grafana Cloud access policy token',
    source:
      'https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/',
    keywords: ['glc_eyj'],
    pattern: base64`glc_eyJ[A-Za-z0-9+/]{60,400}={0,2}`,
    shown: 4,
  },
  {
    id: 'grafana-api-key',
    title: 'a Grafana API key of the older form',
    source:
      'https://grafana.com/docs/grafana/latest/administration/service-accounts/migrate-api-keys/',
    // Base64 of `{"k":"`.
    keywords: ['eyjrijoi'],
    pattern: base64`eyJrIjoi[A-Za-z0-9+/_-]{60,300}={0,2}`,
    check: (token) => {
      const content = jsonOf(token);
      return content !== undefined && 'n' in content && 'id' in content;
    },
  },
  {
    id: 'sentry-organization-token',
    title: 'a Sentry organization token',
    source: 'https://docs.sentry.io/account/auth-tokens/',
    keywords: ['sntrys_eyj'],
    pattern: base64`sntrys_eyJ[A-Za-z0-9+/]{60,400}={0,2}_[A-Za-z0-9+/_-]{43}`,
    shown: 7,
  },
  {
    id: 'sentry-user-token',
    title: 'a Sentry user token',
    source: 'https://docs.sentry.io/account/auth-tokens/',
    keywords: ['sntryu_', 'sntrya_', 'sntryi_'],
    pattern: word`sntry[uai]_[0-9a-f]{64}`,
    shown: 7,
  },
  {
    id: 'sentry-legacy-token',
    title: 'a Sentry auth token of the older form',
    source: 'https://docs.sentry.io/account/auth-tokens/',
    ...named(['sentry'], '[0-9a-f]{64}', 'token'),
  },
  {
    id: 'honeycomb-key',
    title: 'a Honeycomb API key',
    source: 'https://docs.honeycomb.io/configure/environments/manage-api-keys/',
    keywords: ['hcaik_', 'hcaic_', 'hcxik_'],
    pattern: word`hc[ax]i[kc]_[a-z0-9]{58}`,
    shown: 6,
  },
  {
    id: 'honeycomb-legacy-key',
    title: 'a Honeycomb API key of the older form',
    source: 'https://docs.honeycomb.io/configure/environments/manage-api-keys/',
    ...named(['honeycomb', 'hny_'], '(?:[A-Za-z0-9]{22}|[0-9a-f]{32})', 'key|team'),
  },
  {
    id: 'dynatrace-token',
    title: 'a Dynatrace token',
    source:
      'https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens',
    keywords: ['dt0c', 'dt0s'],
    pattern: word`dt0[cs][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}`,
    shown: 7,
  },
  {
    id: 'splunk-hec-token',
    title: 'a token of Splunk’s HTTP event collector',
    source: 'https://docs.splunk.com/Documentation/Splunk/latest/Data/UsetheHTTPEventCollector',
    ...named(['splunk', 'hec_'], uuid, 'token'),
  },
  {
    id: 'sumologic-key',
    title: 'a Sumo Logic access key',
    source: 'https://help.sumologic.com/docs/manage/security/access-keys/',
    ...named(['sumologic', 'sumo_'], '[A-Za-z0-9]{64}', 'key|secret'),
  },
  {
    id: 'logz-token',
    title: 'a Logz.io token',
    source: 'https://docs.logz.io/docs/user-guide/admin/authentication-tokens/',
    ...named(['logz'], `(?:${uuid}|[A-Za-z]{32})`, 'token'),
  },
  {
    id: 'loggly-token',
    title: 'a Loggly token',
    source:
      'https://documentation.solarwinds.com/en/success_center/loggly/content/admin/customer-token-authentication-token.htm',
    ...named(['loggly'], uuid, 'token'),
  },
  {
    id: 'logdna-key',
    title: 'an ingestion key of Mezmo (LogDNA)',
    source: 'https://docs.mezmo.com/docs/ingestion-key',
    ...named(['logdna', 'mezmo'], '[0-9a-f]{32}', 'key'),
  },
  {
    id: 'coralogix-key',
    title: 'a Coralogix API key',
    source: 'https://coralogix.com/docs/user-guides/account-management/api-keys/api-keys/',
    keywords: ['cxtp_', 'cxup_'],
    pattern: word`cx[tu]p_[A-Za-z0-9]{30}`,
    shown: 5,
  },
  {
    id: 'axiom-token',
    title: 'an Axiom token',
    source: 'https://axiom.co/docs/reference/tokens',
    keywords: ['xaat-', 'xapt-'],
    pattern: word`xa[ap]t-${uuid}`,
    shown: 5,
  },
];
