import { existsSync, lstatSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatRegionPublicKey } from '../../core/crypto/region-key.ts';
import type { RegionPublicKey } from '../../core/crypto/region-key.ts';
import { EdgesealError } from '../../core/errors.ts';
import { addPolicyRegion } from '../../core/format/distribution-policy.ts';
import { byName } from '../../core/format/names.ts';
import { formatRegion, regionPath } from '../../core/format/region.ts';
import { formatRepository, policyFile, repositoryFile } from '../../core/format/repository.ts';
import { apiVersion } from '../../core/format/schema.ts';
import { formatTrustRoot, rootPath, rootSignaturePath } from '../../core/format/trust-root.ts';
import { acceptPinnedRoot, rootHash } from '../../core/trust/root-chain.ts';
import { signatureNamespaces } from '../../core/trust/signed-by.ts';
import { formatSshPublicKey } from '../../core/trust/ssh-key.ts';
import { missingFolders, removeFolders, writeFileAtomic } from '../files.ts';
import type { Io } from '../terminal/io.ts';
import type { Output } from '../terminal/output.ts';
import { sign } from '../signer/signer.ts';
import type { SigningKey } from '../signer/signer.ts';
import { packageSpecifier, readTemplate } from '../template.ts';
import { hookNames } from './hook.ts';
import type { HookName } from './hook.ts';
import type { NewPlace } from './place.ts';

/** What `init` has decided. */
export interface NewRepository {
  place: NewPlace;
  name: string;
  /** A UUID; every ciphertext is bound to it. */
  id: string;
  regions: { region: string; key: RegionPublicKey; recovery: boolean }[];
  recoveryName: string;
  defaultRegions: string[] | undefined;
  mirrors: string[] | undefined;
  author: string;
  signer: SigningKey;
  heartbeat: boolean;
  /** Hooks that the Git repository has of its own, which npm must not replace. */
  foreignHooks: readonly HookName[];
}

/** A file to be written. */
export interface NewFile {
  /** Absolute. */
  file: string;
  content: string | Uint8Array;
}

/** Added to where they exist already. */
const added = ['.gitattributes', '.gitignore'];
/** Kept where they exist already. */
const kept = ['README.md'];

/**
 * Everything that a new repository holds, trust root 1 signed. Nothing is written.
 *
 * @throws EdgesealError `input-usage` with the list of files that are in the way; `trust-signer`
 */
export async function repositoryFiles(
  io: Io,
  made: NewRepository,
): Promise<{ files: NewFile[]; rootHash: string }> {
  const { place, id, name, defaultRegions, mirrors } = made;
  const texts = new Map<string, string | Uint8Array>();
  for (const entry of made.regions) texts.set(regionPath(entry.region), regionText(entry, made));
  for (const { path, text } of await templateFiles(made)) texts.set(path, text);
  refuseExisting(place, [...texts.keys(), repositoryFile, rootPath(1), rootSignaturePath(1)]);
  const root = await firstRoot(io, made);
  texts.set(rootPath(1), root.bytes);
  texts.set(rootSignaturePath(1), root.signatures);
  // Last: what is cut short before it is not taken for a repository.
  texts.set(
    repositoryFile,
    formatRepository({
      apiVersion,
      kind: 'Repository',
      metadata: { name },
      spec: {
        id,
        ...(defaultRegions === undefined ? {} : { defaultRegions }),
        ...(mirrors === undefined ? {} : { mirrors }),
        ...(place.branch === 'main' ? {} : { publish: { branch: place.branch } }),
      },
    }),
  );
  const files = [...texts].map(([path, content]) => ({ file: placed(place, path), content }));
  return { files, rootHash: root.hash };
}

/**
 * Writes new files; where one fails, those that were written are taken away again, so that `init` can be repeated.
 */
export async function writeFiles(files: NewFile[], place: NewPlace, output: Output): Promise<void> {
  const written: string[] = [];
  const folders = missingFolders(files.map(({ file }) => file));
  try {
    for (const { file, content } of files) {
      const path = file.slice(place.root.length + 1);
      if (!exists(file)) {
        await writeFileAtomic(file, content);
        written.push(file);
      } else if (added.includes(path)) {
        const before = await readFile(file, 'utf8');
        const gap = before === '' || before.endsWith('\n') ? '' : '\n';
        await writeFileAtomic(file, `${before}${gap}${content.toString()}`);
        output.note(`added edgeseal's lines to ${path}`);
      } else {
        output.note(`kept your ${path}`);
      }
    }
  } catch (error) {
    for (const file of written) await rm(file, { force: true });
    await removeFolders(folders);
    throw error;
  }
}

