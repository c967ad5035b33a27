// The real programs that tests and benchmarks run against (kube-apiserver, etcd, Flux, ...): builds them from the
// Go modules in test/assets into a cache outside of the checkout, and says where they lie. `npm run assets`.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { constants, getPriority, homedir, setPriority } from 'node:os';
import path from 'node:path';

const modulesFolder = path.join(import.meta.dirname, '..', 'test', 'assets');
const componentVersion = 'k8s.io/component-base/version';

interface AssetModule {
  /** Program name -> Go package. Which version is the module's go.mod alone to say. */
  programs: Record<string, string>;
  /** The variables that the upstream build sets at link time to its version, which is the one in go.mod. */
  stamp?: { module: string; variables: (version: string) => Record<string, string> };
  /** Where a required module keeps the CustomResourceDefinitions that the program needs. */
  crds?: { module: string; at: string };
  /** What a person is told to expect: a cold build on two cores. */
  minutes: number;
}

const modules = {
  kubernetes: {
    programs: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    },
    stamp: {
      module: 'k8s.io/kubernetes',
      variables: (version) => ({
        [`${componentVersion}.gitVersion`]: version,
        [`${componentVersion}.gitMajor`]: /\d+/.exec(version)![0],
        [`${componentVersion}.gitMinor`]: /\.(\d+)\./.exec(version)![1]!,
      }),
    },
    minutes: 5,
  },
  etcd: { programs: { etcd: 'go.etcd.io/etcd/server/v3' }, minutes: 1 },
  'source-controller': {
    programs: { 'source-controller': 'github.com/fluxcd/source-controller' },
    crds: { module: 'github.com/fluxcd/source-controller', at: 'config/crd/bases' },
    minutes: 5,
  },
  'kustomize-controller': {
    programs: { 'kustomize-controller': 'github.com/fluxcd/kustomize-controller' },
    crds: { module: 'github.com/fluxcd/kustomize-controller', at: 'config/crd/bases' },
    minutes: 4,
  },
  helm: { programs: { helm: 'helm.sh/helm/v3/cmd/helm' }, minutes: 2 },
  'sealed-secrets': {
    programs: {
      'sealed-secrets-controller': 'github.com/bitnami-labs/sealed-secrets/cmd/controller',
      kubeseal: 'github.com/bitnami-labs/sealed-secrets/cmd/kubeseal',
    },
    stamp: {
      module: 'github.com/bitnami-labs/sealed-secrets',
      variables: (version) => ({ 'main.VERSION': version }),
    },
    crds: { module: 'github.com/bitnami-labs/sealed-secrets', at: 'helm/sealed-secrets/crds' },
    minutes: 2,
  },
  age: {
    programs: { age: 'filippo.io/age/cmd/age', 'age-keygen': 'filippo.io/age/cmd/age-keygen' },
    minutes: 1,
  },
  sops: { programs: { sops: 'github.com/getsops/sops/v3/cmd/sops' }, minutes: 3 },
  gitleaks: { programs: { gitleaks: 'github.com/zricethezav/gitleaks/v8' }, minutes: 1 },
} as const satisfies Record<string, AssetModule>;

type ModuleName = keyof typeof modules;

/** What `npm run assets -- <name>` can be asked for: a few modules that are of use together, or one. */
const sets = {
  cluster: ['kubernetes', 'etcd'],
  flux: ['source-controller', 'kustomize-controller'],
  helm: ['helm'],
  'sealed-secrets': ['sealed-secrets'],
  age: ['age'],
  sops: ['sops'],
  gitleaks: ['gitleaks'],
} as const satisfies Record<string, readonly ModuleName[]>;

export type AssetSet = keyof typeof sets;

interface Go {
  version: string;
  os: string;
  arch: string;
}

let knownGo: Go | undefined;

/** The Go that builds here: asked in a module's folder, where Go may have fetched itself a newer one. */
function findGo(): Go | undefined {
  if (knownGo !== undefined) return knownGo;
  const cwd = path.join(modulesFolder, 'kubernetes');
  const names = ['GOVERSION', 'GOOS', 'GOARCH'];
  const asked = spawnSync('go', ['env', ...names], { cwd, encoding: 'utf8' });
  const [version, os, arch] = asked.status === 0 ? asked.stdout.trim().split('\n') : [];
  if (version === undefined || os === undefined || arch === undefined) return undefined;
  return (knownGo = { version, os, arch });
}

const numbers = (version: string): number[] => (version.match(/\d+/g) ?? []).map(Number);

