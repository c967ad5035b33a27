import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { EdgesealError } from '../core/errors.ts';
import type { RegionSyncSpec } from '../core/format/region-sync-spec.ts';
import { systemCode } from './store/disk.ts';
import { StoreKey } from './store/store-key.ts';
import type { Access } from './targets/directory-secret.ts';

/** Where one mirror is, and the files that hold what it asks for. */
export interface MirrorSettings {
  name: string;
  url: string;
  ca: string | undefined;
  auth:
    | { basic: { usernameFile: string; passwordFile: string } }
    | { bearer: { tokenFile: string } }
    | { secret: { name: string } }
    | undefined;
}

/** A RegionSync with everything filled in: absolute paths, milliseconds, bytes. */
export interface Settings {
  file: string;
  repository: string;
  region: string;
  /** SHA-256 of the pinned root. */
  root: string;
  floor: NonNullable<RegionSyncSpec['floor']> | undefined;
  mirrors: MirrorSettings[];
  intervalMs: number;
  staleAfterMs: number;
  keys: {
    files: string[];
    directory: string | undefined;
    secret: { name: string; generate: boolean } | undefined;
  };
  directory: { path: string; access: Access } | undefined;
  /** Globs of the namespaces that may be written to; undefined: all but the controller's own. */
  kubernetes: { namespaces: string[] | undefined } | undefined;
  /** Namespaces that EdgeSecret objects feed, as globs. */
  objects: { namespaces: string[]; ownerReferences: boolean } | undefined;
  store: string;
  /** Of ENCRYPTION_KEY in the environment. */
  storeKey: StoreKey;
  listen: { host: string; port: number } | undefined;
  pruneAcknowledged: string | undefined;
  alarmAcknowledged: string | undefined;
  limits: { fetchTimeoutMs: number; fetchMemoryMiB: number; packBytes: number };
}

const MIB = 1024 * 1024;
/** In a cluster, where the chart mounts a volume. */
export const usualStore = '/var/lib/edgeseal';

/**
 * Reads the configuration file. SYNC_INTERVAL and CACHE_DURATION in the environment go before `interval` and
 * `staleAfter`; relative paths are relative to the file.
 *
 * @throws EdgesealError `input-not-found`, `format-yaml`, `format-schema`
 */
export async function loadSettings(file: string, env: NodeJS.ProcessEnv): Promise<Settings> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new EdgesealError('input-not-found', `cannot read (${systemCode(cause) ?? 'error'})`, {
      file,
      cause,
    });
  }
  const { parseRegionSync } = await import('../core/format/region-sync.ts');
  return settingsOf(parseRegionSync(bytes, file).spec, file, env);
}

/**
 * Fills in what a checked RegionSync leaves open.
 *
 * @param file that paths are relative to
 * @throws EdgesealError `format-schema`; `input-usage` for an ENCRYPTION_KEY that could be guessed
 */
