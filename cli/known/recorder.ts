import type { KnownEntry } from '../../core/scan/known/known-file.ts';
import { addKnown, openKnown } from '../../core/scan/known/local-files.ts';
import type { KnownPlace, LocalKnown } from '../../core/scan/known/local-files.ts';
import type { SecretBytes } from '../../core/secret-bytes.ts';
import type { Place } from '../repository.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { localKnownPlace } from './place.ts';

/**
 * Notes by fingerprints which values a command has sealed or opened, so that `edgeseal scan` and the hooks know them again
 * elsewhere. It is a help and no condition: nothing that a command was asked for fails on account of it.
 */
export class KnownRecorder {
  readonly #io: Io;
  readonly #place: KnownPlace | undefined;
  readonly #known: LocalKnown | undefined;
  readonly #entries: KnownEntry[] = [];
  #fault: string | undefined;

  private constructor(io: Io, place: KnownPlace | undefined, known: LocalKnown | undefined) {
    this.#io = io;
    this.#place = place;
    this.#known = known;
  }

  /** Opens what is known in the clone of a repository. */
  static async open(io: Io, { top }: Place): Promise<KnownRecorder> {
    const place = await localKnownPlace(io, top);
    try {
      return new KnownRecorder(io, place, place && (await openKnown(place)));
    } catch (error) {
      const recorder = new KnownRecorder(io, place, undefined);
      recorder.#fault = (error as NodeJS.ErrnoException).code ?? 'unknown';
      return recorder;
    }
  }

  /** Takes the fingerprints of a secret's values. Call it before they are wiped. */
  note(
    { namespace, name }: { namespace: string; name: string },
    items: ReadonlyMap<string, SecretBytes | undefined>,
  ): void {
    if (this.#known === undefined) return;
    const { values } = this.#known;
    for (const [item, value] of items)
      if (value !== undefined)
        this.#entries.push(...values.learn(`${namespace}/${name}`, item, value.reveal()));
  }

  /** Writes down what was noted. Call it once the command has done its work. */
  async save(): Promise<void> {
    if (this.#place !== undefined && this.#known !== undefined) {
      try {
        const entries = this.#entries;
        await addKnown(this.#place, this.#known.key, { entries, forgotten: [] });
      } catch (error) {
        this.#fault = (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
    }
    if (this.#fault === undefined) return;
    const file = this.#known === undefined ? this.#place?.keyFile : this.#place?.file;
    new Output(this.#io).warn(
      `edgeseal scan will not know these values again: ${file ?? 'their fingerprints'} cannot be read or written (${this.#fault})`,
    );
  }
}
