import { EdgesealError } from '../../errors.ts';
import { templateJson, templateOf } from '../../format/edge-secret.ts';
import type { AuthorSignature, EdgeSecret, Template } from '../../format/edge-secret.ts';
import { statementDigest } from '../statement.ts';
import type { Choices, MergeConflict } from './conflict.ts';
import { mergeEnvelopes } from './envelopes.ts';
import { mergeItems, mergedNames } from './items.ts';
import type { ThreeSides } from './items.ts';
import { contentOf, sourcesOf } from './sources.ts';
import type { SideContent, SourceId } from './sources.ts';
import { mergeTemplates } from './template.ts';

/** What is merged. */
export interface MergeInput {
  /** Where the two parted; undefined where both made the secret. */
  base: EdgeSecret | undefined;
  ours: EdgeSecret;
  theirs: EdgeSecret;
  /** For a result that is new: above every version that was there. */
  version: number;
  isRecovery: (name: string) => boolean;
  choices: Choices;
}

/** What came of it. */
export type MergeOutcome =
  /** A new version, unsigned. */
  | { kind: 'merged'; secret: EdgeSecret }
  /** What an author signed on one side is all that there is; its signatures still fit. */
  | { kind: 'kept'; side: 'ours' | 'theirs'; secret: EdgeSecret }
  | { kind: 'conflict'; conflicts: MergeConflict[] };

/**
 * Merges two versions of a sealed secret, item by item and region by region, without a key: envelopes of both sides are put
 * together as they are. Nothing that a side took out comes back: no item, no region, no value that was replaced.
 *
 * What may be *signed* of the result is another question, and its caller's: content of a side that no author stands for is
 * merged like any other.
 *
 * @throws EdgesealError `seal-elided` for a channel's file, `format-schema` where the sides are different secrets
 */
export function mergeSecrets(input: MergeInput): MergeOutcome {
  const { base, ours, theirs, choices, isRecovery } = input;
  requireSameSecret(input);
  const [one, other] = [contentOf(ours, isRecovery), contentOf(theirs, isRecovery)];
  if (one === undefined || other === undefined)
    throw new EdgesealError('internal', 'a merge needs two sides');
  const sides: ThreeSides = { base: contentOf(base, isRecovery), ours: one, theirs: other };
  const names = mergedNames(sides);
  const regions = [...names].filter((name) => !isRecovery(name));
  const items = mergeItems(sides, regions, choices);
  const { template, conflicts: ofTemplate } = mergeTemplates(base, ours, theirs, choices);
  const found = [...items.conflicts, ...ofTemplate];
  if (found.length > 0) return { kind: 'conflict', conflicts: found };
  const { type } = template;
  const put = mergeEnvelopes(sides, { items: items.wanted, names, type, isRecovery });
  if (put.conflicts.length > 0) return { kind: 'conflict', conflicts: put.conflicts };
  if (put.envelopes.length === 0) return { kind: 'conflict', conflicts: [nothingLeft] };
  const wrong = misplaced(sourcesOf(put.envelopes, isRecovery), items.wanted);
  if (wrong !== undefined) return { kind: 'conflict', conflicts: [wrong] };
  const written = writtenTemplate(ours, theirs, template);
  const spec = { ...ours.spec, template: written, envelopes: put.envelopes, signatures: [] };
  return (
    keptSide(sides, { ...ours, spec }) ?? {
      kind: 'merged',
      secret: { ...ours, spec: { ...spec, version: input.version } },
    }
  );
}

const nothingLeft: MergeConflict = {
  kind: 'empty',
  name: '',
  regions: [],
  ours: 'removed',
  theirs: 'removed',
};

function requireSameSecret({ base, ours, theirs }: MergeInput): void {
  const nameOf = ({ metadata }: EdgeSecret): string => `${metadata.namespace}/${metadata.name}`;
  for (const side of [base, theirs]) {
    if (side === undefined || nameOf(side) === nameOf(ours)) continue;
    throw new EdgesealError(
      'format-schema',
      `one side says it is ${nameOf(ours)}, the other ${nameOf(side)}`,
      { field: 'metadata' },
    );
  }
  for (const side of [base, ours, theirs]) {
    if (side?.spec.envelopes.every((envelope) => 'data' in envelope) !== false) continue;
    throw new EdgesealError('seal-elided', 'this is the file of a channel, not of main');
  }
}

/**
 * What was wanted holds against what came out, whatever order a side's envelopes had: a file that was made by somebody's own
 * tool may have any.
 */
function misplaced(
  got: ReadonlyMap<string, ReadonlyMap<string, SourceId>>,
  wanted: ReadonlyMap<string, ReadonlyMap<string, SourceId>>,
): MergeConflict | undefined {
  for (const [name, readers] of wanted) {
    const regions = new Set([...readers.keys(), ...(got.get(name)?.keys() ?? [])]);
    const wrong = [...regions].filter((r) => got.get(name)?.get(r) !== readers.get(r));
    if (wrong.length > 0)
      return { kind: 'item', name, regions: wrong.sort(), ours: 'kept', theirs: 'kept' };
  }
  return undefined;
}

/** A template that is a side's own is written as that side has it: absent where all of it is default. */
function writtenTemplate(
  ours: EdgeSecret,
  theirs: EdgeSecret,
  template: Template,
): EdgeSecret['spec']['template'] {
  const text = JSON.stringify(templateJson(template));
  const own = [ours, theirs].find((s) => JSON.stringify(templateJson(templateOf(s))) === text);
  return own === undefined ? template : own.spec.template;
}

/** Whether a side's own statement is the result's, so that what was signed there stays signed: wraps are in no statement. */
function keptSide({ ours, theirs }: ThreeSides, merged: EdgeSecret): MergeOutcome | undefined {
  const same = digestOf(ours.secret) === digestOf(theirs.secret);
  for (const [side, own, other] of [
    ['ours', ours, theirs],
    ['theirs', theirs, ours],
  ] as const) {
    const { version } = own.secret.spec;
    const candidate = { ...merged, spec: { ...merged.spec, version } };
    if (digestOf(candidate) !== digestOf(own.secret)) continue;
    // Two statements of one version set clusters against each other.
    if (!same && version <= other.secret.spec.version) continue;
    const signatures = same ? joinSignatures(own, other) : own.secret.spec.signatures;
    return {
      kind: 'kept',
      side,
      secret: { ...candidate, spec: { ...candidate.spec, signatures } },
    };
  }
  return undefined;
}

function joinSignatures(own: SideContent, other: SideContent): AuthorSignature[] {
  const all = [...own.secret.spec.signatures, ...other.secret.spec.signatures];
  return [...new Map(all.map((one) => [one.signature, one])).values()];
}

/** Compared only: which repository it is says nothing here. */
function digestOf(secret: EdgeSecret): string {
  return statementDigest('', secret);
}
