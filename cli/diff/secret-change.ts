import type { EdgesealError } from '../../core/errors.ts';
import { isElided, regionsOf, templateOf } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName } from '../../core/format/names.ts';
import { matchesNamespace } from '../../core/policy/glob.ts';
import { exposuresOf } from '../../core/repository/exposure.ts';
import type { Exposure } from '../../core/repository/exposure.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import type { Finding } from '../../core/repository/secret-audit.ts';
import { differenceOf } from '../../core/secret/difference.ts';
import type { Difference } from '../../core/secret/difference.ts';
import { statementDigest } from '../../core/secret/statement.ts';
import { claimsOf } from '../sign/candidate.ts';
import type { Claim } from '../sign/candidate.ts';

/**
 * What happened to a sealed secret, in one word. `added`, `removed`: its file. `changed`: something that an author signs
 * for. `rewrapped`: only for which keys its data keys are wrapped (nobody has to sign that). `resigned`: only who signed.
 * `relaid`: only the layout of the file. `unreadable`: what is there now is no sealed secret. `affected`: the file is the
 * same, what is said of it is not, because policy, regions or the trust root changed.
 */
export type ChangeKind =
  'added' | 'removed' | 'changed' | 'rewrapped' | 'resigned' | 'relaid' | 'unreadable' | 'affected';

/** One version of a sealed secret, as far as it can be told without a value. */
export interface SecretState {
  version: number;
  type: string;
  /** Regions that get it, sorted; recovery recipients are not among them. */
  regions: string[];
  /** What each signature is worth under the judging root, in the file's order; empty for an unsigned one. */
  signatures: Claim[];
  /** Names of the authors whose signature counts: it is vouched for where there is one. */
  authors: string[];
}

/** A part of the template. Labels and types are public by nature; of annotations only the names are told. */
export interface TemplateChange {
  /** `type`, `immutable`, `label NAME` or `annotation NAME`. */
  what: string;
  /** Absent for annotations, and where there was none. */
  before?: string | undefined;
  after?: string | undefined;
}

/** A key that something is wrapped for now, or is not any more. */
export interface WrapNote {
  region: string;
  /** Key id. */
  key: string;
}

/** Everything that can be said of a change to one sealed secret: names, never a value or a length. */
export interface SecretChange {
  kind: ChangeKind;
  namespace: string;
  name: string;
  /** Below the repository's folder. */
  file: string;
  /** The file that the very envelopes came from: what is sealed is bound to its name, so they do not open here. */
  movedFrom: string | undefined;
  /** Absent where there was no such file, or it could not be read. */
  before: SecretState | undefined;
  /** Absent where there is no such file, or it cannot be read. */
  after: SecretState | undefined;
  /** Items by name and region; template parts by name. For a removed secret, all its items are `removed`. */
  difference: Difference;
  template: TemplateChange[];
  wrapsAdded: WrapNote[];
  wrapsDropped: WrapNote[];
  /** Values in the file now that somebody could read who may not read it any more. */
  exposed: Exposure[];
  /** Those of `exposed` that come with this change. */
  newlyExposed: Exposure[];
  /** Authors who may sign for its namespace, by the judging root. */
  mayWrite: string[];
  /** Verdicts on what is there now: schema, policy, keys, signatures, history. */
  findings: Finding[];
}

/** A file of a sealed secret at one side. */
export interface SecretFile {
  bytes: Uint8Array | undefined;
  /** Undefined where there is no file, or no sealed secret in it. */
  secret: EdgeSecret | undefined;
}

/** What {@link describeChange} goes by. */
export interface ChangeInput {
  place: { namespace: string; name: string; file: string };
  before: SecretFile;
  after: SecretFile;
  /** The judging state; see `Sides.judge`. */
  judge: RepositoryState;
  /** What `before` was exposed by: its own settings and root where it has them. */
  judgeBefore: RepositoryState;
  isRegion: (name: string) => boolean;
  findings: Finding[];
  movedFrom: string | undefined;
}

/** Describes one change. Pure. */
export function describeChange(input: ChangeInput): SecretChange {
  const { place, before, after, judge, isRegion, findings } = input;
  const [old, now] = [before.secret, after.secret];
  const exposed = now === undefined ? [] : exposuresOf(judge, now);
  const exposedThen = old === undefined ? [] : exposuresOf(input.judgeBefore, old);
  const wraps = { old: wrapsIn(old), now: wrapsIn(now) };
  return {
    kind: kindOf(judge.root.spec.repository, before, after),
    ...place,
    movedFrom: input.movedFrom,
    before: stateOf(judge, old, isRegion),
    after: stateOf(judge, now, isRegion),
    difference: now === undefined ? lossOf(old, isRegion) : differenceOf(old, now, isRegion),
    template: templateChanges(old, now),
    wrapsAdded: minus(wraps.now, wraps.old),
    wrapsDropped: minus(wraps.old, wraps.now),
    exposed,
    newlyExposed: newOf(exposed, exposedThen),
    mayWrite: judge.root.spec.authors
      .filter(({ namespaces }) => matchesNamespace(namespaces, place.namespace))
      .map(({ name }) => name),
    findings,
  };
}

