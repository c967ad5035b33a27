import { EdgesealError } from '../errors.ts';
import { printable } from './mirror.ts';

/** One packet of Git's wire protocol (gitprotocol-common, "pkt-line format"). */
export type Packet =
  | { kind: 'data'; data: Buffer }
  | { kind: 'flush' }
  | { kind: 'delim' }
  | { kind: 'end' }
  | { kind: 'eof' };

export const FLUSH = '0000';
export const DELIM = '0001';

/** `text` as one packet; a line feed is added, as the protocol recommends. */
export function pkt(text: string): string {
  const length = Buffer.byteLength(text) + 5;
  return `${length.toString(16).padStart(4, '0')}${text}\n`;
}

/** Reads packets from a stream of chunks; holds no more than one packet and one chunk. */
export class PacketReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /**
   * The next packet, or `eof` between two packets.
   *
   * @throws EdgesealError `git-mirror` for a bad length, an end within a packet, or the server's own `ERR`
   */
  async next(): Promise<Packet> {
    if (!(await this.#fill(4))) {
      if (this.#buffer.length === 0) return { kind: 'eof' };
      throw new EdgesealError('git-mirror', 'the answer ends within a packet');
    }
    const head = this.#buffer.toString('latin1', 0, 4);
    if (!/^[0-9a-f]{4}$/iu.test(head)) {
      throw new EdgesealError('git-mirror', 'the answer is not in the git protocol');
    }
    const length = Number.parseInt(head, 16);
    if (length < 4) {
      this.#buffer = this.#buffer.subarray(4);
      if (length === 3) throw new EdgesealError('git-mirror', 'a packet of length 3');
      return { kind: length === 0 ? 'flush' : length === 1 ? 'delim' : 'end' };
    }
    if (!(await this.#fill(length))) {
      throw new EdgesealError('git-mirror', 'the answer ends within a packet');
    }
    const data = this.#buffer.subarray(4, length);
    this.#buffer = this.#buffer.subarray(length);
    if (data.length >= 4 && data.toString('latin1', 0, 4) === 'ERR ') {
      throw new EdgesealError('git-mirror', `the server says: ${printable(line(data).slice(4))}`);
    }
    return { kind: 'data', data };
  }

  /** Reads what is left, so that the connection can be used again. */
  async drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    while ((await this.#chunks.next()).done !== true);
  }

  /** Stops reading; the connection is given up. */
  async stop(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(length: number): Promise<boolean> {
    while (this.#buffer.length < length) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      this.#buffer =
        this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value]);
    }
    return true;
  }
}

/** A packet's text without its line feed. */
export function line(data: Buffer): string {
  const end = data.at(-1) === 0x0a ? data.length - 1 : data.length;
  return data.toString('utf8', 0, end);
}
