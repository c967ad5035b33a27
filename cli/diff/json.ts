import type { Finding } from '../../core/repository/secret-audit.ts';
import { errorJson } from '../terminal/output.ts';
import { regionsTouched } from './changes.ts';
import type { Changes } from './changes.ts';

/** Changes as `--output json` gives them: the model itself, errors in the shape that all commands give them. */
export function changesJson(changes: Changes): Record<string, unknown> {
  return {
    root: changes.root,
    secrets: changes.secrets.map(({ difference, findings, movedFrom, ...change }) => ({
      ...change,
      movedFrom: movedFrom ?? null,
      before: change.before ?? null,
      after: change.after ?? null,
      items: {
        added: difference.added,
        removed: difference.removed,
        rotated: difference.replaced,
        unchanged: difference.unchanged,
      },
      regionsAdded: difference.regionsAdded,
      regionsRemoved: difference.regionsRemoved,
      regionsTouched: regionsTouched({ ...change, difference, findings, movedFrom }),
      findings: findingsJson(findings),
    })),
    settings: changes.settings,
    findings: findingsJson(changes.findings),
    faults: changes.faults.map(errorJson),
  };
}

function findingsJson(findings: readonly Finding[]): Record<string, unknown>[] {
  return findings.map(({ level, error }) => ({ level, ...errorJson(error) }));
}
