import type { EdgesealError } from '../../core/errors.ts';
import { isEdgesealError } from '../../core/errors.ts';
import { isElided, parseEdgeSecret } from '../../core/format/edge-secret.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { parseSecretPath } from '../../core/format/names.ts';
import { auditRepository } from '../../core/repository/repository-audit.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { auditSecret, secretFiles } from '../../core/repository/secret-audit.ts';
import type { AuditedSecret, Finding } from '../../core/repository/secret-audit.ts';
import { Hold } from '../past/hold.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import type { Place } from '../repository.ts';
import { changedFiles } from './changed-files.ts';
import { describeChange } from './secret-change.ts';
import type { SecretChange, SecretFile } from './secret-change.ts';
import { settingsChanges } from './settings-change.ts';
import type { SettingsChange } from './settings-change.ts';
import type { Sides } from './side.ts';

/** What differs between two sides of a repository, told without a value. */
export interface Changes {
  /** By file, so by namespace and name. Files that are the same and are judged the same are not listed. */
  secrets: SecretChange[];
  /** `edgeseal.yaml`, policy, regions, trust roots. */
  settings: SettingsChange[];
  /** Verdicts on the repository as a whole (policy, region keys, roots) that `before` did not earn already. */
  findings: Finding[];
  /** Why a side could not be read as a whole; what is told then is told by the other side's settings. */
  faults: EdgesealError[];
  /** Number of the root that all of it was judged by. */
  root: number;
}

/** What to compare, beside the sides. */
export interface ChangesOptions {
  /** Which sealed files (paths below the repository's folder) are of interest; settings are left out where it is given. */
  only?: ((file: string) => boolean) | undefined;
  /**
   * The commit whose history new files are held against (damaged wraps, versions below one that was there): for a side
   * that is a commit, that one. Needed for a tree that no commit has; undefined is HEAD.
   */
  history?: string | undefined;
}

/** Reads this many files at once. */
const together = 32;

/**
 * Compares two sides: every sealed secret that differs, every setting that does, and those secrets that are judged
 * otherwise because a setting differs. Reads what git holds to differ, and the whole of `secrets/` only where settings do.
 *
 * @param sides of {@link openSides}; `before` is a commit or nothing
 * @throws EdgesealError `git-*` where git cannot answer
 */
export async function changesBetween(
  io: Io,
  place: Place,
  sides: Sides,
  options: ChangesOptions = {},
): Promise<Changes> {
  const { before, after, judge } = sides;
  const differing = await changedFiles(io, place, before.point, after.point);
  const isSecret = (file: string): boolean => file.startsWith('secrets/');
  const ofSettings = differing.filter((file) => !isSecret(file));
  const settings = await settingsOf(sides, ofSettings);
  const wanted = options.only ?? ((): boolean => true);
  const named = new Set(differing.filter((file) => isSecret(file) && isSealedName(file)));
  // Judged anew, though nobody touched them.
  if (settings.length > 0) for (const file of await secretFiles(judge)) named.add(file);
  const files = [...named].filter(wanted).sort();
  const judgeBefore = judgeOfBefore(sides);
  const secrets: SecretChange[] = [];
  const moved = await envelopesOf(sides, differing.filter(isSecret));
  const hold = await Hold.open({
    io,
    place,
    state: judge,
    files: files.filter((file) => differing.includes(file)),
    commit: options.history ?? (typeof after.point === 'object' ? after.point.commit : undefined),
  });
  const progress = new Progress(io, 'compared');
  try {
    for (let start = 0; start < files.length; start += together) {
      const batch = files.slice(start, start + together);
      const changes = await Promise.all(
        batch.map((file) => changeOf({ sides, judgeBefore, hold, moved }, file)),
      );
      secrets.push(...changes.filter((change) => change !== undefined));
      progress.step(Math.min(start + together, files.length), files.length);
    }
  } finally {
    hold.close();
    progress.end();
  }
  return {
    secrets,
    settings: options.only === undefined ? settings : [],
    findings: options.only === undefined ? await newFindings(judge, judgeBefore) : [],
    faults: [before.fault, after.fault].filter((fault) => fault !== undefined),
    root: judge.root.number,
  };
}

/** Regions that a change reaches: whose clusters get something else once it is published. Sorted. */
export function regionsTouched(change: SecretChange): string[] {
  const { difference, before, after } = change;
  const own = [...(before?.regions ?? []), ...(after?.regions ?? [])];
  const everywhere = difference.template.length > 0 || change.kind === 'removed';
  const items = [...difference.added, ...difference.removed, ...difference.replaced];
  const touched = new Set([
    ...items.flatMap(({ regions }) => regions),
    ...[...difference.regionsAdded, ...difference.regionsRemoved].filter((r) => own.includes(r)),
    ...(everywhere ? own : []),
  ]);
  return [...touched].sort();
}

