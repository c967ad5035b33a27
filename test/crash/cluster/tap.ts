import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Who sends. */
export type Way = 'request' | 'response';

/**
 * A wire to the API server that counts what comes along, and does something at one of the packets before it is passed on: a
 * request that the server has never seen, an answer that the controller never gets.
 */
export class Tap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly counts = { request: 0, response: 0 };
  #trap: { way: Way; at: number; spring: () => void } | undefined;

  private constructor(port: number) {
    this.#server = createServer((inside) => {
      const outside = connect(port, '127.0.0.1');
      for (const [from, to, way] of [
        [inside, outside, 'request'],
        [outside, inside, 'response'],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => undefined);
        from.on('data', (bytes: Buffer) => {
          this.#count(way);
          to.write(bytes);
        });
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(url: string): Promise<Tap> {
    const tap = new Tap(Number(new URL(url).port));
    tap.#server.listen(0, '127.0.0.1').unref();
    await once(tap.#server, 'listening');
    return tap;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`;
  }

  /** Counts anew. `spring` is called in the place of passing on that packet; what is under way then is passed on no more. */
  arm(way?: Way, at = 0, spring: () => void = () => undefined): void {
    this.counts.request = 0;
    this.counts.response = 0;
    this.#trap = way && { way, at, spring };
  }

  get isSprung(): boolean {
    return this.#trap !== undefined && this.counts[this.#trap.way] >= this.#trap.at;
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #count(way: Way): void {
    this.counts[way] += 1;
    if (this.#trap?.way === way && this.counts[way] === this.#trap.at) {
      this.#trap.spring();
      this.cut();
    }
  }
}
