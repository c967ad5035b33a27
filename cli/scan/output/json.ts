import type { PlacedFinding } from '../finding.ts';

/** The findings for a script, and nothing that is not named here: a digest of a value stays inside. */
export function jsonOf(findings: readonly PlacedFinding[]): { findings: object[] } {
  return {
    findings: findings.map((finding) => {
      const { file, line, column, rule, masked, message, commit, author, date, commits } = finding;
      return { file, line, column, rule, masked, message, commit, author, date, commits };
    }),
  };
}