function isOlder(version: string, than: string): boolean {
  const [a, b] = [numbers(version), numbers(than)];
  const at = b.findIndex((part, i) => part !== (a[i] ?? 0));
  return at >= 0 && (a[at] ?? 0) < b[at]!;
}

/** Why nothing can be built on this machine, as a sentence for people, or undefined when it can. */
export function whyNoBuild(): string | undefined {
  const go = findGo();
  const needed = Object.keys(modules)
    .map((name) => /^go (\S+)$/m.exec(moduleFile(name as ModuleName, 'go.mod'))![1]!)
    .reduce((newest, version) => (isOlder(newest, version) ? version : newest));
  if (go === undefined) return `Go ${needed} or newer is not installed`;
  if (isOlder(go.version, needed)) return `Go ${needed} or newer is needed, this is ${go.version}`;
  return undefined;
}

const moduleFile = (name: ModuleName, file: string): string =>
  readFileSync(path.join(modulesFolder, name, file), 'utf8');

function linkerFlags(name: ModuleName): string {
  const { stamp }: AssetModule = modules[name];
  const flags = ['-s', '-w'];
  if (stamp !== undefined) {
    const required = moduleFile(name, 'go.mod')
      .split('\n')
      .map((line) =>
        line
          .replace(/^require/, '')
          .trim()
          .split(' '),
      )
      .find(([module]) => module === stamp.module);
    for (const [variable, value] of Object.entries(stamp.variables(required![1]!))) {
      flags.push(`-X ${variable}=${value}`);
    }
  }
  return flags.join(' ');
}

/** Outside of the checkout, so that a fresh clone, and CI with a kept home folder, need not build again. */
function cacheFolder(): string {
  const { EDGESEAL_ASSETS: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return path.resolve(own);
  const cache = xdg === undefined || xdg === '' ? path.join(homedir(), '.cache') : xdg;
  return path.join(cache, 'edgeseal', 'assets');
}

/** Where a module's programs lie once built: another module file, flag or Go makes it another folder. */
function moduleCache(name: ModuleName): string | undefined {
  const go = findGo();
  if (go === undefined) return undefined;
  const hash = createHash('sha256');
  const inputs = [go.version, go.os, go.arch, linkerFlags(name)];
  for (const file of ['go.mod', 'go.sum']) inputs.push(moduleFile(name, file));
  hash.update(JSON.stringify(inputs));
  return path.join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** KUBEBUILDER_ASSETS, where the caller has a cluster's programs ready: all of them, or none is taken from there. */
function readyFolder(set: AssetSet): string | undefined {
  const folder = process.env['KUBEBUILDER_ASSETS'];
  if (set !== 'cluster' || folder === undefined || folder === '') return undefined;
  return programsOf(set).every(([name]) => existsSync(path.join(folder, name)))
    ? path.resolve(folder)
    : undefined;
}

const programsOf = (set: AssetSet): [program: string, module: ModuleName][] =>
  sets[set].flatMap((module: ModuleName) =>
    Object.keys(modules[module].programs).map((program): [string, ModuleName] => [program, module]),
  );

/** What a built set offers. */
export interface Assets {
  /** Program name -> path. */
  programs: Record<string, string>;
  /** Folders with CustomResourceDefinitions. */
  crds: string[];
  /** The programs that are not there; nothing else of the set should be used then. */
  missing: string[];
}

/** Looks up a set of programs; builds nothing. */
export function findAssets(set: AssetSet): Assets {
  const found: Assets = { programs: {}, crds: [], missing: [] };
  const ready = readyFolder(set);
  for (const [program, module] of programsOf(set)) {
    const folder = ready ?? moduleCache(module);
    const file = path.join(folder ?? '', program);
    if (folder !== undefined && existsSync(file)) found.programs[program] = file;
    else found.missing.push(program);
    const crds = path.join(folder ?? '', 'crds');
    if ('crds' in modules[module] && !found.crds.includes(crds)) found.crds.push(crds);
  }
  return found;
}

/** The last element of a package's path that is no version: what `go build` calls the program. */
const builtName = (goPackage: string): string =>
  goPackage
    .split('/')
    .filter((element) => !/^v\d+$/.test(element))
    .at(-1)!;

async function go(
  name: ModuleName,
  args: string[],
  onLine: (line: string) => void,
): Promise<string> {
  const child = spawn('go', args, {
    cwd: path.join(modulesFolder, name),
    // No C compiler needed, and no workspace file of somebody's that lies above the checkout.
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let rest = '';
  const lines: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    for (const line of parts) {
      lines.push(line);
      onLine(line);
    }
  });
  // Who ends us, ends Go, and what it left half done is then removed; a second signal ends at once.
  const stop = (signal: NodeJS.Signals): unknown => child.kill(signal);
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
    // A build takes all cores for minutes: whoever works on the machine meanwhile goes first.
    const low = constants.priority.PRIORITY_LOW;
    if (child.pid !== undefined && getPriority() < low) setPriority(child.pid, low);
  });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code === 0) return stdout.trim();
  // With -v, what went well is a bare package path.
  const said = [...lines, rest].filter(
    (line) => line !== '' && !/^[\w.~-]+(\/[\w.~-]+)*$/.test(line),
  );
  throw new Error(`go ${args[0]!} in test/assets/${name} failed:\n${said.slice(-20).join('\n')}`);
}

