import { byName } from '../../core/format/names.ts';
import { policyFile, repositoryFile } from '../../core/format/repository.ts';
import type { RegionEntry, Settings } from '../../core/repository/repository-state.ts';
import { plainText } from '../terminal/plain-text.ts';
import { rootDifference } from '../trust/root-difference.ts';
import type { Side } from './side.ts';

/** A change of what the repository says of itself, rather than of a secret. */
export interface SettingsChange {
  area: 'repository' | 'policy' | 'region' | 'trust';
  /** The file that it is about, below the repository's folder. */
  file: string;
  kind: 'added' | 'removed' | 'changed';
  /** In words, one fact a line, each beginning with `+ `, `- ` or two spaces. Empty where only layout or comments differ. */
  lines: string[];
}

/**
 * Tells the changes of `edgeseal.yaml`, `policy/`, `regions/` and `trust/`. What a root changes is told against the root
 * before it.
 *
 * @param files paths that differ
 * @param kindOf whether a path was there before, and is there now
 */
export function settingsChanges(
  before: Side,
  after: Side,
  files: readonly string[],
  kindOf: (file: string) => SettingsChange['kind'],
): SettingsChange[] {
  const [old, now] = [before.settings, after.settings];
  return files.flatMap((file): SettingsChange[] => {
    const about = (area: SettingsChange['area'], lines: string[]): SettingsChange[] => [
      { area, file, kind: kindOf(file), lines },
    ];
    if (file === repositoryFile) return about('repository', repositoryLines(old, now));
    if (file === policyFile) return about('policy', policyLines(old, now));
    if (file.startsWith('policy/')) return about('policy', []);
    if (file.startsWith('regions/'))
      return about('region', regionLines(regionOf(old, file), regionOf(now, file)));
    if (file.startsWith('trust/')) return about('trust', rootLines(before, after, file));
    return [];
  });
}

function repositoryLines(old: Settings | undefined, now: Settings | undefined): string[] {
  const [a, b] = [old?.repository.spec, now?.repository.spec];
  const remotes = (settings: typeof a): string[] =>
    (settings?.publish?.regions ?? []).map(({ region, remote }) => `${region}: ${shown(remote)}`);
  return [
    ...single('id', a?.id, b?.id),
    ...lists('default region', a?.defaultRegions, b?.defaultRegions),
    ...lists('mirror', a?.mirrors?.map(shown), b?.mirrors?.map(shown)),
    ...single('publish remote', a?.publish?.remote, b?.publish?.remote),
    ...single('publish branch', a?.publish?.branch, b?.publish?.branch),
    ...lists('publish remote of', remotes(a), remotes(b)),
  ];
}

function policyLines(old: Settings | undefined, now: Settings | undefined): string[] {
  const [a, b] = [old?.policy?.regions, now?.policy?.regions];
  const names = new Set([...(a?.keys() ?? []), ...(b?.keys() ?? [])]);
  return [...names].sort(byName).flatMap((region) => {
    const [was, is] = [a?.get(region), b?.get(region)];
    return [
      ...(is === undefined ? [`- ${region}: not named any more`] : []),
      ...lists(`${region} gets`, was?.secrets, is?.secrets),
      ...single(`${region}: key`, was?.['encryption-key'], is?.['encryption-key']),
    ];
  });
}

function regionLines(old: RegionEntry | undefined, now: RegionEntry | undefined): string[] {
  const keys = (entry: RegionEntry | undefined): string[] | undefined =>
    entry?.keys.map(({ name, key }) => `${name} (${key.sha256})`);
  const [a, b] = [old?.region.spec, now?.region.spec];
  return [
    ...single('role', a?.role, b?.role),
    ...single('recovery recipient', a?.recovery, b?.recovery),
    // Whole hashes: whoever compares a key compares all of it.
    ...lists('public key', keys(old), keys(now)),
    ...single('interval', a?.interval, b?.interval),
    ...single('staleAfter', a?.staleAfter, b?.staleAfter),
  ];
}

function regionOf(settings: Settings | undefined, file: string): RegionEntry | undefined {
  return [...(settings?.regions.values() ?? [])].find((entry) => entry.file === file);
}

/** Only roots of a verified chain are told; others are named by their file. */
function rootLines(before: Side, after: Side, file: string): string[] {
  const number = Number(/^trust\/([1-9]\d{0,14})\.yaml$/.exec(file)?.[1]);
  if (Number.isNaN(number)) return [];
  const known = [...after.roots, ...before.roots];
  const root = after.roots.find((one) => one.number === number);
  const previous = known.find((one) => one.number === number - 1);
  if (root === undefined || previous === undefined) return [];
  return rootDifference(previous.spec, root.spec);
}

function lists(
  what: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): string[] {
  return [
    ...before.filter((one) => !after.includes(one)).map((one) => `- ${what} ${plainText(one)}`),
    ...after.filter((one) => !before.includes(one)).map((one) => `+ ${what} ${plainText(one)}`),
  ];
}

function single(what: string, before: string | undefined, after: string | undefined): string[] {
  if (before === after) return [];
  return [
    ...(before === undefined ? [] : [`- ${what} ${plainText(before)}`]),
    ...(after === undefined ? [] : [`+ ${what} ${plainText(after)}`]),
  ];
}

/** An address without the password that somebody may have left in it. */
function shown(address: string): string {
  return address.replace(/\/\/[^/@\s]+@/g, '//');
}
