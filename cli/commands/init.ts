import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgesealError } from '../../core/errors.ts';
import { isLabel } from '../../core/format/names.ts';
import { rootFingerprint } from '../../core/trust/root-chain.ts';
import { sshFingerprint } from '../../core/trust/ssh-key.ts';
import { exitCodes } from '../terminal/exit-code.ts';
import { missingFolders, removeFolders } from '../files.ts';
import { runGit } from '../git/git.ts';
import type { Io } from '../terminal/io.ts';
import { Output } from '../terminal/output.ts';
import { writePin } from '../trust/pin.ts';
import { freshKey, privateKeyFolder, savePrivateKeys } from '../region-key/private-key.ts';
import { installDrivers } from '../set-up/drivers.ts';
import { repositoryFiles, writeFiles } from '../set-up/files.ts';
import { hookFile, hookLine, hookNames, hookState, installHook } from '../set-up/hook.ts';
import type { HookName, HookState } from '../set-up/hook.ts';
import { authorName, signingKeyOrNew } from '../set-up/person.ts';
import { chooseName, choosePlace } from '../set-up/place.ts';
import type { NewPlace } from '../set-up/place.ts';
import { home } from '../signer/locate.ts';

interface Options {
  path?: string;
  name?: string;
  regions?: string[];
  defaultRegions?: string[];
  keys?: string;
  author?: string;
  mirror?: string[];
  heartbeat?: boolean;
  signingKey?: string;
}

const recoveryName = 'recovery';

/** `edgeseal init`: everything is decided and checked before the first file is written. */
export async function run(io: Io, _args: string[], options: Options): Promise<number> {
  const output = new Output(io);
  const regions = checkRegions(options);
  const place = await choosePlace(io, options.path);
  const name = chooseName(options.name, place.root);
  const folder = options.keys ?? join(home(io.env), 'edgeseal-keys', name);
  const keyFolder = privateKeyFolder(folder, io.cwd, place.root);
  const gitFolder = existsSync(place.root) ? place.root : io.cwd;
  const author = await authorName(io, options.author, gitFolder);
  const keys = await Promise.all([...regions, recoveryName].map((r) => freshKey(r, keyFolder)));
  const hooks = await hooksOf(io, place);
  const foreignHooks = hookNames.filter((name) => hooks.get(name) === 'foreign');
  const signer = await signingKeyOrNew(io, options.signingKey, gitFolder, author);
  const id = randomUUID();
  const made = await repositoryFiles(io, {
    place,
    name,
    id,
    regions: keys.map(({ region, key }) => ({ region, key, recovery: region === recoveryName })),
    recoveryName,
    defaultRegions: options.defaultRegions,
    mirrors: options.mirror,
    author,
    signer,
    heartbeat: options.heartbeat !== false,
    foreignHooks,
  });
  const folders = missingFolders([join(place.root, '.git')]);
  try {
    await savePrivateKeys(keys, async () => {
      if (place.isNew) await initGit(io, place.root);
      await writeFiles(made.files, place, output);
    });
  } catch (error) {
    if (place.isNew) await rm(join(place.root, '.git'), { recursive: true, force: true });
    await removeFolders(folders);
    throw error;
  }
  await writePin(io, place.top, id, {
    accepted: made.rootHash,
    newest: { number: 1, sha256: made.rootHash },
  });
  for (const [name, state] of hooks)
    if (state === 'missing') await installHook(io, place.top, place.folder, name);
  await installDrivers(io, {
    top: place.top,
    prefix: place.folder === '' ? '' : `${place.folder}/`,
  });
  await stage(io, place, made.files, output);

  output.line(`made the secrets repository ${name} (${id}) in ${place.root}`);
  output.line(`trust root 1: ${rootFingerprint(made.rootHash)}`);
  output.line(`author and publisher: ${author}, ${sshFingerprint(signer.publicKey.blob)}`);
  for (const { region, key, file } of keys) output.line(`${region}: key ${key.id}, ${file}`);
  sayNext(output, { place, keyFolder, regions, hash: made.rootHash });
  for (const name of foreignHooks) {
    const prefix = place.folder === '' ? '' : `${place.folder}/`;
    output.warn(
      `the ${name} hook ${await hookFile(io, place.top, name)} is yours and stays: nothing refuses plaintext there yet`,
      `add this line to it: ${hookLine(prefix, name)}`,
    );
  }
  return exitCodes.ok;
}

async function hooksOf(io: Io, place: NewPlace): Promise<Map<HookName, HookState>> {
  const hooks = new Map<HookName, HookState>();
  for (const name of hookNames)
    hooks.set(name, place.isNew ? 'missing' : await hookState(io, place.top, name));
  return hooks;
}

async function initGit(io: Io, root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  await runGit(io, ['init', '-q', '-b', 'main'], { cwd: root });
}

function checkRegions({ regions = [], defaultRegions = [] }: Options): string[] {
  for (const [index, region] of regions.entries()) {
    const fail = (message: string): never => {
      throw new EdgesealError('input-usage', `--regions: ${message}`, {
        hint: 'such as: --regions us-east,us-west,eu-central',
      });
    };
    if (!isLabel(region))
      fail('a region is called by lower-case letters, digits and -, at most 63');
    if (region === recoveryName) fail(`${recoveryName} is the recovery recipient's name`);
    if (regions.indexOf(region) !== index) fail(`${region} is named twice`);
  }
  for (const region of defaultRegions) {
    if (regions.includes(region)) continue;
    throw new EdgesealError('policy-region', `--default-regions: there is no region ${region}`, {
      hint: 'name it in --regions, too',
    });
  }
  return regions;
}

/** Staged, not committed: the person looks at it first. An ignore rule of theirs is no reason to stop now. */
async function stage(
  io: Io,
  place: NewPlace,
  files: { file: string }[],
  output: Output,
): Promise<void> {
  try {
    await runGit(io, ['add', '--', ...files.map(({ file }) => file)], { cwd: place.root });
  } catch (error) {
    if (!(error instanceof EdgesealError)) throw error;
    output.warn(
      `not all files could be staged: ${error.message}`,
      'look at your .gitignore, then: git add',
    );
  }
}

function sayNext(
  output: Output,
  told: { place: NewPlace; keyFolder: string; regions: string[]; hash: string },
): void {
  const { place, keyFolder, regions, hash } = told;
  output.note(`
Move ${join(keyFolder, `${recoveryName}.key`)} offline now (a USB stick in a safe, and a second one elsewhere) and delete it
here: it opens every secret, and it is what brings old secrets to new regions and keys.`);
  if (regions.length > 0) {
    output.note(
      `Install each region's key in its clusters, then keep no copy here: ${keyFolder}/<region>.key`,
    );
  }
  const steps = [
    ...(place.isNew || place.folder === ''
      ? ['git commit -m "Set up sealed secrets"']
      : [`git -C ${place.top} commit -m "Set up sealed secrets"`]),
    place.folder === '' ? 'npm install' : `npm install --prefix ${place.root}`,
    ...(regions.length === 0 ? [`edgeseal region add us-east --generate ${keyFolder}`] : []),
    `edgeseal seal generic database-credentials -n production --regions ${regions.join(',') || 'us-east'} --prompt password`,
  ];
  output.note(`\nNext:\n${steps.map((step) => `  ${step}`).join('\n')}

In CI, set the protected variable EDGESEAL_ROOT=${hash}`);
}
