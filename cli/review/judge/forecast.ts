import { isEdgesealError } from '../../../core/errors.ts';
import { parseSecretPath } from '../../../core/format/names.ts';
import type { RepositoryState } from '../../../core/repository/repository-state.ts';
import { openBase } from '../../publish/base.ts';
import type { Base } from '../../publish/base.ts';
import { allRoots } from '../../publish/channel.ts';
import { publishOnto } from '../../publish/publication.ts';
import type { RegionOutcome } from '../../publish/publication.ts';
import { publishedRegions } from '../../publish/round.ts';
import { channelRemote, lastFetched, rememberedChannels } from '../../publish/transport/remote.ts';
import { CatFile } from '../../git/commit-view.ts';
import { gitText } from '../../git/git.ts';
import type { Place } from '../../repository.ts';
import type { Io } from '../../terminal/io.ts';
import type { Forecast, RegionReview } from '../model.ts';

type Prospect = Pick<RegionReview, 'forecast' | 'held'>;

/**
 * What publish would do if this were main: the same steps, up to the signature. Nothing is fetched: channels are as this
 * clone has them.
 *
 * @returns by region
 */
export async function forecast(
  io: Io,
  place: Place,
  state: RepositoryState,
  main: string,
): Promise<Map<string, Prospect>> {
  const cat = new CatFile(io, place.top);
  try {
    const bases = await basesOf(io, place, state, cat);
    const none = { names: [], resumeFrom: undefined, signingKeys: [] };
    const input = { io, place, local: state.repository, dryRun: true, ...none };
    const { plans, outcomes } = await publishOnto(input, { state, main, bases });
    const found = new Map<string, Prospect>();
    for (const outcome of outcomes) {
      const held = [...plans.held.values()].flatMap(({ file, regions }) => {
        const { namespace = '', name = file } = parseSecretPath(file) ?? {};
        const secret = namespace === '' ? name : `${namespace}/${name}`;
        return regions.has(outcome.region)
          ? [{ secret, version: regions.get(outcome.region) }]
          : [];
      });
      found.set(outcome.region, { forecast: forecastOf(outcome), held });
    }
    return found;
  } finally {
    cat.close();
  }
}

async function basesOf(
  io: Io,
  place: Place,
  state: RepositoryState,
  cat: CatFile,
): Promise<Base[]> {
  const remembered = await rememberedChannels(io, place);
  const input = { io, place, cat, roots: await allRoots(state), remembered, resumeFrom: undefined };
  const bases: Base[] = [];
  for (const region of publishedRegions(state, [])) {
    const remote = channelRemote(state.repository, region);
    const there = await knownChannels(io, place, remote);
    const own = remembered.get(region);
    // What this clone published itself it need not have fetched since.
    if (own !== undefined && !there.has(region)) there.set(region, own);
    bases.push(await openBase(input, region, remote, Promise.resolve(there)));
  }
  return bases;
}

/** Channels of a remote by region: as edgeseal fetched them, or `git fetch` or a CI's checkout did. */
async function knownChannels(io: Io, place: Place, remote: string): Promise<Map<string, string>> {
  const { channels } = await lastFetched(io, place, remote);
  const known = new Map(channels);
  if (!/^[\w.-]+$/.test(remote)) return known;
  const under = `refs/remotes/${remote}/edgeseal/`;
  const args = ['for-each-ref', '--format=%(objectname) %(refname)', under];
  for (const line of (await gitText(io, args, { cwd: place.top })).split('\n')) {
    const [commit = '', ref = ''] = line.split(' ');
    const region = ref.slice(under.length);
    if (region !== '' && !known.has(region)) known.set(region, commit);
  }
  return known;
}

function forecastOf({ draft, result }: RegionOutcome): Forecast {
  const error = isEdgesealError(result) ? result.message : undefined;
  const before = draft?.base.channel?.verified.snapshot.sequence;
  if (draft === undefined || error !== undefined)
    return { state: 'failed', before, after: undefined, error: error ?? 'it cannot be rendered' };
  return {
    state: draft.snapshot === undefined ? 'unchanged' : 'new-snapshot',
    before,
    after: draft.sequence,
    error: undefined,
  };
}
