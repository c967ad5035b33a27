import type { KnownPlace } from '../../../core/scan/known/local-files.ts';
import { readKnown } from '../../../core/scan/known/local-files.ts';
import { Scanner } from '../../../core/scan/scanner.ts';

/** What a thread needs to scan as all others do. Goes to it by structured clone. */
export interface ScanSettings {
  known?: KnownPlace | undefined;
}

export async function makeScanner({ known }: ScanSettings): Promise<Scanner> {
  const local = known === undefined ? undefined : await readKnown(known);
  return new Scanner({ known: local?.values });
}
