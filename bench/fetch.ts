/**
 * The fetch rows of the number table: `node bench/fetch.ts`. Native git and the controller's fetch, each
 * in a process of its own, against the same real server; the ratio counts, not the milliseconds.
 */
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { GitHttpRequest, GitHttpResponse } from 'isomorphic-git';
import { acceptFetch } from '../core/git/cache.ts';
import { openTree } from '../core/git/channel-tree.ts';
import { fetchChannel, readRemoteRef } from '../core/git/fetch.ts';
import { serveGit } from '../tools/git-server.ts';
import { makeChannel } from './channel-fixture.ts';

interface Job {
  url: string;
  ref: string;
  gitdir: string;
}

interface Done {
  oid: string;
  moved: number;
  fetchMs: number;
  readMs: number;
  files: number;
  rssMB: number;
}

const spec = (url: string): { name: string; url: string } => ({ name: 'bench', url });

async function work({ url, ref, gitdir }: Job): Promise<Done> {
  const start = performance.now();
  const { oid, moved } = await fetchChannel({ spec: spec(url), ref, gitdir });
  const fetched = performance.now();
  const before = known(gitdir, ref);
  const tree = openTree(gitdir, oid, true);
  const changed = tree.list('').filter((path) => before.get(path) !== tree.oidOf(path));
  let files = 0;
  for (const [, bytes] of tree.readPaths(changed)) if (bytes !== undefined) files++;
  tree.close();
  const readMs = performance.now() - fetched;
  acceptFetch(gitdir, ref, oid);
  const rssMB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { oid, moved, fetchMs: fetched - start, readMs, files, rssMB };
}

/** Stands in for the controller's store: which files it has. */
function known(gitdir: string, ref: string): Map<string, string | undefined> {
  let oid: string;
  try {
    oid = execFileSync('git', ['-C', gitdir, 'rev-parse', '--verify', '-q', ref], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return new Map();
  }
  const tree = openTree(gitdir, oid, true);
  const files = new Map(tree.list('').map((path) => [path, tree.oidOf(path)]));
  tree.close();
  return files;
}

async function inChild(
  program: string,
  job: Job,
  role = 'child',
): Promise<Done & { wallMs: number }> {
  const start = performance.now();
  const child = fork(program, [role], {
    // The peer gets the memory that it wants.
    execArgv: role === 'child' ? ['--max-old-space-size=128', '--max-semi-space-size=1'] : [],
  });
  child.send(job);
  const [done] = (await once(child, 'message')) as [Done];
  await once(child, 'exit');
  return { ...done, wallMs: performance.now() - start };
}

/** isomorphic-git, which edgeseal does not use: docs/decisions/0004-git-transport.md. */
async function isomorphic({ url, ref, gitdir }: Job): Promise<Done> {
  const start = performance.now();
  const { default: isomorphicGit } = await import('isomorphic-git');
  const { default: http } = await import('isomorphic-git/http/node');
  const branch = ref.replace('refs/heads/', '');
  let moved = 0;
  const counting = {
    async request(options: GitHttpRequest): Promise<GitHttpResponse> {
      const response = await http.request(options);
      const { body } = response;
      if (body === undefined) return response;
      async function* counted(): AsyncIterableIterator<Uint8Array> {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          moved += chunk.length;
          yield chunk;
        }
      }
      return { ...response, body: counted() };
    },
  };
  await isomorphicGit.init({ fs, gitdir, bare: true });
  await isomorphicGit.addRemote({ fs, gitdir, remote: 'origin', url, force: true });
  const { fetchHead } = await isomorphicGit.fetch({
    fs,
    http: counting,
    gitdir,
    remote: 'origin',
    remoteRef: branch,
    ref: branch,
    singleBranch: true,
    tags: false,
  });
  const oid = fetchHead ?? '';
  // Its next fetch offers only what a local branch of that name holds.
  await isomorphicGit.writeRef({ fs, gitdir, ref, value: oid, force: true });
  const fetchMs = performance.now() - start;
  const rssMB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { oid, moved, fetchMs, readMs: 0, files: 0, rssMB };
}

