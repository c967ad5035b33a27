import { createHmac, timingSafeEqual } from 'node:crypto';
import { hkdfExpand, hkdfExtract } from '../../core/crypto/hkdf.ts';
import { EdgesealError } from '../../core/errors.ts';

const VARIABLE = 'ENCRYPTION_KEY';
const PREVIOUS = 'ENCRYPTION_KEY_PREVIOUS';
/** As the previous key: what was written before there was one. */
const NONE = 'none';

/** Characters: 128 bits in base64, and what a random text of that length always has. */
const LEAST_LENGTH = 22;
const LEAST_DIFFERENT = 8;

const label = (text: string): Buffer => Buffer.from(`edgeseal.dev/v1 store ${text}`);

/** What stands in a file's first line: which key, and the HMAC over the rest. */
export interface Proof {
  /** 16 hex digits. */
  id: string;
  /** HMAC-SHA256, 64 hex digits. */
  mac: string;
}

interface Keyed {
  id: string;
  mac: (parts: readonly Uint8Array[]) => Buffer;
}

/**
 * The key of ENCRYPTION_KEY, by which the controller knows what it wrote itself from what somebody else put into the
 * store. It encrypts nothing: all values there are sealed for the region's key.
 */
export class StoreKey {
  readonly #current: Keyed | undefined;
  readonly #previous: Keyed | undefined;
  readonly #isBareAccepted: boolean;

  /**
   * Takes ENCRYPTION_KEY, and ENCRYPTION_KEY_PREVIOUS by which files are still read: the key before, or `none`.
   *
   * @throws EdgesealError `input-usage` for one that could be guessed
   */
  constructor(env: NodeJS.ProcessEnv) {
    const previous = textOf(env, PREVIOUS);
    const current = textOf(env, VARIABLE);
    this.#current = current === undefined ? undefined : keyed(current, VARIABLE);
    this.#isBareAccepted = current === undefined || previous === NONE;
    this.#previous =
      previous === undefined || previous === NONE ? undefined : keyed(previous, PREVIOUS);
  }

  /** Whether that is what would be written now, by the same key. */
  isCurrent(proof: Proof | undefined): boolean {
    return proof?.id === this.#current?.id;
  }

  /** What is to be written above these bytes; undefined without a key. */
  prove(parts: readonly Uint8Array[]): Proof | undefined {
    if (this.#current === undefined) return undefined;
    return { id: this.#current.id, mac: this.#current.mac(parts).toString('hex') };
  }

  /**
   * Requires bytes to be what a holder of the key wrote.
   *
   * @param proof what stands above them
   * @throws EdgesealError `store-key`
   */
  require(proof: Proof | undefined, parts: readonly Uint8Array[], file: string): void {
    const refuse = (message: string, hint: string): never => {
      throw new EdgesealError('store-key', message, {
        file,
        hint: `${hint}; or start anew from the mirrors, never below the mark that the target keeps: mv ${file} ${file}.refused`,
      });
    };
    if (proof === undefined) {
      if (this.#isBareAccepted) return;
      refuse(
        `it carries no proof that a holder of ${VARIABLE} wrote it`,
        `if that key is new here and nobody meddled, start once with ${PREVIOUS}=${NONE}`,
      );
    } else {
      const key = [this.#current, this.#previous].find((one) => one?.id === proof.id);
      if (key === undefined)
        refuse(
          this.#current === undefined
            ? `it was written with an ${VARIABLE}, and there is none`
            : `it was written with another ${VARIABLE} than this`,
          this.#current === undefined
            ? `give that key as ${VARIABLE}, or, to do without one from now on, as ${PREVIOUS}`
            : `give the key before as ${PREVIOUS}`,
        );
      else if (!timingSafeEqual(key.mac(parts), Buffer.from(proof.mac, 'hex')))
        refuse(
          `somebody without the ${VARIABLE} has changed it, or it is damaged`,
          'look at the disk, and at who can write to the store',
        );
    }
  }
}

function textOf(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const text = env[variable]?.trim();
  return text === undefined || text === '' ? undefined : text;
}

/** HMAC-SHA256 under a key of its own, by HKDF-SHA256 (RFC 5869) from the text's bytes. */
function keyed(text: string, variable: string): Keyed {
  const different = new Set(text).size;
  if (text.length < LEAST_LENGTH || different < LEAST_DIFFERENT) {
    throw new EdgesealError(
      'input-usage',
      text.length < LEAST_LENGTH
        ? `${variable} has ${text.length} characters, and ${LEAST_LENGTH} is the least`
        : `${variable} has ${different} different characters, and ${LEAST_DIFFERENT} is the least: it could be guessed`,
      { hint: 'make one: openssl rand -base64 32' },
    );
  }
  const prk = hkdfExtract(label('key'), Buffer.from(text));
  const macKey = hkdfExpand(prk, 32, label('mac'));
  return {
    id: Buffer.from(hkdfExpand(prk, 8, label('id'))).toString('hex'),
    mac: (parts) => {
      const hmac = createHmac('sha256', macKey);
      for (const part of parts) hmac.update(part);
      return hmac.digest();
    },
  };
}
