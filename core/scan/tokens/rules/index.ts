import type { TokenRule } from '../rule.ts';
import { aws } from './cloud/aws.ts';
import { azure } from './cloud/azure.ts';
import { clouds } from './cloud/clouds.ts';
import { google } from './cloud/google.ts';
import { networks } from './cloud/networks.ts';
import { platforms } from './cloud/platforms.ts';
import { ci } from './code/ci.ts';
import { frameworks } from './code/frameworks.ts';
import { github } from './code/github.ts';
import { gitlab } from './code/gitlab.ts';
import { packages } from './code/packages.ts';
import { quality } from './code/quality.ts';
import { sourceHosts } from './code/source-hosts.ts';
import { alerting } from './operations/alerting.ts';
import { databases } from './operations/databases.ts';
import { edge } from './operations/edge.ts';
import { infrastructure } from './operations/infrastructure.ts';
import { kubernetes } from './operations/kubernetes.ts';
import { monitoring } from './operations/monitoring.ts';
import { ai } from './services/ai.ts';
import { chat } from './services/chat.ts';
import { commerce } from './services/commerce.ts';
import { content } from './services/content.ts';
import { identity } from './services/identity.ts';
import { inference } from './services/inference.ts';
import { mail } from './services/mail.ts';
import { payment } from './services/payment.ts';
import { social } from './services/social.ts';
import { work } from './services/work.ts';

/** Families of vendors: the chapters of docs/SCAN-RULES.md. */
export const families: readonly { title: string; rules: readonly TokenRule[] }[] = [
  { title: 'GitHub', rules: github },
  { title: 'GitLab', rules: gitlab },
  { title: 'Other source hosts', rules: sourceHosts },
  { title: 'Package registries', rules: packages },
  { title: 'Building and deploying', rules: ci },
  { title: 'Testing and checking', rules: quality },
  { title: 'Applications', rules: frameworks },
  { title: 'Amazon', rules: aws },
  { title: 'Google', rules: google },
  { title: 'Microsoft Azure', rules: azure },
  { title: 'Other clouds', rules: clouds },
  { title: 'Platforms', rules: platforms },
  { title: 'Networks', rules: networks },
  { title: 'Kubernetes', rules: kubernetes },
  { title: 'Infrastructure and vaults', rules: infrastructure },
  { title: 'Databases', rules: databases },
  { title: 'Monitoring', rules: monitoring },
  { title: 'Alerts and analytics', rules: alerting },
  { title: 'Devices, messaging and gateways', rules: edge },
  { title: 'Machine learning', rules: ai },
  { title: 'More machine learning', rules: inference },
  { title: 'Chat', rules: chat },
  { title: 'Mail and messages', rules: mail },
  { title: 'Payment', rules: payment },
  { title: 'Commerce', rules: commerce },
  { title: 'Social networks', rules: social },
  { title: 'Work', rules: work },
  { title: 'Identity', rules: identity },
  { title: 'Content', rules: content },
];

/** Every rule for a vendor's tokens. Where two could match one value, the one that comes first names it. */
export const tokenRules: readonly TokenRule[] = families.flatMap(({ rules }) => rules);
