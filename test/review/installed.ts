import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from '../../tools/build.ts';
import { homeIn } from '../support/workspace.ts';
import { execute } from '../support/workflow.ts';

const root = join(import.meta.dirname, '../..');

/** A machine with the built package, as `npm pack` would have it, and a secrets repository whose origin is bare. */
export interface Installed {
  folder: string;
  repo: string;
  origin: string;
  env: NodeJS.ProcessEnv;
  /** Runs a line of shell in the repository. */
  sh: (line: string) => Promise<string>;
  remove: () => void;
}

/** Builds the package and makes a repository with it: published, with one secret, npm's lock file committed. */
export async function installed(): Promise<Installed> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-workflow-'));
  const packed = join(folder, 'package');
  mkdirSync(packed);
  await build(root, join(packed, 'dist'));
  for (const name of ['package.json', 'repo-template', 'controller/deploy']) {
    mkdirSync(dirname(join(packed, name)), { recursive: true });
    cpSync(join(root, name), join(packed, name), { recursive: true });
  }
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(join(packed, 'dist/edgeseal.cjs'), join(bin, 'edgeseal'));
  const config = async (name: string): Promise<string> =>
    (await execute('npm', ['config', 'get', name], root, process.env)).stdout.trim();
  const env: NodeJS.ProcessEnv = {
    ...homeIn(folder),
    PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
    // Where packages come from is this machine's matter, wherever it says so; the cache only saves a download.
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^npm_config_/i.test(name)),
    ),
    npm_config_userconfig: await config('userconfig'),
    npm_config_cache: await config('cache'),
    npm_config_prefer_offline: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  };
  const [repo, origin] = [join(folder, 'secrets'), join(folder, 'origin.git')];
  mkdirSync(repo);
  const sh = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await execute('bash', ['-ec', line], repo, env);
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  writeFileSync(join(folder, 'value'), 'made-up');
  await sh(
    'git init -q --bare -b main ../origin.git && git init -q -b main . && git remote add origin ../origin.git',
  );
  await sh('ssh-keygen -q -t ed25519 -N "" -C made-up -f ~/.ssh/id_ed25519');
  await sh('edgeseal init --regions us-east,eu-central --default-regions us-east,eu-central');
  // Until a version is published a repository brings the package along; a path beside it would not be there for a runner.
  await execute('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], packed, env);
  await sh('mkdir vendor && mv ../edgeseal-*.tgz vendor/edgeseal.tgz');
  await sh('npm install --ignore-scripts --save-dev ./vendor/edgeseal.tgz');
  await sh('edgeseal set production/db password --new --from-file ../value');
  await sh(
    'git add -A && git commit -q -m "Set up" && git push -q origin main && edgeseal publish',
  );
  return {
    folder,
    repo,
    origin,
    env,
    sh,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
