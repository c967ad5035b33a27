import type { TokenRule } from '../../rule.ts';
import { base64, named, slug, uuid, word } from '../shape.ts';

const keys = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html';
const remedy = 'deactivate the key in IAM, look at its last use, then delete it';

/** Both cases: what tells a secret key from a commit's hash of the same length. */
const bothCases = (secret: string): boolean => /[A-Z]/.test(secret) && /[a-z]/.test(secret);

/** Keys of Amazon Web Services. */
export const aws: readonly TokenRule[] = [
  {
    id: 'aws-access-key-id',
    title: 'an AWS access key id',
    source: keys,
    remedy,
    keywords: ['akia', 'asia', 'abia', 'acca'],
    pattern: word`(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}`,
    // AWS ends the ids of its documentation so.
    check: (id) => !id.endsWith('EXAMPLE'),
    shown: 4,
  },
  {
    id: 'aws-secret-access-key',
    title: 'an AWS secret access key',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
    remedy,
    ...named(
      ['aws', 'secret_access_key'],
      '[A-Za-z0-9/+]{40}(?!=)',
      'secret|sec_?key|key|credential',
    ),
    check: (secret) => bothCases(secret) && !secret.endsWith('EXAMPLEKEY'),
  },
  {
    id: 'aws-key-pair',
    title: 'an AWS secret access key beside its id',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
    remedy,
    keywords: ['akia', 'asia'],
    pattern:
      /(?<![A-Za-z0-9])A(?:KI|SI)A[A-Z2-7]{16}["'`]?\s{0,4}[\s,;:|]\s{0,4}["'`]?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/dg,
    check: (secret) => bothCases(secret) && !secret.endsWith('EXAMPLEKEY'),
    random: true,
  },
  {
    id: 'aws-session-token',
    title: 'an AWS session token',
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html',
    remedy: 'it ends by itself; revoke the sessions of its role in IAM',
    // Base64 of what every one begins with: `origin_`, or `aws` behind a length.
    keywords: ['iqojb3jpz2lu', 'wogzxivyxdz', 'qogzxivyxdz'],
    after: 2500,
    pattern: base64`(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9/+]{120,2200}={0,2}`,
    shown: 8,
  },
  {
    id: 'aws-bedrock-key',
    title: 'an Amazon Bedrock API key',
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
    keywords: ['absk', 'bedrock-api-key-'],
    after: 4500,
    pattern: base64`ABSK[A-Za-z0-9+/]{100,300}={0,2}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/]{100,4000}={0,2}`,
    random: true,
    shown: 4,
  },
  {
    id: 'aws-appsync-key',
    title: 'an AWS AppSync API key',
    source: 'https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html',
    keywords: ['da2-'],
    pattern: word`da2-[a-z0-9]{26}`,
    shown: 4,
  },
  {
    id: 'aws-ses-password',
    title: 'an SMTP password of Amazon SES',
    source: 'https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html',
    remedy,
    // The first byte is a version, 4.
    ...named(
      ['ses_smtp', 'aws_ses', 'amazonses', 'email-smtp'],
      'B[A-P][A-Za-z0-9+/]{42}',
      'passw(?:or)?d|pass|secret|key',
    ),
  },
  {
    id: 'amazon-mws-token',
    title: 'an Amazon Marketplace Web Service token',
    source: 'https://developer-docs.amazon.com/sp-api/docs/sp-api-endpoints',
    keywords: ['amzn.mws.'],
    pattern: new RegExp(`(?<![A-Za-z0-9])amzn\\.mws\\.${uuid}(?![0-9a-f-])`, 'dg'),
    shown: 9,
  },
  {
    id: 'amazon-client-secret',
    title: 'a client secret of Login with Amazon',
    source: 'https://developer.amazon.com/docs/login-with-amazon/security-profile.html',
    keywords: ['amzn1.oa2-cs.v1.'],
    pattern: word`amzn1\.oa2-cs\.v1\.[0-9a-f]{64}`,
    shown: 16,
  },
  {
    id: 'amazon-refresh-token',
    title: 'a refresh or access token of Login with Amazon',
    source: 'https://developer.amazon.com/docs/login-with-amazon/access-token.html',
    keywords: ['atza|', 'atzr|'],
    after: 1200,
    pattern: slug`Atz[ar]\|[A-Za-z0-9_-]{100,1000}`,
    shown: 5,
  },
];
