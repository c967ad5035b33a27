import type { TokenRule } from '../rule.ts';
import { aws } from './cloud/aws.ts';
import { azure } from './cloud/azure.ts';
import { clouds } from './cloud/clouds.ts';
import { google } from './cloud/google.ts';
import { github } from './code/github.ts';
import { gitlab } from './code/gitlab.ts';
import { packages } from './code/packages.ts';
import { sourceHosts } from './code/source-hosts.ts';

/** Families of vendors: the chapters of docs/SCAN-RULES.md. */
export const families: readonly { title: string; rules: readonly TokenRule[] }[] = [
  { title: 'GitHub', rules: github },
  { title: 'GitLab', rules: gitlab },
  { title: 'Other source hosts', rules: sourceHosts },
  { title: 'Package registries', rules: packages },
  { title: 'Amazon', rules: aws },
  { title: 'Google', rules: google },
  { title: 'Microsoft Azure', rules: azure },
  { title: 'Other clouds', rules: clouds },
];

/** Every rule for a vendor's tokens. Where two could match one value, the one that comes first names it. */
export const tokenRules: readonly TokenRule[] = families.flatMap(({ rules }) => rules);