async function templateFiles(made: NewRepository): Promise<{ path: string; text: string }[]> {
  const { place, name } = made;
  const top = place.folder === '' ? '.' : place.folder;
  const files = await readTemplate({
    name,
    package: /(^|[-_.])secrets$/i.test(name) ? name.toLowerCase() : `${name.toLowerCase()}-secrets`,
    folder: top,
    branch: place.branch,
    bin: `${top === '.' ? '.' : `./${top}`}/node_modules/.bin/edgeseal`,
    edgeseal: packageSpecifier(),
    below: top === '.' ? '' : `/${top}`,
  });
  return files.map(({ path, text }) => {
    if (path === policyFile) return { path, text: policyText(text, made) };
    if (path === 'package.json') return { path, text: withoutHooks(text, made.foreignHooks) };
    return { path, text };
  });
}

/** npm must not put our hooks in the place of those that were there before. */
function withoutHooks(text: string, foreign: readonly HookName[]): string {
  if (foreign.length === 0) return text;
  const about = JSON.parse(text) as Record<string, Record<string, unknown>>;
  for (const name of foreign) delete about['simple-git-hooks']?.[name];
  if (hookNames.every((name) => foreign.includes(name))) {
    delete about['simple-git-hooks'];
    delete about['allowScripts'];
    delete about['devDependencies']?.['simple-git-hooks'];
    const { scripts } = about;
    const prepare = scripts?.['prepare'];
    const rest =
      typeof prepare === 'string' ? prepare.replace(/^simple-git-hooks(?: && )?/, '') : '';
    if (scripts !== undefined && rest !== '') scripts['prepare'] = rest;
    else delete scripts?.['prepare'];
  }
  return `${JSON.stringify(about, null, 2)}\n`;
}

function policyText(template: string, { regions }: NewRepository): string {
  let text = template;
  for (const { region, recovery } of regions)
    if (!recovery) text = addPolicyRegion(text, region, `${region}-key`);
  return text;
}

function regionText(
  { region, key, recovery }: NewRepository['regions'][number],
  { recoveryName }: NewRepository,
): string {
  return formatRegion({
    apiVersion,
    kind: 'Region',
    metadata: { name: region },
    spec: {
      ...(recovery ? { role: 'recovery' as const } : { recovery: recoveryName }),
      keys: [{ name: `${region}-key`, publicKey: formatRegionPublicKey(key) }],
    },
  });
}

async function firstRoot(
  io: Io,
  made: NewRepository,
): Promise<{ bytes: Uint8Array; signatures: string; hash: string }> {
  const publicKey = formatSshPublicKey(made.signer.publicKey);
  const signers = { keys: [publicKey], threshold: 1 };
  const regions = made.regions
    .map(({ region, key, recovery }) => ({
      name: region,
      ...(recovery
        ? { role: 'recovery' as const }
        : { role: 'region' as const, recovery: made.recoveryName }),
      keys: [{ sha256: key.sha256, state: 'active' as const }],
    }))
    .sort((a, b) => byName(a.name, b.name));
  const bytes = Buffer.from(
    formatTrustRoot({
      apiVersion,
      kind: 'TrustRoot',
      spec: {
        repository: made.id,
        number: 1,
        previous: null,
        roots: signers,
        publishers: signers,
        ...(made.heartbeat ? { heartbeat: { key: publicKey } } : {}),
        authors: [{ name: made.author, keys: [publicKey], namespaces: ['*'] }],
        regions,
      },
    }),
  );
  const [signatures = ''] = await sign({
    key: made.signer,
    namespace: signatureNamespaces.root,
    messages: [bytes],
    env: io.env,
    cwd: io.cwd,
  });
  const hash = rootHash(bytes);
  acceptPinnedRoot({ bytes, signatures, file: rootPath(1) }, hash);
  return { bytes, signatures, hash };
}

/** Git hosts read workflows at the top of a repository only. */
function placed(place: NewPlace, path: string): string {
  const workflow = /^\.github\/workflows\/(.*)$/.exec(path)?.[1];
  if (workflow === undefined || place.folder === '') return join(place.root, path);
  return join(place.top, '.github/workflows', `edgeseal-${workflow}`);
}

function refuseExisting(place: NewPlace, paths: string[]): void {
  const inTheWay = paths
    .filter((path) => !added.includes(path) && !kept.includes(path))
    .map((path) => placed(place, path))
    .filter(exists);
  const first = inTheWay[0];
  if (first === undefined) return;
  const names = inTheWay.map((file) => file.slice(place.top.length + 1));
  throw new EdgesealError(
    'input-usage',
    `${names.length === 1 ? 'a file is' : `${names.length} files are`} in the way and would be written over: ${names.join(', ')}`,
    { hint: 'move them away, or use a folder of its own: edgeseal init --path secrets' },
  );
}

/** Also a dangling symbolic link is something. */
function exists(file: string): boolean {
  return existsSync(file) || lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
