import { inspect } from 'node:util';

const shown = '[secret]';

/**
 * Plaintext or key material on its way through the process. However it is printed, logged, thrown or
 * serialised by accident, it shows as `[secret]`; only {@link SecretBytes.reveal} gives the bytes.
 */
export class SecretBytes {
  readonly #bytes: Uint8Array;

  /** Takes over `bytes` (no copy), so that `wipe` reaches the caller's buffer too. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  static fromText(text: string): SecretBytes {
    return new SecretBytes(Buffer.from(text, 'utf8'));
  }

  /** The bytes themselves. Call it as late as possible and keep the result as short as possible. */
  reveal(): Uint8Array {
    return this.#bytes;
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** Overwrites the bytes. The engine may hold copies elsewhere; this is care, not a promise. */
  wipe(): void {
    this.#bytes.fill(0);
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
