import { renderSecret } from '../../core/channel/render.ts';
import type { EdgesealError } from '../../core/errors.ts';
import type { EdgeSecret } from '../../core/format/edge-secret.ts';
import { byName, parseSecretPath } from '../../core/format/names.ts';
import type { IndexEntry } from '../../core/format/snapshot.ts';
import { secretFiles } from '../../core/repository/secret-audit.ts';
import { CatFile } from '../git/commit-view.ts';
import { gitAnswer } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Progress } from '../terminal/progress.ts';
import { listedSecrets } from '../publish/channel.ts';
import type { OpenRepository } from '../repository.ts';
import { lastChanges } from './age.ts';
import { changedSince, readSealedBlob, sealedBlobs } from './main-files.ts';
import { judgeOnTheWay } from './held.ts';
import type { RegionPlace } from './place.ts';
import { readersOf, treeSecret } from './secret-row.ts';
import type { TreeSecret } from './secret-row.ts';
import { channelState, knownRoots, mergedState } from './sources.ts';
import type { ChannelState, Merged } from './sources.ts';

/** One sealed secret on its way. */
export interface Row {
  file: string;
  namespace: string;
  name: string;
  /** Absent where the working tree has it no more. */
  tree: TreeSecret | undefined;
  /** Last commit that changed it; absent where none did. */
  changed: Date | undefined;
  /** Whether HEAD has it as the working tree has it. */
  committed: boolean;
  places: RegionPlace[];
  /** Why publish holds back what main has; absent where it does not. */
  held: EdgesealError | undefined;
}

/** Everything that `status` shows. */
export interface Survey {
  merged: Merged;
  channels: OpenChannel[];
  rows: Row[];
}

/** A channel with its listing, and what changed on main since it was rendered. */
export interface OpenChannel extends ChannelState {
  listed: ReadonlyMap<string, IndexEntry>;
  stale: ReadonlySet<string> | undefined;
}

/** What main has of a secret. */
interface MainSecret {
  secret: EdgeSecret;
  regions: string[];
}

/** Files read at a time. */
const together = 64;

/**
 * Looks at working tree, main and channels.
 *
 * @param only files below the repository's folder; all where absent
 */
export async function survey(
  io: Io,
  repository: OpenRepository,
  regions: readonly string[],
  only: ReadonlySet<string> | undefined,
): Promise<Survey> {
  const merged = await mergedState(io, repository);
  const cat = new CatFile(io, repository.top);
  try {
    const main = await sealedBlobs(io, repository, merged.commit);
    const head = await sealedBlobs(io, repository, await headOf(io, repository));
    const [anyBlob = ''] = [...main.values(), ...head.values()];
    const hash = anyBlob.length === 64 ? 'sha256' : 'sha1';
    const roots = await knownRoots(io, repository, merged.commit);
    const known = { cat, roots, fetched: new Map() };
    const channels = await Promise.all(
      regions.map(async (region) =>
        opened(io, repository, merged.commit, await channelState(io, repository, region, known)),
      ),
    );
    const inTree = await secretFiles(repository.state);
    const everything = new Set([
      ...inTree,
      ...main.keys(),
      ...channels.flatMap((c) => [...c.listed.keys()]),
    ]);
    const files = [...everything].filter((file) => only?.has(file) !== false).sort(byName);
    const present = new Set(inTree);
    const changed = await lastChanges(io, repository, files);
    const progress = new Progress(io, 'looked at');
    const rows: Row[] = [];
    for (let start = 0; start < files.length; start += together) {
      const batch = files.slice(start, start + together);
      rows.push(
        ...(await Promise.all(
          batch.map(async (file): Promise<Row> => {
            const { namespace = '', name = file } = parseSecretPath(file) ?? {};
            const mainBlob = main.get(file);
            const tree = present.has(file)
              ? await treeSecret(repository.state, file, hash)
              : undefined;
            const same = tree?.blob === mainBlob;
            const places = await placesOf(repository, {
              file,
              tree,
              mainBlob,
              same,
              merged,
              channels,
              cat,
            });
            const committed = tree?.blob === head.get(file);
            const age = changed.get(file);
            return {
              file,
              namespace,
              name,
              tree,
              changed: age,
              committed,
              places,
              held: undefined,
            };
          }),
        )),
      );
      progress.step(Math.min(start + together, files.length), files.length);
    }
    progress.end();
    await judgeOnTheWay(io, repository, merged.commit, rows);
    return { merged, channels, rows };
  } finally {
    cat.close();
  }
}

async function headOf(io: Io, { top }: OpenRepository): Promise<string | undefined> {
  return await gitAnswer(io, ['rev-parse', '--verify', '--quiet', 'HEAD'], { cwd: top });
}

async function opened(
  io: Io,
  repository: OpenRepository,
  main: string | undefined,
  found: ChannelState,
): Promise<OpenChannel> {
  if (found.channel === undefined) return { ...found, listed: new Map(), stale: undefined };
  const listed = await listedSecrets(found.channel);
  const { source } = found.channel.verified.snapshot;
  const stale =
    main === undefined || source === main
      ? new Set<string>()
      : await changedSince(io, repository, main, source);
  return { ...found, listed, stale };
}

async function placesOf(
  { state }: OpenRepository,
  about: {
    file: string;
    tree: TreeSecret | undefined;
    mainBlob: string | undefined;
    same: boolean;
    merged: Merged;
    channels: readonly OpenChannel[];
    cat: CatFile;
  },
): Promise<RegionPlace[]> {
  const { file, tree, mainBlob, same, merged, channels, cat } = about;
  let read: Promise<MainSecret | undefined> | undefined;
  const mainSecret = (): Promise<MainSecret | undefined> =>
    (read ??= mainBlob === undefined ? Promise.resolve(undefined) : readMain(state, cat, mainBlob));
  const places: RegionPlace[] = [];
  for (const { region, channel, error, listed, stale } of channels) {
    const treeVersion = tree?.regions.includes(region) === true ? tree.version : undefined;
    const onMain = same ? undefined : await mainSecret();
    const mergedVersion = same
      ? treeVersion
      : onMain?.regions.includes(region) === true
        ? onMain.secret.spec.version
        : undefined;
    const entry = listed.get(file);
    let published = entry?.version === mergedVersion;
    // Equal versions may differ in wraps. Only what changed since the channel was rendered has to be rendered to see it.
    if (published && entry !== undefined && stale?.has(file) !== false) {
      const secret = (await mainSecret())?.secret;
      if (secret !== undefined)
        published = renderSecret(secret, region)?.entry.sha256 === entry.sha256;
    }
    places.push({
      region,
      tree: treeVersion,
      unreadable: tree !== undefined && tree.version === undefined,
      merged: mergedVersion,
      published: entry?.version,
      treeIsMerged: same || (treeVersion === undefined && mergedVersion === undefined),
      mergedIsPublished: published,
      mainKnown: merged.commit !== undefined || !merged.known,
      broken: channel === undefined && error !== undefined,
      held: false,
    });
  }
  return places;
}

async function readMain(
  state: OpenRepository['state'],
  cat: CatFile,
  blob: string,
): Promise<MainSecret | undefined> {
  const secret = await readSealedBlob(cat, blob);
  return secret === undefined ? undefined : { secret, regions: readersOf(state, secret) };
}
