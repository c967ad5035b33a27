import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const colours = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
const paint = (code: string, text: string): string =>
  colours ? `\u001b[${code}m${text}\u001b[0m` : text;

/** What a shown command did. */
export interface Shown {
  code: number;
  text: string;
}

/**
 * The demo's machine: a folder with a HOME, a Git identity, an SSH agent-less key and `edgeseal` on the PATH.
 * Nothing of the real HOME is read or written. Every process started here is ended here.
 */
export class Stage {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #started = performance.now();
  readonly #running = new Map<string, ChildProcess>();
  #step = 0;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'edgeseal-demo-'));
    const home = join(this.folder, 'home');
    this.env = {
      PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      LC_ALL: 'C',
      NO_COLOR: '1',
    };
    this.write(
      'home/.gitconfig',
      '[user]\n\tname = Demo Author\n\temail = author@example.com\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n',
    );
    const programs = {
      edgeseal: 'cli/bin.ts',
      mirror: 'demo/mirror.ts',
      'hostile-mirror': 'demo/hostile-mirror.ts',
    };
    for (const [name, source] of Object.entries(programs)) {
      const script = join(import.meta.dirname, '..', source);
      this.write(`bin/${name}`, `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
      chmodSync(join(this.folder, 'bin', name), 0o755);
    }
    const settings = ['PATH', 'HOME', 'GIT_CONFIG_NOSYSTEM'].map(
      (name) => `export ${name}='${this.env[name] ?? ''}'`,
    );
    this.write(
      'env.sh',
      `# Makes a shell one of the demo: . ${this.folder}/env.sh\n${settings.join('\n')}\nunset SSH_AUTH_SOCK\ncd '${this.folder}'\n`,
    );
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), content);
  }

  /** Begins a step of the story. */
  step(title: string): void {
    this.#step++;
    process.stdout.write(`\n${paint('1;36', `${String(this.#step)}. ${title}`)}\n`);
  }

  say(text: string): void {
    process.stdout.write(`   ${text}\n`);
  }

  /**
   * Shows a command as a person would type it, runs it, and shows what it prints.
   *
   * @param options.in folder to run in; the prompt shows it
   * @param options.fails whether the command is meant to fail
   */
  async run(
    command: string,
    options: { in?: string; fails?: boolean; lines?: number } = {},
  ): Promise<Shown> {
    const { in: place = 'secrets', fails = false, lines = 12 } = options;
    const typed = command.replaceAll('\n', `\n   ${' '.repeat(place.length)}`);
    process.stdout.write(`   ${paint('2', place)} ${paint('1', `$ ${typed}`)}\n`);
    const child = spawn('sh', ['-c', command], {
      cwd: this.path(place),
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [exit] = (await once(child, 'close')) as [number | null];
    const code = exit ?? -1;
    const shown = text
      .trimEnd()
      .split('\n')
      .filter((line) => line.trim() !== '');
    for (const line of shown.slice(0, lines)) process.stdout.write(`     ${line}\n`);
    if (shown.length > lines)
      process.stdout.write(paint('2', `     (${String(shown.length - lines)} more lines)\n`));
    if ((code !== 0) !== fails)
      throw new Error(`the command ended with ${String(code)}: ${command}\n${text}`);
    return { code, text };
  }

  /** Starts something that goes on running, and shows the command. Its output goes to `logs/<name>.log`. */
  start(name: string, command: string): void {
    const pidFile = pidFileOf(name);
    process.stdout.write(`   ${paint('1', `$ ${command} & echo $! > ${pidFile}`)}\n`);
    for (const folder of ['logs', 'run']) mkdirSync(this.path(folder), { recursive: true });
    const log = openSync(this.path('logs', `${name}.log`), 'a');
    // `exec`, so that the signal that ends it reaches the program and not a shell around it.
    const child = spawn('sh', ['-c', `exec ${command}`], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    writeFileSync(this.path(pidFile), `${String(child.pid)}\n`);
    this.#running.set(name, child);
  }

  /** Ends something that {@link Stage.start} started. */
  async stop(name: string, shown = true): Promise<void> {
    const child = this.#running.get(name);
    if (child === undefined) return;
    this.#running.delete(name);
    if (shown)
      process.stdout.write(
        `   ${paint('1', `$ kill $(cat ${pidFileOf(name)}) && rm ${pidFileOf(name)}`)}\n`,
      );
    // A number that was one of ours may be somebody else's process by the time it is typed again.
    rmSync(this.path(pidFileOf(name)), { force: true });
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(late);
  }

  /**
   * Waits for something to become true.
   *
   * @returns how long that took, in milliseconds
   */
  async until(
    what: string,
    isTrue: () => boolean | Promise<boolean>,
    limitMs = 15_000,
  ): Promise<number> {
    const start = performance.now();
    while (!(await isTrue())) {
      if (performance.now() - start > limitMs)
        throw new Error(
          `waited ${String(limitMs / 1000)} s in vain until ${what}; see ${this.path('logs')}`,
        );
      await sleep(25);
    }
    return Math.round(performance.now() - start);
  }

  /** Seconds since the demo began. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Ends every process and, unless it is to be kept, removes the folder. */
  async end(keep: boolean): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name, false)));
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

function pidFileOf(name: string): string {
  return `run/${name.replaceAll(' ', '-')}.pid`;
}

/** A TCP port of loopback that is free right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