/** Whether a change leaves something that nobody who may has signed. */
export function needsSignature({ after }: Pick<SecretChange, 'after'>): boolean {
  return after?.authors.length === 0;
}

/** Errors of a change: with one, `publish` holds it back. */
export function errorsOf({ findings }: Pick<SecretChange, 'findings'>): EdgesealError[] {
  return findings.filter(({ level }) => level === 'error').map(({ error }) => error);
}

function kindOf(repository: string, before: SecretFile, after: SecretFile): ChangeKind {
  if (after.bytes === undefined) return 'removed';
  if (after.secret === undefined) return 'unreadable';
  if (before.bytes === undefined) return 'added';
  if (before.secret === undefined) return 'changed';
  if (Buffer.compare(before.bytes, after.bytes) === 0) return 'affected';
  const [old, now] = [before.secret, after.secret];
  if (statementDigest(repository, old) !== statementDigest(repository, now)) return 'changed';
  const isSame = (part: 'envelopes' | 'signatures'): boolean =>
    JSON.stringify(old.spec[part]) === JSON.stringify(now.spec[part]);
  if (!isSame('envelopes') && !isSame('signatures')) return 'changed';
  if (!isSame('envelopes')) return 'rewrapped';
  return isSame('signatures') ? 'relaid' : 'resigned';
}

function stateOf(
  judge: RepositoryState,
  secret: EdgeSecret | undefined,
  isRegion: (name: string) => boolean,
): SecretState | undefined {
  if (secret === undefined) return undefined;
  const signatures = claimsOf(judge, secret);
  const authors = signatures.flatMap(({ state, author }) => (state === 'valid' ? [author] : []));
  return {
    version: secret.spec.version,
    type: templateOf(secret).type,
    regions: namesIn(secret).filter(isRegion),
    signatures,
    authors: [...new Set(authors)],
  };
}

/** A removed secret, told as the loss of all its items. */
function lossOf(old: EdgeSecret | undefined, isRegion: (name: string) => boolean): Difference {
  const nothing: Difference = {
    regionsAdded: [],
    regionsRemoved: old === undefined ? [] : namesIn(old),
    added: [],
    removed: [],
    replaced: [],
    unchanged: [],
    template: [],
  };
  if (old === undefined) return nothing;
  return { ...nothing, removed: differenceOf(undefined, old, isRegion).added };
}

function templateChanges(
  old: EdgeSecret | undefined,
  now: EdgeSecret | undefined,
): TemplateChange[] {
  if (old === undefined || now === undefined) return [];
  const [a, b] = [templateOf(old), templateOf(now)];
  const changes: TemplateChange[] = [];
  if (a.type !== b.type) changes.push({ what: 'type', before: a.type, after: b.type });
  if (a.immutable !== b.immutable)
    changes.push({ what: 'immutable', before: String(a.immutable), after: String(b.immutable) });
  const labels = [
    new Map(Object.entries(a.metadata.labels)),
    new Map(Object.entries(b.metadata.labels)),
  ];
  const notes = [
    new Map(Object.entries(a.metadata.annotations)),
    new Map(Object.entries(b.metadata.annotations)),
  ];
  for (const name of differing(labels[0], labels[1]))
    changes.push({
      what: `label ${name}`,
      before: labels[0]?.get(name),
      after: labels[1]?.get(name),
    });
  for (const name of differing(notes[0], notes[1])) changes.push({ what: `annotation ${name}` });
  return changes;
}

function differing(a = new Map<string, string>(), b = new Map<string, string>()): string[] {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort(byName);
  return names.filter((name) => a.get(name) !== b.get(name));
}

function namesIn(secret: EdgeSecret): string[] {
  return [...new Set(secret.spec.envelopes.flatMap(regionsOf))].sort(byName);
}

/** Sorted texts `region key` of all that something is wrapped for. */
function wrapsIn(secret: EdgeSecret | undefined): string[] {
  const wraps = (secret?.spec.envelopes ?? []).flatMap((envelope) =>
    isElided(envelope)
      ? []
      : envelope.recipients
          .filter(({ wrapped }) => wrapped !== undefined)
          .map(({ region, key = '' }) => `${region} ${key}`),
  );
  return [...new Set(wraps)].sort();
}

function minus(these: readonly string[], those: readonly string[]): WrapNote[] {
  return these
    .filter((one) => !those.includes(one))
    .map((one) => {
      const [region = '', key = ''] = one.split(' ');
      return { region, key };
    });
}

function newOf(exposed: readonly Exposure[], then: readonly Exposure[]): Exposure[] {
  return exposed.flatMap(({ region, key, items }) => {
    const known = then.find((one) => one.region === region && one.key === key)?.items ?? [];
    const fresh = items.filter((item) => !known.includes(item));
    return fresh.length === 0 ? [] : [{ region, key, items: fresh }];
  });
}
