import { EdgesealError } from '../errors.ts';

type Sodium = typeof import('libsodium-wrappers').default;

let loaded: Sodium | undefined;
let loading: Promise<Sodium> | undefined;

/**
 * Loads libsodium (WebAssembly) once. It costs about 70 ms and 15 MB, so only X-Wing on a Node whose OpenSSL has none
 * calls it.
 */
export async function loadSodium(): Promise<Sodium> {
  loading ??= import('libsodium-wrappers').then(async ({ default: sodium }) => {
    await sodium.ready;
    loaded = sodium;
    return sodium;
  });
  return loading;
}

/** libsodium after {@link loadSodium}; the synchronous inner loops use this. */
export function sodium(): Sodium {
  if (loaded === undefined)
    throw new EdgesealError('internal', 'libsodium is used before it is loaded');
  return loaded;
}
