import { writeCase, writeShared } from './cases.ts';
import type { CaseFiles } from './cases.ts';
import { makeChannel, root1 } from './channel.ts';
import type { Files, MadeRoot } from './channel.ts';
import { acceptedCases } from './snapshot-accepted.ts';
import { formatCases } from './snapshot-format.ts';
import { refusedCases } from './snapshot-refused.ts';
import { rootCases } from './snapshot-root.ts';
import { rootLimitCases } from './snapshot-root-limits.ts';
import { secretCases } from './snapshot-secret.ts';
import { sizeCases } from './snapshot-size.ts';
import { strictCases } from './snapshot-strict.ts';
import { repository } from './unseal-case.ts';

export interface SnapshotMark {
  root: number;
  sequence: number;
  sha256: string;
}

/** A channel, what is known beforehand, and what has to come out. */
export interface SnapshotCase {
  why: string;
  files: Files;
  expect: object;
  held?: MadeRoot;
  pin?: string;
  mark?: SnapshotMark;
  /** The harness appends a comment until a file has so many bytes: too large to be stored. */
  grow?: Record<string, number>;
  floors?: Record<string, { version: number; statement?: string }>;
  repository?: string;
  region?: string;
}

/** The case folders of test/vectors/snapshot; a channel there is shared/channel with what is different laid over it. */
export function makeSnapshotVectors(): void {
  const base = makeChannel().files;
  for (const [file, bytes] of base) writeShared(`shared/channel/${file}`, () => bytes);
  writeShared('shared/root-1', () => root1.bytes);
  writeShared('shared/root-1.sig', () => root1.signatures);
  const cases: Record<string, SnapshotCase> = {
    ...acceptedCases,
    ...refusedCases,
    ...formatCases,
    ...rootCases,
    ...secretCases,
    ...sizeCases,
    ...strictCases,
    ...rootLimitCases,
  };
  for (const [name, made] of Object.entries(cases)) {
    const held = made.held ?? root1;
    const own = held === root1 ? '../../shared/root-1' : 'held';
    const without = [...base.keys()].filter((file) => !made.files.has(file));
    const json = {
      why: made.why,
      repository: made.repository ?? repository,
      region: made.region ?? 'us-east',
      keys: ['../../keys/us-east.key'],
      channel: ['../../shared/channel', 'channel'],
      ...(without.length === 0 ? {} : { without }),
      ...(made.grow === undefined ? {} : { grow: made.grow }),
      held: { root: own, signatures: `${own}.sig`, pin: made.pin ?? held.sha256 },
      ...(made.mark === undefined ? {} : { mark: made.mark }),
      ...(made.floors === undefined ? {} : { floors: made.floors }),
      expect: made.expect,
    };
    const files: CaseFiles = {};
    for (const [file, bytes] of made.files) {
      const same = base.get(file);
      if (same === undefined || Buffer.compare(same, bytes) !== 0) files[`channel/${file}`] = bytes;
    }
    if (held !== root1) Object.assign(files, { held: held.bytes, 'held.sig': held.signatures });
    writeCase('snapshot', name, json, files);
  }
}