async function native(args: string[]): Promise<number> {
  const start = performance.now();
  await once(spawn('git', args, { stdio: 'inherit' }), 'close');
  return performance.now() - start;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'edgeseal-bench-fetch-'));
  const server = await serveGit({ root: folder });
  // What ships is bundled, so the child is too.
  const program = join(folder, 'child.mjs');
  const entryPoints = [import.meta.filename];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['esbuild', 'isomorphic-git'],
  });
  symlinkSync(join(import.meta.dirname, '..', 'node_modules'), join(folder, 'node_modules'));
  try {
    const channel = makeChannel(folder);
    const url = `${server.url}/channel.git`;
    const row = (what: string, text: string): void => console.log(`${what.padEnd(34)}${text}`);
    const ms = (value: number): string => `${value.toFixed(0)} ms`;

    const firsts: { native: number; ours: Done & { wallMs: number } }[] = [];
    for (let i = 0; i < 3; i++) {
      const clone = join(folder, 'native.git');
      const gitdir = join(folder, 'ours.git');
      rmSync(clone, { recursive: true, force: true });
      rmSync(gitdir, { recursive: true, force: true });
      const branch = channel.ref.replace('refs/heads/', '');
      const nativeMs = await native(['clone', '-q', '--bare', '-b', branch, url, clone]);
      firsts.push({
        native: nativeMs,
        ours: await inChild(program, { url, ref: channel.ref, gitdir }),
      });
    }
    const first = firsts.toSorted((a, b) => a.ours.wallMs / a.native - b.ours.wallMs / b.native)[1];
    if (first === undefined) return;
    const { ours } = first;
    row('first fetch, native git', ms(first.native));
    row(
      'first fetch, edgeseal child',
      `${ms(ours.wallMs)} in all (fetch ${ms(ours.fetchMs)}, reading ${ours.files} files ${ms(ours.readMs)}), ` +
        `${(ours.moved / 1e6).toFixed(1)} MB moved, RSS ${ours.rssMB} MB`,
    );
    const fetchOnly = (ours.wallMs - ours.readMs) / first.native;
    row(
      '  ratio to native git',
      `${fetchOnly.toFixed(2)} process start and fetch (goal <= 1.6); ` +
        `${(ours.wallMs / first.native).toFixed(2)} with reading every file, which native git does not do`,
    );

    const peerJob = { url, ref: channel.ref, gitdir: join(folder, 'isomorphic.git') };
    const peerFirst = await inChild(program, peerJob, 'isomorphic');
    row(
      'first fetch, isomorphic-git',
      `${ms(peerFirst.wallMs)}, ${(peerFirst.moved / 1e6).toFixed(1)} MB moved, RSS ${peerFirst.rssMB} MB ` +
        `(${(peerFirst.wallMs / first.native).toFixed(2)} of native git)`,
    );

    channel.change();
    const gitdir = join(folder, 'ours.git');
    const nativeMs = await native([
      '-C',
      join(folder, 'native.git'),
      'fetch',
      '-q',
      'origin',
      channel.ref,
    ]);
    const change = await inChild(program, { url, ref: channel.ref, gitdir });
    row('one change, native git', ms(nativeMs));
    row(
      'one change, edgeseal child',
      `${ms(change.wallMs)} in all (fetch ${ms(change.fetchMs)}, reading ${change.files} files ` +
        `${ms(change.readMs)}), ${(change.moved / 1e3).toFixed(1)} KB moved, RSS ${change.rssMB} MB ` +
        '(goal <= 1 s, <= 100 KB)',
    );

    const peerChange = await inChild(program, peerJob, 'isomorphic');
    row(
      'one change, isomorphic-git',
      `${ms(peerChange.wallMs)}, ${(peerChange.moved / 1e3).toFixed(1)} KB moved, RSS ${peerChange.rssMB} MB`,
    );

    for (let i = 0; i < 50; i++) channel.change();
    const many = await inChild(program, { url, ref: channel.ref, gitdir });
    row(
      '50 changes behind, edgeseal child',
      `${ms(many.wallMs)}, ${(many.moved / 1e3).toFixed(1)} KB moved`,
    );
    const fresh = await inChild(program, {
      url,
      ref: channel.ref,
      gitdir: join(folder, 'fresh.git'),
    });
    row('first fetch after 51 changes', `${(fresh.moved / 1e6).toFixed(1)} MB moved`);

    for (let i = 0; i < 300; i++) {
      execFileSync('git', ['-C', channel.path, 'update-ref', `refs/heads/other/${i}`, channel.ref]);
    }
    const pollStart = performance.now();
    const poll = await readRemoteRef(spec(url), channel.ref);
    row(
      'idle poll, 301 refs',
      `${poll.moved} bytes, ${ms(performance.now() - pollStart)} (goal <= 5 KB)`,
    );
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const role = process.argv[2];
if (role === 'child' || role === 'isomorphic') {
  process.once('message', (job: Job) => {
    void (role === 'child' ? work(job) : isomorphic(job)).then((done) => {
      process.send?.(done, () => process.disconnect());
    });
  });
} else {
  await main();
}
