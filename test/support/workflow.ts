import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** A step as workflows have it. */
interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
  'working-directory'?: string;
}

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { steps: Step[]; env?: Record<string, string> }>;
}

/** What a runner knows. */
export interface Runner {
  /** Folder for the workspace and everything else of the run. */
  folder: string;
  /** Of the machine: PATH, HOME, where packages come from. */
  env: NodeJS.ProcessEnv;
  /** The bare repository that `actions/checkout` takes from. */
  origin: string;
  /** `github.event`, `vars`, `secrets` and so on, as expressions name them. */
  contexts: Record<string, unknown>;
  /** What GitHub calls the event, and the ref that a checkout without one takes. */
  event: { name: string; ref: string };
}

export interface Ran {
  code: number;
  /** Of all steps, in order. */
  stdout: string;
  stderr: string;
  /** The page of the run. */
  summary: string;
  /** What stood for a step that this machine cannot run: said, so that nobody takes it for the real one. */
  standIns: string[];
}

/** Reads a workflow, every document and key as GitHub would. */
export function readWorkflow(text: string): Workflow {
  return parse(text) as Workflow;
}

/**
 * Runs the steps of a workflow's one job as a runner would: each `run` in bash with `-e`, in its folder, with its
 * environment, expressions filled in. `uses` steps are stand-ins: a checkout is a clone, setup-node is this Node.
 */
export async function runWorkflow(text: string, runner: Runner): Promise<Ran> {
  const workflow = readWorkflow(text);
  const [job] = Object.values(workflow.jobs);
  const root = mkdtempSync(join(runner.folder, 'run-'));
  const workspace = join(root, 'workspace');
  const temp = join(root, 'temp');
  for (const path of [workspace, temp]) mkdirSync(path);
  const eventFile = join(root, 'event.json');
  const summaryFile = join(root, 'summary.md');
  writeFileSync(eventFile, JSON.stringify(valueOf(runner, 'github.event') ?? {}));
  writeFileSync(summaryFile, '');
  const env = {
    ...runner.env,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: runner.event.name,
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_WORKSPACE: workspace,
    GITHUB_STEP_SUMMARY: summaryFile,
    RUNNER_TEMP: temp,
  };
  const ran: Ran = { code: 0, stdout: '', stderr: '', summary: '', standIns: [] };
  for (const step of job?.steps ?? []) {
    const given = { ...env, ...filled(runner, job?.env), ...filled(runner, step.env) };
    const cwd = join(workspace, fill(runner, step['working-directory'] ?? '.'));
    if (step.run === undefined) {
      ran.standIns.push(String(step.uses));
      await standInFor(runner, step, workspace, given);
      continue;
    }
    const script = join(temp, 'step.sh');
    writeFileSync(script, fill(runner, step.run));
    const done = await execute('bash', ['-e', script], cwd, given);
    ran.stdout += done.stdout;
    ran.stderr += done.stderr;
    ran.code = done.code;
    if (done.code !== 0) break;
  }
  return { ...ran, summary: readFileSync(summaryFile, 'utf8') };
}

async function standInFor(
  runner: Runner,
  { uses = '', with: given = {} }: Step,
  workspace: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (uses.startsWith('actions/setup-node@')) return;
  if (!uses.startsWith('actions/checkout@')) throw new Error(`nothing stands for ${uses}`);
  const path = join(workspace, fill(runner, String(given['path'] ?? '.')));
  const ref = fill(runner, String(given['ref'] ?? runner.event.ref));
  const all = given['fetch-depth'] === 0;
  // As actions/checkout does: all branches and their history, or that one commit alone.
  const branches = ['+refs/heads/*:refs/remotes/origin/*'];
  const fetch = [
    'fetch',
    '-q',
    ...(all ? [] : ['--depth=1']),
    'origin',
    ref,
    ...(all ? branches : []),
  ];
  const steps = [
    ['init', '-q', path],
    ['-C', path, 'remote', 'add', 'origin', `file://${runner.origin}`],
    ['-C', path, ...fetch],
    [
      '-C',
      path,
      'checkout',
      '-q',
      ...(/^\w+$/.test(ref) && ref.length < 40 ? ['-B', ref] : ['--detach']),
      'FETCH_HEAD',
    ],
  ];
  for (const args of steps) {
    const { code, stderr } = await execute('git', args, workspace, env);
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  }
}

function filled(runner: Runner, env: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, fill(runner, value)]),
  );
}

/** Fills in `${{ a.b.c }}`; whatever else an expression may say is an error here. */
function fill(runner: Runner, text: string): string {
  return text.replace(/\$\{\{\s*([^}]*?)\s*\}\}/g, (_, path: string) => {
    const value = valueOf(runner, path);
    if (typeof value !== 'string' && typeof value !== 'number')
      throw new Error(`nothing is known of the expression ${path}`);
    return String(value);
  });
}

function valueOf({ contexts }: Runner, path: string): unknown {
  let value: unknown = contexts;
  for (const name of path.split('.'))
    value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

/** Runs a program to its end. */
export async function execute(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => {
      resolve(exit ?? -1);
    });
  });
  return { code, ...texts };
}
