import { byName } from '../../core/format/names.ts';
import type { RootRegion, TrustRootSpec } from '../../core/format/trust-root.ts';
import { plainText } from '../terminal/plain-text.ts';
import { keyWords } from './key-words.ts';

/**
 * What a root changes against the one before it, in plain words, one line each: what somebody decides by who is asked to
 * sign it.
 */
export function rootDifference(before: TrustRootSpec, after: TrustRootSpec): string[] {
  return [
    ...signers('root keys', before, after, (spec) => spec.roots),
    ...signers('publishers', before, after, (spec) => spec.publishers),
    ...heartbeat(before, after),
    ...authors(before, after),
    ...regions(before, after),
  ];
}

function signers(
  what: string,
  before: TrustRootSpec,
  after: TrustRootSpec,
  of: (spec: TrustRootSpec) => TrustRootSpec['roots'],
): string[] {
  const { gone, added } = compare(of(before).keys, of(after).keys);
  const lines = [
    ...gone.map((key) => `- ${what}: ${keyWords(key, before)}`),
    ...added.map((key) => `+ ${what}: ${keyWords(key, after)}`),
  ];
  const [was, is] = [of(before), of(after)];
  if (was.threshold !== is.threshold || lines.length > 0)
    lines.push(
      `  ${what}: ${was.threshold} of ${was.keys.length} had to sign, now ${is.threshold} of ${is.keys.length}`,
    );
  return lines;
}

function heartbeat(before: TrustRootSpec, after: TrustRootSpec): string[] {
  const [was, is] = [before.heartbeat?.key, after.heartbeat?.key];
  if (was === is) return [];
  return [
    ...(was === undefined ? [] : [`- heartbeat: ${keyWords(was, before)}`]),
    is === undefined
      ? '  heartbeat: none any more, so a frozen mirror is not noticed'
      : `+ heartbeat: ${keyWords(is, after)}`,
  ];
}

function authors(before: TrustRootSpec, after: TrustRootSpec): string[] {
  const names = new Set([...before.authors, ...after.authors].map(({ name }) => name));
  return [...names].sort(byName).flatMap((name) => {
    const was = before.authors.find((author) => author.name === name);
    const is = after.authors.find((author) => author.name === name);
    const label = `author ${plainText(name)}`;
    if (was === undefined && is !== undefined) {
      const keys = is.keys.map((key) => keyWords(key, after)).join(', ');
      return [`+ ${label}: may write to ${is.namespaces.join(', ')}, with ${keys}`];
    }
    if (was !== undefined && is === undefined)
      return [`- ${label}: could write to ${was.namespaces.join(', ')}`];
    if (was === undefined || is === undefined) return [];
    const keys = compare(was.keys, is.keys);
    const globs = compare(was.namespaces, is.namespaces);
    return [
      ...globs.gone.map((glob) => `- ${label}: namespaces ${glob}`),
      ...globs.added.map((glob) => `+ ${label}: namespaces ${glob}`),
      ...keys.gone.map((key) => `- ${label}: key ${keyWords(key, before)}`),
      ...keys.added.map((key) => `+ ${label}: key ${keyWords(key, after)}`),
    ];
  });
}

function regions(before: TrustRootSpec, after: TrustRootSpec): string[] {
  const names = new Set([...before.regions, ...after.regions].map(({ name }) => name));
  return [...names].sort(byName).flatMap((name) => {
    const was = before.regions.find((region) => region.name === name);
    const is = after.regions.find((region) => region.name === name);
    const label = `${(is ?? was)?.role === 'recovery' ? 'recovery recipient' : 'region'} ${name}`;
    const lines: string[] = [];
    if (is === undefined) lines.push(`- ${label}`);
    else if (was === undefined) lines.push(`+ ${label}${recoveredBy(is)}`);
    else if (was.role !== is.role || was.recovery !== is.recovery)
      lines.push(
        `  ${label}: was a ${was.role}${recoveredBy(was)}, now a ${is.role}${recoveredBy(is)}`,
      );
    return [...lines, ...regionKeys(label, was, is)];
  });
}

function recoveredBy({ recovery, role }: RootRegion): string {
  if (role === 'recovery') return '';
  return recovery === undefined ? ', without a recovery recipient' : `, recovered by ${recovery}`;
}

function regionKeys(
  label: string,
  was: RootRegion | undefined,
  is: RootRegion | undefined,
): string[] {
  const hashes = new Set([...(was?.keys ?? []), ...(is?.keys ?? [])].map(({ sha256 }) => sha256));
  return [...hashes].flatMap((sha256) => {
    const state = (region: RootRegion | undefined): string | undefined =>
      region?.keys.find((key) => key.sha256 === sha256)?.state;
    const [old, now] = [state(was), state(is)];
    // Whole: whoever compares a key compares all of it.
    if (old === undefined) return [`+ ${label}: key ${sha256} (${now ?? ''})`];
    if (now === undefined) return [`- ${label}: key ${sha256} (${old})`];
    return old === now ? [] : [`  ${label}: key ${sha256} was ${old}, now ${now}`];
  });
}

function compare(
  before: readonly string[],
  after: readonly string[],
): { gone: string[]; added: string[] } {
  return {
    gone: before.filter((one) => !after.includes(one)),
    added: after.filter((one) => !before.includes(one)),
  };
}
