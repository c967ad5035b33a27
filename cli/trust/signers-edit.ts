import { EdgesealError } from '../../core/errors.ts';
import type { TrustRootSpec } from '../../core/format/trust-root.ts';
import { plural } from '../change/words.ts';

/** The two lists of a root that have a threshold. */
export type Role = 'roots' | 'publishers';

const words: Record<Role, { many: string; add: string }> = {
  roots: { many: 'root keys', add: 'edgeseal trust add-root-key --key FILE' },
  publishers: { many: 'publishers', add: 'edgeseal trust add-publisher --key FILE' },
};

/** Adds a key to a list. */
export function withSigner(spec: TrustRootSpec, role: Role, line: string): TrustRootSpec {
  const { keys, threshold } = spec[role];
  if (keys.includes(line)) {
    throw new EdgesealError('input-usage', `it is one of the ${words[role].many} already`, {
      hint: 'edgeseal trust show',
    });
  }
  return { ...spec, [role]: { keys: [...keys, line], threshold } };
}

/**
 * Takes a key out of a list.
 *
 * @throws EdgesealError `input-usage` where too few would be left for the threshold
 */
export function withoutSigner(spec: TrustRootSpec, role: Role, line: string): TrustRootSpec {
  const { keys, threshold } = spec[role];
  const left = keys.filter((key) => key !== line);
  if (left.length < threshold) {
    throw new EdgesealError(
      'input-usage',
      `${threshold} of the ${words[role].many} have to sign, and ${left.length} would be left`,
      {
        hint:
          threshold > 1
            ? `first add another (${words[role].add}), or: edgeseal trust set-threshold ${role} ${threshold - 1}`
            : `first add another: ${words[role].add}`,
      },
    );
  }
  return { ...spec, [role]: { keys: left, threshold } };
}

/** @throws EdgesealError `input-usage` for a number that its keys cannot reach, or that is in force already */
export function withThreshold(spec: TrustRootSpec, role: Role, threshold: number): TrustRootSpec {
  const { keys, threshold: before } = spec[role];
  const fail = (message: string, hint?: string): never => {
    throw new EdgesealError('input-usage', message, { hint });
  };
  if (!Number.isSafeInteger(threshold) || threshold < 1)
    fail('a threshold is a whole number, at least 1');
  if (threshold > keys.length)
    fail(
      `there ${keys.length === 1 ? 'is' : 'are'} ${plural(keys.length, 'key')}: ${threshold} can never sign`,
      `first add another: ${words[role].add}`,
    );
  if (threshold === before) fail(`${before} of the ${words[role].many} have to sign already`);
  return { ...spec, [role]: { keys, threshold } };
}

/**
 * Exchanges one key for another of the same person, everywhere it is listed.
 *
 * @returns the changed root, and where the key was, for people
 * @throws EdgesealError `input-usage` where it is listed nowhere, or the new one is somebody else's
 */
export function withKeyExchanged(
  spec: TrustRootSpec,
  from: string,
  to: string,
): { spec: TrustRootSpec; places: string[] } {
  const places: string[] = [];
  const exchange = (keys: string[], place: string): string[] => {
    if (!keys.includes(from)) return keys;
    places.push(place);
    return [...new Set(keys.map((key) => (key === from ? to : key)))];
  };
  const other = spec.authors.find(({ keys }) => keys.includes(to) && !keys.includes(from));
  if (from === to || other !== undefined) {
    throw new EdgesealError(
      'input-usage',
      from === to ? 'these are the same key' : `the new key is the key of ${other?.name ?? ''}`,
      { hint: 'make a fresh one: ssh-keygen -t ed25519 -f FILE' },
    );
  }
  const roots = { ...spec.roots, keys: exchange(spec.roots.keys, 'root keys') };
  const publishers = { ...spec.publishers, keys: exchange(spec.publishers.keys, 'publishers') };
  const authors = spec.authors.map((author) => ({
    ...author,
    keys: exchange(author.keys, `author ${author.name}`),
  }));
  const beats = spec.heartbeat?.key === from;
  if (beats) places.push('heartbeat');
  if (places.length === 0) {
    throw new EdgesealError('input-usage', 'the key that is to go is listed nowhere', {
      hint: 'name it with --from: a file, or a fingerprint that edgeseal trust show prints',
    });
  }
  for (const role of ['roots', 'publishers'] as const) {
    const { keys, threshold } = role === 'roots' ? roots : publishers;
    if (keys.length >= threshold) continue;
    throw new EdgesealError(
      'input-usage',
      `the new key is one of the ${words[role].many} already, so too few would be left to sign`,
      { hint: `edgeseal trust set-threshold ${role} ${keys.length}` },
    );
  }
  const heartbeat = beats ? { heartbeat: { key: to } } : {};
  return { spec: { ...spec, roots, publishers, authors, ...heartbeat }, places };
}
