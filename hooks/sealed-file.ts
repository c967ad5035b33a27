import { EdgesealError } from '../core/errors.ts';
import { parseEdgeSecret } from '../core/format/edge-secret.ts';
import { parseSecretPath } from '../core/format/names.ts';
import type { ScanFinding } from '../core/scan/finding.ts';

/**
 * Says why a sealed file cannot be read, if it cannot: one that was edited by hand, or has a conflict left in it. Nothing
 * leaks by it, but nobody could publish it either.
 *
 * @param path below the folder of `edgeseal.yaml`
 */
export function findUnreadable(path: string, bytes: Uint8Array): ScanFinding[] {
  const place = parseSecretPath(path);
  if (place === undefined) return [];
  const finding = (line: number, message: string): ScanFinding[] => [
    { rule: 'sealed-file', line, column: 1, message, masked: '' },
  ];
  try {
    const { namespace, name } = parseEdgeSecret(bytes).metadata;
    return namespace === place.namespace && name === place.name
      ? []
      : finding(1, `the file says it is ${namespace}/${name}`);
  } catch (error) {
    if (!(error instanceof EdgesealError)) throw error;
    return finding(error.line ?? 1, `not readable as a sealed file: ${error.message}`);
  }
}
