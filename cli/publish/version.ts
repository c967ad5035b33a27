import { EdgesealError } from '../../core/errors.ts';
import { parseEdgeSecret } from '../../core/format/edge-secret.ts';

/** What can be told of a sealed file at a glance. */
export interface Glance {
  version: number;
  /** Regions that some envelope names. */
  regions: Set<string>;
  text: string;
}

const versionLine = /^ {2}version: (\d{1,16})$/m;
const regionLine = /^ {4}- region: "?([-a-z0-9]+)"?$/gm;

/**
 * Looks at a sealed file in the layout that edgeseal writes, without parsing it: ten times as fast. Nothing is
 * accepted by it; it only tells which unchanged files need the full check again, because they were held back.
 *
 * @returns undefined where the file is laid out otherwise
 */
export function glance(bytes: Uint8Array): Glance | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const version = versionLine.exec(text)?.[1];
  if (version === undefined) return undefined;
  const regions = new Set<string>();
  for (const [, region] of text.matchAll(regionLine)) if (region !== undefined) regions.add(region);
  return { version: Number(version), regions, text };
}

/** The version of a file of main's history; undefined where it was no sealed secret and was never published. */
export function versionOf(bytes: Uint8Array): number | undefined {
  try {
    return parseEdgeSecret(bytes).spec.version;
  } catch (error) {
    if (error instanceof EdgesealError) return undefined;
    throw error;
  }
}
