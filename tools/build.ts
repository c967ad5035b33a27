// Bundles edgeseal into dist/: `npm run build`, or `node tools/build.ts [root] [outdir]`.
import fs from 'node:fs/promises';
import path from 'node:path';
import { build as bundle, type Metafile, type OutputFile } from 'esbuild';

/**
 * What starts on its own, as name in dist/ (without ending) -> source. Everything else becomes a chunk.
 * All but the hooks lie flat in dist/, beside the chunks: so `new URL('./x-child.js', import.meta.url)`
 * finds a child process's module from wherever the code that forks it was put.
 */
async function entryPoints(root: string): Promise<Record<string, string>> {
  const entries: Record<string, string> = { bin: 'cli/bin.ts' };
  for (const file of await listed(root, 'hooks')) {
    const source = await fs.readFile(path.join(root, 'hooks', file), 'utf8');
    if (/^export (async )?function main\b/m.test(source)) {
      entries[`hooks/${path.basename(file, '.ts')}`] = `hooks/${file}`;
    }
  }
  for (const folder of ['cli', 'controller']) {
    for (const file of await listed(root, folder)) {
      const name = path.basename(file, '.ts');
      if (!name.endsWith('-child')) continue;
      if (name in entries) throw new Error(`two modules are called ${name}`);
      entries[name] = `${folder}/${file}`;
    }
  }
  return entries;
}

async function listed(root: string, folder: string): Promise<string[]> {
  const all = await fs.readdir(path.join(root, folder), { recursive: true }).catch(() => []);
  return all.filter((file) => file.endsWith('.ts')).sort();
}

/** CommonJS libraries ask for Node's own modules by require(), which an ES module does not have. */
const requireBanner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
`;

async function write(file: OutputFile): Promise<void> {
  await fs.mkdir(path.dirname(file.path), { recursive: true });
  const banner = file.text.includes('typeof require !== "undefined"') ? requireBanner : '';
  await fs.writeFile(file.path, banner + file.text);
}

/** The licences of all libraries that ended up in the bundle: they ask to be shipped along. */
async function licences(root: string, inputs: Metafile['inputs']): Promise<string> {
  const packages = new Set<string>();
  for (const input of Object.keys(inputs)) {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    if (found) packages.add(found[0]);
  }
  const texts: string[] = [];
  for (const folder of [...packages].sort()) {
    const at = path.join(root, folder);
    const about = JSON.parse(await fs.readFile(path.join(at, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    const file = (await fs.readdir(at)).find((name) => /^(licen[cs]e|copying)/i.test(name));
    const text = file === undefined ? '' : await fs.readFile(path.join(at, file), 'utf8');
    texts.push(
      `${about.name} ${about.version} (${about.license ?? 'see below'})\n\n${text.trim()}\n`,
    );
  }
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/**
 * Writes the bundle of the checkout `root` to `outdir`, anew.
 * @returns bytes written, by file name relative to `outdir`
 * @throws when an entry is missing or does not compile
 */
export async function build(root: string, outdir: string): Promise<Record<string, number>> {
  const entries = Object.entries(await entryPoints(root));
  const isHook = ([name]: [string, string]): boolean => name.startsWith('hooks/');
  // Hooks share nothing with the rest: with it, what they load would be cut into many small files, and each costs a commit time.
  const bundles = await Promise.all([
    bundled(root, outdir, entries.filter(isHook)),
    bundled(
      root,
      outdir,
      entries.filter((entry) => !isHook(entry)),
    ),
  ]);
  await fs.rm(outdir, { recursive: true, force: true });
  for (const { outputFiles } of bundles) for (const file of outputFiles) await write(file);
  const inputs = Object.assign(
    {},
    ...bundles.map(({ metafile }) => metafile.inputs),
  ) as Metafile['inputs'];
  await fs.writeFile(path.join(outdir, 'LICENSES.txt'), await licences(root, inputs));
  const launcher = path.join(outdir, 'edgeseal.cjs');
  await fs.copyFile(path.join(root, 'cli/launcher.cjs'), launcher);
  await fs.chmod(launcher, 0o755);

  const sizes: Record<string, number> = {};
  for (const name of (await fs.readdir(outdir, { recursive: true })).sort()) {
    const stat = await fs.stat(path.join(outdir, name));
    if (stat.isFile()) sizes[name] = stat.size;
  }
  return sizes;
}

async function bundled(
  root: string,
  outdir: string,
  entries: [string, string][],
): Promise<{ metafile: Metafile; outputFiles: OutputFile[] }> {
  return await bundle({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries),
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    charset: 'utf8',
    chunkNames: '[name]-[hash]',
    legalComments: 'none', // all licences, whole, are in one file instead
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
}

if (import.meta.main) {
  const root = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));
  const outdir = path.resolve(process.argv[3] ?? path.join(root, 'dist'));
  const sizes = await build(root, outdir).catch((error: unknown) => {
    // esbuild has printed what is wrong with the sources, with file and line; the rest is a fault of this file.
    if (error instanceof Error && 'errors' in error) process.exit(1);
    throw error;
  });
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  // stderr: `npm pack --json` hands stdout on to whoever reads it.
  process.stderr.write(
    `dist: ${Object.keys(sizes).length} files, ${(total / 1e6).toFixed(2)} MB\n`,
  );
}