interface Context {
  sides: Sides;
  judgeBefore: RepositoryState;
  hold: Hold;
  /** File of `before` by the commitments of its envelopes. */
  moved: ReadonlyMap<string, string>;
}

async function changeOf(context: Context, file: string): Promise<SecretChange | undefined> {
  const { sides, judgeBefore, hold, moved } = context;
  const { before, after, judge } = sides;
  const [old, now] = [
    sealedFile(await before.view.read(file), file),
    sealedFile(await after.view.read(file), file),
  ];
  if (old.bytes === undefined && now.bytes === undefined) return undefined;
  const isSame =
    old.bytes !== undefined &&
    now.bytes !== undefined &&
    Buffer.compare(old.bytes, now.bytes) === 0;
  const audited = now.bytes === undefined ? undefined : await auditSecret(judge, file);
  if (audited !== undefined && !isSame) await hold.check([audited]);
  const place = parseSecretPath(file) ?? { namespace: '', name: file };
  const change = describeChange({
    place: { ...place, file },
    before: old,
    after: now,
    judge,
    judgeBefore,
    isRegion: (name) =>
      judge.regions.get(name)?.recovery !== true &&
      judgeBefore.regions.get(name)?.recovery !== true,
    findings: audited?.findings ?? [],
    movedFrom: old.bytes === undefined ? movedFrom(moved, now.secret, file) : undefined,
  });
  if (!isSame) return change;
  const then = await auditSecret(judgeBefore, file);
  const sameVerdicts = wordsOf(then) === wordsOf(audited) && change.newlyExposed.length === 0;
  return sameVerdicts ? undefined : change;
}

function sealedFile(bytes: Uint8Array | undefined, file: string): SecretFile {
  if (bytes === undefined) return { bytes, secret: undefined };
  try {
    return { bytes, secret: parseEdgeSecret(bytes, file) };
  } catch (error) {
    if (isEdgesealError(error)) return { bytes, secret: undefined };
    throw error;
  }
}

async function settingsOf(
  { before, after }: Sides,
  files: readonly string[],
): Promise<SettingsChange[]> {
  const kinds = new Map<string, SettingsChange['kind']>();
  for (const file of files) {
    const [old, now] = [await before.view.read(file), await after.view.read(file)];
    if (old !== undefined && now !== undefined && Buffer.compare(old, now) === 0) continue;
    kinds.set(file, now === undefined ? 'removed' : old === undefined ? 'added' : 'changed');
  }
  const told = [...kinds.keys()];
  return settingsChanges(before, after, told, (file) => kinds.get(file) ?? 'changed');
}

/** What `before` was judged by in its time, as far as that can still be known. */
function judgeOfBefore({ before, judge }: Sides): RepositoryState {
  const { settings, roots, view } = before;
  const root = roots.at(-1) ?? judge.root;
  return { ...(settings ?? judge), view, roots: roots.length > 0 ? roots : judge.roots, root };
}

async function newFindings(judge: RepositoryState, then: RepositoryState): Promise<Finding[]> {
  const verdicts = async (state: RepositoryState): Promise<Finding[]> => {
    const files = await secretFiles(state);
    return await auditRepository(
      state,
      files.flatMap((file) => parseSecretPath(file) ?? []),
    );
  };
  const known = new Set((await verdicts(then)).map(({ error }) => error.message));
  return (await verdicts(judge)).filter(({ error }) => !known.has(error.message));
}

/** Commitments of what is in files that differ: an envelope that turns up under another name was moved. */
async function envelopesOf(
  { before }: Sides,
  files: readonly string[],
): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for (const file of files) {
    const { secret } = sealedFile(await before.view.read(file), file);
    for (const one of commitmentsOf(secret)) known.set(one, file);
  }
  return known;
}

function movedFrom(
  known: ReadonlyMap<string, string>,
  secret: EdgeSecret | undefined,
  file: string,
): string | undefined {
  const from = commitmentsOf(secret).map((one) => known.get(one));
  return from.find((one) => one !== undefined && one !== file);
}

function commitmentsOf(secret: EdgeSecret | undefined): string[] {
  return (secret?.spec.envelopes ?? []).flatMap((e) => (isElided(e) ? [] : e.commitment));
}

function wordsOf(audited: AuditedSecret | undefined): string {
  return JSON.stringify(audited?.findings.map(({ level, error }) => [level, error.message]));
}

/** As `secretFiles` has it: what a sealed file's neighbours are called by editors and by us is none. */
function isSealedName(file: string): boolean {
  return !/\/\.[^/]*$/.test(file);
}
