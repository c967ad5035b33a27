import type { RegionKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import type { RepositoryState } from '../../core/repository/repository-state.ts';
import { keyState } from '../../core/repository/root-keys.ts';
import type { AuditedSecret, Finding } from '../../core/repository/secret-audit.ts';
import { itemNames } from '../../core/secret/change.ts';
import { openEveryWrap } from '../../core/secret/open-check.ts';
import { plural } from '../change/words.ts';
import type { Io } from '../terminal/io.ts';
import { readRegionKeys } from '../region-key/keys.ts';

/** Opens what is wrapped for some private keys, and counts. */
export class KeyCheck {
  opened = 0;
  readonly #state: RepositoryState;
  readonly #keys: readonly RegionKey[];
  /** Regions and recovery recipients that one of the keys is an active one of. */
  readonly #holders: readonly string[];

  constructor(state: RepositoryState, keys: readonly RegionKey[]) {
    this.#state = state;
    this.#keys = keys;
    const hashes = new Set(keys.map((key) => key.sha256));
    this.#holders = [...state.regions.values()]
      .filter((entry) =>
        entry.keys.some(
          ({ key }) =>
            hashes.has(key.sha256) && keyState(state.root, entry.name, key.sha256) === 'active',
        ),
      )
      .map(({ name }) => name);
  }

  /** Adds to the findings what does not open, and what is not wrapped for the keys. */
  async check(audited: readonly AuditedSecret[]): Promise<void> {
    for (const { file, namespace, name, secret, findings } of audited) {
      if (secret === undefined) continue;
      const { id } = this.#state.repository.spec;
      const { opened, faults, lacking } = await openEveryWrap(
        secret,
        id,
        this.#keys,
        this.#holders,
      );
      this.opened += opened;
      for (const fault of faults) {
        // Where history has a good one, that was said already, with the way back to it.
        const known = findings.some(({ error }) => error.code === 'seal-open');
        const [item = 'ITEM'] = itemNames(secret);
        const hint = `its values have to be set anew: edgeseal set ${namespace}/${name} ${item}`;
        if (!known) findings.push({ level: 'error', error: fault.at({ file, hint }) });
      }
      for (const region of lacking) {
        const error = new EdgesealError(
          'seal-no-key',
          `it has a value for ${region} that is not wrapped for the key given`,
          { file, hint: `edgeseal reseal ${namespace}/${name} --with-recovery RECOVERY-KEY-FILE` },
        );
        findings.push({ level: 'warning', error });
      }
    }
  }

  /** What is wrong with the keys themselves: one that opens nothing is the wrong file. */
  findings(): Finding[] {
    if (this.opened > 0) return [];
    const ids = this.#keys.map((key) => key.id).join(', ');
    const error = new EdgesealError(
      'seal-no-key',
      `nothing here opens with the key given (${ids}): it is not one of this repository, or all its wraps are bad`,
      { hint: 'see which keys there are: edgeseal region list' },
    );
    return [{ level: 'error', error }];
  }

  words(): string {
    const ids = this.#keys.map((key) => key.id).join(', ');
    return `opened ${plural(this.opened, 'wrap')} with ${ids}, and every value with it`;
  }
}

/**
 * Reads the private keys of `--key`.
 *
 * @returns undefined where none is given
 */
export async function openKeys(
  io: Io,
  state: RepositoryState,
  files: readonly string[] | undefined,
): Promise<KeyCheck | undefined> {
  const keys = await readRegionKeys(io, files);
  return keys.length === 0 ? undefined : new KeyCheck(state, keys);
}
