import { version } from '../../version.ts';
import type { PlacedFinding } from '../finding.ts';
import { catalogue } from '../rules/catalogue.ts';

/** The findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
export async function sarifOf(findings: readonly PlacedFinding[]): Promise<object> {
  const used = new Set(findings.map(({ rule }) => rule));
  const known = new Map((await catalogue()).map((rule) => [rule.id, rule]));
  const rules = [...used].sort().map((id) => {
    const about = known.get(id);
    if (about === undefined) return { id };
    const { title, remedy } = about;
    return { id, shortDescription: { text: title }, help: { text: remedy } };
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'edgeseal', version, rules } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          level: 'error',
          message: { text: finding.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(finding.file) },
                region: { startLine: finding.line, startColumn: finding.column },
              },
            },
          ],
          ...(finding.commit === undefined ? {} : { properties: { commit: finding.commit } }),
        })),
      },
    ],
  };
}

/** A relative reference (RFC 3986); a colon in its first part would make a scheme of it. */
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
