import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { Planted } from './planted.ts';
import { main } from '../../cli/bin.ts';
import type { Io } from '../../cli/terminal/io.ts';
import { findSigningKey, generateSigningKey, sign } from '../../cli/signer/signer.ts';
import { formatRegionPublicKey, generateRegionKey } from '../../core/crypto/region-key.ts';
import type { RegionKey } from '../../core/crypto/region-key.ts';
import { formatRegion } from '../../core/format/region.ts';
import { formatRepository } from '../../core/format/repository.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot } from '../../core/format/trust-root.ts';
import type { RootRegion } from '../../core/format/trust-root.ts';
import { rootHash } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { formatSshPublicKey } from '../../core/trust/ssh-key.ts';

/** What a command did, as a person at the terminal would see it. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A person's machine in a temporary folder: HOME, Git identity, SSH key, and a secrets repository. */
export interface Workspace {
  folder: string;
  /** The secrets repository: three regions of the seed, one recovery recipient, one author, root 1. */
  repo: string;
  /** A bare repository that is `origin`; main is pushed to it. */
  origin: string;
  env: NodeJS.ProcessEnv;
  repositoryId: string;
  keys: Record<string, RegionKey>;
  /** Path of a region's private key file, outside the repository. */
  keyFile(region: string): string;
  /** Runs a command in process, in the repository (or `cwd`). */
  cli(
    args: string[],
    options?: { stdin?: string; cwd?: string; env?: NodeJS.ProcessEnv },
  ): Promise<CliResult>;
  git(...args: string[]): string;
  write(path: string, content: string): void;
  read(path: string): string;
  /** Commits everything and pushes main. */
  commit(message: string): void;
  /**
   * Removes the folder, once it was searched for what was sealed.
   *
   * @param given whether the tests have put plaintext into Git's hands themselves
   * @throws Error where plaintext lies where Git or edgeseal keep something
   */
  remove(given?: { stagesPlaintext?: boolean }): void;
}

const regionNames = ['eu-central', 'us-east', 'us-west'] as const;

