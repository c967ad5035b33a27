import { isEdgesealError } from '../errors.ts';
import { AllowList, allowFile } from './allow/allow-list.ts';
import type { ScanFinding } from './finding.ts';
import { knownPlace, readKnown } from './known/local-files.ts';
import type { LocalKnown } from './known/local-files.ts';
import { Scanner } from './scanner.ts';

/** The repository that something is scanned in. */
export interface LocalPlace {
  /** `git rev-parse --git-common-dir`, absolute; undefined outside of a repository. */
  gitDir: () => Promise<string | undefined>;
  env: NodeJS.ProcessEnv;
  /** A file of the repository, from its top, as it lies in what is scanned; undefined where there is none. */
  read: (path: string) => Promise<string | undefined>;
  /** Called with what cannot be used, one line each: scanning goes on without it. */
  onFault: (words: string) => void;
}

/**
 * A scanner with everything that a repository adds: the values that were sealed in this clone, the rules of its `.gitleaks.toml`,
 * and its allow list. For hooks; each part is loaded only where its file is there, the list only where something was found.
 */
export class LocalScanner {
  readonly #place: LocalPlace;
  readonly #scanner: Promise<Scanner>;
  #allowed: Promise<AllowList | undefined> | undefined;

  constructor(place: LocalPlace) {
    this.#place = place;
    this.#scanner = scannerOf(place);
    // Awaited, and thrown, at the first file.
    this.#scanner.catch(() => undefined);
  }

  /**
   * Looks at a file, or a part of one.
   *
   * @returns findings by line and column, less what comments and the allow list leave alone
   */
  async scan(path: string, bytes: Uint8Array): Promise<ScanFinding[]> {
    const { findings, stopped } = await (await this.#scanner).scan(path, bytes);
    if (stopped !== undefined)
      this.#place.onFault(`${path}: the rule ${stopped} took too long and was stopped`);
    if (findings.length === 0) return findings;
    this.#allowed ??= allowedIn(this.#place);
    const list = await this.#allowed;
    return list === undefined ? findings : await list.filter(findings);
  }
}

async function scannerOf(place: LocalPlace): Promise<Scanner> {
  const [known, own] = await Promise.all([knownIn(place), ownIn(place)]);
  return new Scanner({ known: known?.values, own });
}

async function knownIn({ gitDir, env, onFault }: LocalPlace): Promise<LocalKnown | undefined> {
  const folder = await gitDir();
  if (folder === undefined) return undefined;
  const place = knownPlace(folder, env);
  try {
    return await readKnown(place);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    onFault(`values that were sealed here are not known again: ${place.file} (${code})`);
    return undefined;
  }
}

async function ownIn({
  read,
  onFault,
}: LocalPlace): Promise<import('./own/own-scanner.ts').OwnScanner | undefined> {
  const file = '.gitleaks.toml';
  const text = await read(file);
  if (text === undefined) return undefined;
  try {
    const { readGitleaks } = await import('./own/gitleaks-config.ts');
    const own = await readGitleaks(text, file, read);
    return new (await import('./own/own-scanner.ts')).OwnScanner(own);
  } catch (error) {
    onFault(faultOf(error));
    return undefined;
  }
}

async function allowedIn({ read, onFault }: LocalPlace): Promise<AllowList | undefined> {
  const text = await read(allowFile);
  if (text === undefined) return undefined;
  try {
    return await AllowList.parse(text, allowFile);
  } catch (error) {
    // Nothing is allowed then.
    onFault(faultOf(error));
    return undefined;
  }
}

function faultOf(error: unknown): string {
  if (!isEdgesealError(error)) throw error;
  return `${error.file ?? ''}: ${error.message}`;
}
