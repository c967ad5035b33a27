import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import type { Json } from '../../core/format/canonical-json.ts';
import { checkExecCredential } from '../../core/format/kubeconfig.ts';
import type {
  ExecCredential,
  KubeconfigCluster,
  KubeconfigExec,
} from '../../core/format/kubeconfig.ts';
import type { Io } from '../terminal/io.ts';
import type { Sourced } from './kubeconfig.ts';

type Credential = ExecCredential['status'];

const versions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];
/** A credential is renewed this long before it ends. */
const EARLY_MS = 30_000;
const MAX_BYTES = 1024 * 1024;

/** The program that a kubeconfig names for making credentials, such as `aws eks get-token`. */
export class Plugin {
  readonly #io: Io;
  readonly #user: Sourced<unknown>;
  readonly #exec: KubeconfigExec;
  readonly #cluster: KubeconfigCluster & { ca: string | undefined };
  #held: Promise<Credential> | undefined;

  /** @throws EdgesealError `kube-config` for a version of the protocol that is not known */
  constructor(
    io: Io,
    user: Sourced<unknown>,
    exec: KubeconfigExec,
    cluster: KubeconfigCluster & { ca: string | undefined },
  ) {
    this.#io = io;
    this.#user = user;
    this.#exec = exec;
    this.#cluster = cluster;
    if (!versions.includes(exec.apiVersion))
      throw this.#error(`speaks ${exec.apiVersion}`, `known are ${versions.join(', ')}`);
  }

  /** The credential, made anew when it is about to end. @throws EdgesealError `kube-config` */
  async credential(): Promise<Credential> {
    const held = await this.#held;
    const ends = held?.expirationTimestamp ?? undefined;
    if (held === undefined || (ends !== undefined && Date.parse(ends) - EARLY_MS < Date.now()))
      this.#held = this.#run();
    return await (this.#held as Promise<Credential>);
  }

  async #run(): Promise<Credential> {
    const { command, args, env, provideClusterInfo, interactiveMode, apiVersion } = this.#exec;
    const interactive = this.#io.stdin === process.stdin && process.stdin.isTTY;
    if (interactiveMode === 'Always' && !interactive)
      throw this.#error('wants to ask something, and there is no terminal');
    const { server, ca, 'tls-server-name': name } = this.#cluster;
    const info = {
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: interactive && interactiveMode !== 'Never',
        ...(provideClusterInfo === true
          ? {
              cluster: {
                server,
                ...(name === undefined ? {} : { 'tls-server-name': name }),
                ...(ca === undefined
                  ? {}
                  : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
              },
            }
          : {}),
      },
    };
    const { code, stdout } = await this.#start(
      // As kubectl has it: what holds a separator is a path, relative to the kubeconfig.
      /[/\\]/.test(command) ? resolve(dirname(this.#user.file), command) : command,
      args ?? [],
      {
        ...this.#io.env,
        ...Object.fromEntries((env ?? []).map(({ name: key, value }) => [key, value])),
        KUBERNETES_EXEC_INFO: JSON.stringify(info),
      },
      info.spec.interactive,
    );
    if (code !== 0) throw this.#error(`ends with exit code ${code}`, this.#exec.installHint);
    return this.#read(stdout);
  }

  #read(stdout: string): Credential {
    try {
      return checkExecCredential(JSON.parse(stdout) as Json).status;
    } catch {
      // Its output holds a credential: nothing of it is repeated.
      throw this.#error('prints no ExecCredential', 'run it yourself to see why');
    }
  }

  #start(
    program: string,
    args: string[],
    env: NodeJS.ProcessEnv,
    interactive: boolean,
  ): Promise<{ code: number; stdout: string }> {
    return new Promise((done, fail) => {
      const child = spawn(program, args, {
        cwd: this.#io.cwd,
        env,
        stdio: [interactive ? 'inherit' : 'ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        if (stdout.length > MAX_BYTES) child.kill();
      });
      // What it has to say is for the person, who runs it as we do; the pipe ends with the program.
      child.stderr.on('data', (chunk: Buffer) => this.#io.stderr.write(chunk));
      child.once('error', (error: NodeJS.ErrnoException) => {
        fail(this.#error(`cannot be started (${error.code ?? 'error'})`, this.#exec.installHint));
      });
      child.once('close', (code) => {
        done({ code: code ?? 1, stdout });
      });
    });
  }

  #error(what: string, hint?: string): EdgesealError {
    const { file, name } = this.#user;
    const told = hint === undefined || hint.trim() === '' ? undefined : hint.trim();
    return new EdgesealError('kube-config', `credential plugin ${this.#exec.command} ${what}`, {
      file,
      field: `users[${name}].user.exec`,
      hint: told,
    });
  }
}
