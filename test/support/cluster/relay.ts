import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Passes bytes on to an API server, until told to be a bad network. TLS goes through: nobody on the way can read. */
export class Relay {
  readonly #server: Server;
  readonly #pairs = new Set<[Socket, Socket]>();
  #isCut = false;

  private constructor(port: number) {
    this.#server = createServer((inside) => {
      if (this.#isCut) {
        inside.destroy();
        return;
      }
      const outside = connect(port, '127.0.0.1');
      const pair: [Socket, Socket] = [inside, outside];
      this.#pairs.add(pair);
      for (const socket of pair) {
        socket.on('error', () => undefined);
        socket.once('close', () => {
          this.#pairs.delete(pair);
          inside.destroy();
          outside.destroy();
        });
      }
      inside.pipe(outside).pipe(inside);
    });
  }

  static async open(url: string): Promise<Relay> {
    const relay = new Relay(Number(new URL(url).port));
    relay.#server.listen(0, '127.0.0.1').unref();
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, and every new one. */
  cut(): void {
    this.#isCut = true;
    for (const [inside] of this.#pairs) inside.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  /** Forgets the connections that there are, as a firewall does: they stay open, and nothing comes through. New ones work. */
  silence(): void {
    for (const [inside, outside] of this.#pairs) {
      inside.unpipe(outside);
      outside.unpipe(inside);
      inside.resume();
      outside.resume();
    }
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}