/** Makes a workspace with core's own functions, so that tests of one command need no other. */
export async function makeWorkspace(
  options: { policy?: string; defaultRegions?: string[] } = {},
): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-test-'));
  const env = homeIn(folder);
  const planted = new Planted();
  const origin = join(folder, 'origin.git');
  const repo = join(folder, 'repo');
  run('git', ['init', '-q', '--bare', '-b', 'main', origin], folder, env);
  run('git', ['init', '-q', '-b', 'main', repo], folder, env);
  run('git', ['remote', 'add', 'origin', origin], repo, env);
  await generateSigningKey(join(folder, 'home/.ssh/id_ed25519'), 'made-up test key', env);
  const repositoryId = '00000000-0000-4000-8000-00000000c0de';
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), content);
  };
  const keys: Record<string, RegionKey> = {};
  const regions: RootRegion[] = [];
  for (const name of [...regionNames, 'recovery']) {
    const recovery = name === 'recovery';
    const { key, line } = await generateRegionKey();
    keys[name] = key;
    mkdirSync(join(folder, 'keys'), { recursive: true });
    writeFileSync(join(folder, `keys/${name}.key`), line.reveal(), { mode: 0o600 });
    const role = recovery ? ('recovery' as const) : ('region' as const);
    const by = recovery ? {} : { recovery: 'recovery' };
    const published = { name: `${name}-key`, publicKey: formatRegionPublicKey(key) };
    write(
      `regions/${name}.yaml`,
      formatRegion({
        apiVersion,
        kind: 'Region',
        metadata: { name },
        spec: { ...(recovery ? { role } : {}), ...by, keys: [published] },
      }),
    );
    regions.push({ name, role, ...by, keys: [{ sha256: key.sha256, state: 'active' }] });
  }
  const { defaultRegions = [...regionNames] } = options;
  write(
    'edgeseal.yaml',
    formatRepository({
      apiVersion,
      kind: 'Repository',
      metadata: { name: 'test' },
      spec: { id: repositoryId, defaultRegions },
    }),
  );
  if (options.policy !== undefined) write('policy/distribution-policy.yaml', options.policy);
  const signer = await findSigningKey({ cwd: repo, env });
  const publicKey = formatSshPublicKey(signer.publicKey);
  const signers = { keys: [publicKey], threshold: 1 };
  const bytes = Buffer.from(
    formatTrustRoot({
      apiVersion,
      kind: 'TrustRoot',
      spec: {
        repository: repositoryId,
        number: 1,
        previous: null,
        roots: signers,
        publishers: signers,
        heartbeat: { key: publicKey },
        authors: [{ name: 'author@example.com', keys: [publicKey], namespaces: ['*'] }],
        regions,
      },
    }),
  );
  const [signature = ''] = await sign({
    key: signer,
    namespace: signatureNamespaces.root,
    messages: [bytes],
    env,
  });
  write('trust/1.yaml', bytes.toString());
  write('trust/1.sig', signature);
  const workspace: Workspace = {
    folder,
    repo,
    origin,
    env,
    repositoryId,
    keys,
    keyFile: (region) => join(folder, `keys/${region}.key`),
    cli: (args, given = {}) => {
      for (const value of typedIn(args, given.stdin)) planted.add(value);
      return runCli(args, {
        cwd: given.cwd ?? repo,
        env: { ...env, ...given.env },
        stdin: given.stdin ?? '',
      });
    },
    git: (...args) => run('git', args, repo, env),
    write,
    read: (path) => readFileSync(join(repo, path), 'utf8'),
    commit(message) {
      run('git', ['add', '-A'], repo, env);
      run('git', ['commit', '-q', '--no-verify', '--allow-empty', '-m', message], repo, env);
      run('git', ['push', '-q', 'origin', 'main'], repo, env);
    },
    remove: (given = {}) => {
      // What a person has in the working tree, or beside it, is theirs; what Git and edgeseal keep is not.
      const kept =
        given.stagesPlaintext === true ? /^home/ : /^(?:home|origin\.git|repo$|repo\/\.git)/;
      const isTheirs = (path: string): boolean => !kept.test(path);
      const found = planted.search(folder, isTheirs);
      rmSync(folder, { recursive: true, force: true });
      if (found.length > 0) throw new Error(found.join('\n'));
    },
  };
  workspace.commit('Set up');
  const accepted = await workspace.cli(['trust', 'accept', rootHash(bytes)]);
  if (accepted.code !== 0) throw new Error(`trust accept failed: ${accepted.stderr}`);
  return workspace;
}

/** The values that a command is given to seal. */
function typedIn([command = '', ...args]: string[], stdin = ''): string[] {
  if (!['seal', 'set'].includes(command)) return [];
  return [...args, stdin].flatMap((text) => text.match(/made-up[-\w]{2,}/g) ?? []);
}

/** Runs the CLI in process, with streams of its own and no terminal. */
export async function runCli(
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; stdin: string },
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (lines: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString());
        done();
      },
    });
  const io: Io = {
    cwd: options.cwd,
    env: options.env,
    stdin: Readable.from([Buffer.from(options.stdin)]),
    stdout: sink(out),
    stderr: sink(err),
  };
  const code = await main(args, io);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** An environment with a HOME of its own: nothing of the machine's Git or SSH set-up reaches a test. */
export function homeIn(folder: string): NodeJS.ProcessEnv {
  const home = join(folder, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(home, '.gitconfig'),
    '[user]\n\tname = Made Up\n\temail = author@example.com\n[init]\n\tdefaultBranch = main\n',
  );
  return {
    PATH: process.env['PATH'],
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    LC_ALL: 'C',
    TMPDIR: tmpdir(),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
  };
}

function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): string {
  return execFileSync(program, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** What `edgeseal set` wants to be told for a secret that is not there yet. */
export function newIfNeeded(ws: Workspace, secret: string): string[] {
  return existsSync(join(ws.repo, `secrets/${secret}.yaml`)) ? [] : ['--new'];
}
