import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/**
 * Starts a server, says its process id, and closes its output when the server has ended. The server lives as long as
 * somebody holds the other end of standard input open: the operating system closes that whichever way a test process
 * ends, so a kill -9 leaves nothing behind either.
 */
const guard = `
exec 3<&0 4>&1 </dev/null >/dev/null
log=$1
shift
"$@" >>"$log" 2>&1 3<&- 4>&- &
child=$!
echo $child >&4
(cat <&3; kill -KILL $child) 2>&1 4>&- &
wait $child
exec 4>&-
wait
`;

/** A program that serves until it is killed, or until this process ends. */
export class Server {
  readonly #command: string[];
  readonly #logFile: string;
  readonly #env: NodeJS.ProcessEnv;
  #pid = 0;
  /** Settles when the program has ended, whoever ended it, and its port is free again. */
  #ended: Promise<unknown> | undefined;
  #guard: ChildProcess | undefined;

  /** @param env set in addition to this process's environment */
  constructor(program: string, args: string[], logFile: string, env: NodeJS.ProcessEnv = {}) {
    this.#command = [program, ...args];
    this.#logFile = logFile;
    this.#env = env;
  }

  get running(): boolean {
    return this.#ended !== undefined;
  }

  /** Of the program itself, not of its guard. */
  get pid(): number {
    return this.#pid;
  }

  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.#command[0]!} runs already`);
    const child = spawn('sh', ['-c', guard, 'guard', this.#logFile, ...this.#command], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...this.#env },
      // A group of its own, so that Ctrl-C in a terminal does not reach it before the tests have ended.
      detached: true,
    });
    const { stdin, stdout } = child;
    const [said] = (await once(stdout, 'data')) as [Buffer];
    this.#pid = Number(said.toString());
    this.#guard = child;
    this.#ended = once(stdout.resume(), 'end').then(() => {
      this.#ended = undefined;
      stdin.end();
    });
    this.#hold(false);
  }

  /** What a power cut does to it: no goodbye. */
  async kill(): Promise<void> {
    if (this.#ended === undefined) return;
    this.#hold(true);
    this.signal('SIGKILL');
    await this.#ended;
  }

  /** Whether this process waits for the server: one that forgets to stop its cluster ends all the same. */
  #hold(wait: boolean): void {
    const handles = [this.#guard!, this.#guard!.stdin as Socket, this.#guard!.stdout as Socket];
    for (const handle of handles) {
      if (wait) handle.ref();
      else handle.unref();
    }
  }

  /** Sends the program a signal: SIGSTOP makes a server that accepts connections and never answers; SIGCONT ends that. */
  signal(name: NodeJS.Signals): void {
    process.kill(this.#pid, name);
  }

  /** The end of what it wrote: why it did not start. */
  logTail(lines = 15): string {
    return readFileSync(this.#logFile, 'utf8').trim().split('\n').slice(-lines).join('\n');
  }
}

/**
 * A port that nobody listens on. Below the range that the kernel gives to outgoing connections and to whoever listens
 * on port 0, so that a killed server finds its port free when it comes back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
