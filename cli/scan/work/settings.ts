import type { KnownPlace } from '../../../core/scan/known/local-files.ts';
import { readKnown } from '../../../core/scan/known/local-files.ts';
import type { OwnRules } from '../../../core/scan/own/gitleaks-config.ts';
import { Scanner } from '../../../core/scan/scanner.ts';

/** What a thread needs to scan as all others do. Goes to it by structured clone. */
export interface ScanSettings {
  known?: KnownPlace | undefined;
  own?: OwnRules | undefined;
}

export async function makeScanner({ known, own }: ScanSettings): Promise<Scanner> {
  const local = known === undefined ? undefined : await readKnown(known);
  return new Scanner({ known: local?.values, own: own && (await ownScanner(own)) });
}

async function ownScanner(
  own: OwnRules,
): Promise<import('../../../core/scan/own/own-scanner.ts').OwnScanner> {
  const { OwnScanner } = await import('../../../core/scan/own/own-scanner.ts');
  return new OwnScanner(own);
}