async function buildModule(name: ModuleName, onLine: (line: string) => void): Promise<void> {
  const module: AssetModule = modules[name];
  const folder = moduleCache(name)!;
  // Whoever else builds the same thing at the same time has another folder; the first to finish wins.
  await fs.mkdir(path.dirname(folder), { recursive: true });
  const building = await fs.mkdtemp(`${folder}.building-`);
  try {
    const flags = ['-v', '-mod=readonly', '-trimpath', '-buildvcs=false'];
    const packages = Object.values(module.programs);
    const ldflags = `-ldflags=${linkerFlags(name)}`;
    await go(name, ['build', ...flags, ldflags, '-o', `${building}/`, ...packages], onLine);
    for (const [program, goPackage] of Object.entries(module.programs)) {
      await fs.rename(path.join(building, builtName(goPackage)), path.join(building, program));
    }
    if (module.crds !== undefined) {
      const source = await go(name, ['list', '-m', '-f={{.Dir}}', module.crds.module], onLine);
      const crds = path.join(building, 'crds');
      await fs.mkdir(crds);
      // File by file: Go's module cache is read-only, and a folder's mode would be copied along.
      for (const file of await fs.readdir(path.join(source, module.crds.at))) {
        const text = await fs.readFile(path.join(source, module.crds.at, file));
        await fs.writeFile(path.join(crds, file), text);
      }
    }
    await fs.chmod(building, 0o755);
    await fs.rename(building, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await fs.rm(building, { recursive: true, force: true });
  }
}

async function sizeOf(name: ModuleName): Promise<string> {
  const folder = moduleCache(name)!;
  const sizes = Object.keys(modules[name].programs).map(async (program) => {
    const { size } = await fs.stat(path.join(folder, program));
    return `${program} ${Math.round(size / 1e6)} MB`;
  });
  return (await Promise.all(sizes)).join(', ');
}

/** Builds what is missing of the sets, one module after the other, with progress on stderr. */
async function buildAssets(wanted: AssetSet[]): Promise<void> {
  const missing = wanted
    .filter((set) => readyFolder(set) === undefined)
    .flatMap((set): readonly ModuleName[] => sets[set])
    .filter((module) => !existsSync(moduleCache(module)!));
  for (const module of new Set(missing)) {
    const begun = Date.now();
    const seconds = (): number => Math.round((Date.now() - begun) / 1000);
    const { minutes } = modules[module];
    console.error(
      `${module}: building once, about ${minutes} minute${minutes === 1 ? '' : 's'} on two cores`,
    );
    let packages = 0;
    await buildModule(module, () => {
      packages += 1;
      if (process.stderr.isTTY) {
        process.stderr.write(`\r${module}: ${packages} steps, ${seconds()} s\u001b[K`);
      }
    });
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    console.error(`${module}: ${await sizeOf(module)}, in ${seconds()} s`);
  }
}

async function main(args: string[]): Promise<number> {
  // Before `npm test`: where nothing can be built, the tests say which of them that concerns.
  const ifPossible = args.includes('--if-possible');
  const named = args.filter((arg) => arg !== '--if-possible');
  const wanted = named.length === 0 ? ['cluster'] : named;
  const unknown = wanted.find((set) => !Object.hasOwn(sets, set));
  if (unknown !== undefined) {
    console.error(`no assets are called ${unknown}; there are ${Object.keys(sets).join(', ')}`);
    return 2;
  }
  const missing = (wanted as AssetSet[]).flatMap((set) => findAssets(set).missing);
  const why = missing.length === 0 ? undefined : whyNoBuild();
  try {
    if (why !== undefined)
      throw new Error(`${why}, so these cannot be built: ${missing.join(', ')}`);
    await buildAssets(wanted as AssetSet[]);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return ifPossible ? 0 : 1;
  }
  if (!ifPossible) {
    for (const set of wanted as AssetSet[]) {
      for (const [program, file] of Object.entries(findAssets(set).programs)) {
        console.log(`${program} ${file}`);
      }
    }
  }
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
