import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EdgesealError } from '../../../core/errors.ts';
import type { Io } from '../../terminal/io.ts';

/** A git process whose output is read while it runs: a history's does not fit into memory. */
export class GitStream {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #command: string;
  readonly #ended: Promise<number>;
  #words = '';

  constructor(io: Io, cwd: string, args: string[]) {
    this.#command = args.find((arg) => !arg.startsWith('-')) ?? '';
    const env = { ...io.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' };
    this.child = spawn('git', args, { cwd, env });
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (chunk: Buffer) => {
      if (this.#words.length < 2000) this.#words += chunk.toString('utf8');
    });
    this.#ended = new Promise((resolve) => {
      this.child.on('error', () => {
        resolve(-1);
      });
      this.child.on('close', (code) => {
        resolve(code ?? -1);
      });
    });
  }

  /** Standard output between NUL bytes. */
  async *fields(): AsyncGenerator<string> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of this.child.stdout as AsyncIterable<Buffer>) {
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = data.indexOf(0); end >= 0; end = data.indexOf(0)) {
        yield data.toString('utf8', 0, end);
        data = data.subarray(end + 1);
      }
      rest = data;
    }
    if (rest.length > 0) yield rest.toString('utf8');
    await this.requireDone();
  }

  /** @throws EdgesealError `git-repository`, with git's own first words, unless it ended well */
  async requireDone(): Promise<void> {
    const code = await this.#ended;
    if (code === 0) return;
    const [line = ''] = this.#words.split('\n');
    const why = line.replace(/^(?:fatal|error): /, '') || `exit code ${code}`;
    throw new EdgesealError('git-repository', `git ${this.#command} failed: ${why}`);
  }

  /** Ends it, whatever it is at. */
  close(): void {
    this.child.stdin.destroy();
    this.child.stdout.destroy();
    this.child.kill();
  }
}