export async function settingsOf(
  spec: RegionSyncSpec,
  file: string,
  env: NodeJS.ProcessEnv,
): Promise<Settings> {
  const { duration, secondsOf } = await import('../core/format/schema.ts');
  const at = (path: string): string => resolve(dirname(file), path);
  const time = (variable: string, field: 'interval' | 'staleAfter', otherwise: string): number => {
    const given = env[variable];
    const text = given === undefined || given === '' ? (spec[field] ?? otherwise) : given;
    if (duration.safeParse(text).success && secondsOf(text) > 0) return secondsOf(text) * 1000;
    const isGiven = text === given;
    const place = isGiven ? { field: variable } : { file, field: `spec.${field}` };
    const message = `${place.field} is not a duration such as 90s, 15m or 24h`;
    throw new EdgesealError('format-schema', message, {
      ...place,
      hint: isGiven ? `it goes before spec.${field}: correct or unset it` : undefined,
    });
  };
  const { parseMirror } = await import('../core/git/mirror.ts');
  spec.mirrors.forEach(({ url }, i) => {
    const field = `spec.mirrors[${i}].url`;
    try {
      parseMirror({ name: field, url });
    } catch (cause) {
      const { message, hint } = cause as EdgesealError;
      throw new EdgesealError('format-schema', message, { file, field, hint, cause });
    }
  });
  const { directory, kubernetes } = spec.target;
  return {
    file,
    repository: spec.repository,
    region: spec.region,
    root: spec.root,
    floor: spec.floor,
    mirrors: mirrorsOf(spec, at),
    intervalMs: time('SYNC_INTERVAL', 'interval', '1m'),
    staleAfterMs: time('CACHE_DURATION', 'staleAfter', '24h'),
    keys: {
      files: (spec.keys.files ?? []).map(at),
      directory: spec.keys.directory === undefined ? undefined : at(spec.keys.directory),
      secret:
        spec.keys.secret === undefined
          ? undefined
          : { name: spec.keys.secret.name, generate: spec.keys.secret.generate === true },
    },
    directory:
      directory === undefined
        ? undefined
        : { path: at(directory.path), access: accessOf(directory) },
    kubernetes: kubernetes === undefined ? undefined : { namespaces: kubernetes.namespaces },
    objects:
      spec.objects === undefined
        ? undefined
        : {
            namespaces: spec.objects.namespaces,
            ownerReferences: spec.objects.ownerReferences === true,
          },
    store: at(env['EDGESEAL_STORE'] ?? spec.store ?? usualStore),
    storeKey: new StoreKey(env),
    listen: listenOf(spec.listen),
    pruneAcknowledged: spec.prune?.acknowledged,
    alarmAcknowledged: spec.alarm?.acknowledged,
    limits: {
      fetchTimeoutMs: secondsOf(spec.limits?.fetchTimeout ?? '15m') * 1000,
      fetchMemoryMiB: spec.limits?.fetchMemory ?? 512,
      packBytes: (spec.limits?.packSize ?? 512) * MIB,
    },
  };
}

function mirrorsOf(spec: RegionSyncSpec, at: (path: string) => string): MirrorSettings[] {
  const taken = new Set<string>();
  return spec.mirrors.map((mirror) => {
    const wanted = mirror.name ?? nameOf(mirror.url);
    let name = wanted;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted}-${n}`;
    taken.add(name);
    const { basic, bearer, secret } = mirror.auth ?? {};
    const auth =
      basic !== undefined
        ? { basic: { usernameFile: at(basic.usernameFile), passwordFile: at(basic.passwordFile) } }
        : bearer !== undefined
          ? { bearer: { tokenFile: at(bearer.tokenFile) } }
          : secret === undefined
            ? undefined
            : { secret };
    const url = isUrl(mirror.url) ? mirror.url : at(mirror.url);
    return { name, url, ca: mirror.ca === undefined ? undefined : at(mirror.ca), auth };
  });
}

function nameOf(url: string): string {
  if (!isUrl(url)) return basename(url);
  const parsed = URL.parse(url);
  return parsed === null || parsed.host === '' ? basename(url.replace(/[?#].*$/, '')) : parsed.host;
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** Who may read a file may enter its directory. */
function accessOf(directory: NonNullable<RegionSyncSpec['target']['directory']>): Access {
  const fileMode = Number.parseInt(directory.mode ?? '0400', 8);
  const directoryMode = 0o700 | ((fileMode & 0o044) >> 2) | (fileMode & 0o044);
  return { fileMode, directoryMode, owner: directory.owner, group: directory.group };
}

/** Reads host:port. */
export function listenOf(text: string | undefined): Settings['listen'] {
  if (text === undefined) return undefined;
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** The command by which an operator renews the floor, to be pasted. */
export function renewCommand({ region, file }: Settings): string {
  // Of a RegionSync object there is no file.
  const where = file === '/' ? '--context CONTEXT' : `--config ${file}`;
  return `edgeseal renew-floor ${region} ${where}`;
}
