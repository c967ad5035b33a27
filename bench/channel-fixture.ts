import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';

export interface ChannelFixture {
  /** Bare repository. */
  path: string;
  ref: string;
  /** Commit of the last publication. */
  commit: () => string;
  /** Replaces secrets and publishes: the secrets, their namespaces' indexes, the snapshot. */
  change: (count?: number) => string;
}

const NAMESPACES = 20;

/**
 * A bare repository with a channel of the real shape: `files` sealed secrets of `size` bytes of
 * incompressible base64 in 20 namespaces, an index a namespace and a snapshot. Made by
 * `git fast-import` in one go, because a working tree of 10,000 files takes longer than the benchmark.
 */
export function makeChannel(folder: string, files = 10_000, size = 4_600): ChannelFixture {
  const path = join(folder, 'channel.git');
  const ref = 'refs/heads/edgeseal/us-east';
  execFileSync('git', ['init', '-q', '--bare', path]);
  execFileSync('git', ['-C', path, 'symbolic-ref', 'HEAD', ref]);
  const contents = new Map<string, Buffer>();
  for (let i = 0; i < files; i++) contents.set(secretPath(i), secret(size));
  for (let i = 0; i < Math.min(NAMESPACES, files); i++) {
    contents.set(`.edgeseal/index/ns-${String(i)}`, index(contents, i));
  }
  contents.set('.edgeseal/snapshot', secret(600));
  contents.set('.edgeseal/snapshot.sig', secret(400));
  commit(path, ref, contents, undefined);
  execFileSync('git', ['-C', path, 'repack', '-q', '-a', '-d']);

  let changes = 0;
  const head = (): string =>
    execFileSync('git', ['-C', path, 'rev-parse', ref], { encoding: 'utf8' }).trim();
  return {
    path,
    ref,
    commit: head,
    change: (count = 1) => {
      const changed = new Map<string, Buffer>();
      for (let n = 0; n < count; n++) {
        changes++;
        const i = (changes * 7_919) % files;
        contents.set(secretPath(i), secret(size));
        changed.set(secretPath(i), contents.get(secretPath(i)) ?? Buffer.alloc(0));
      }
      for (const path of [...changed.keys()]) {
        const namespace = Number(/ns-(\d+)/u.exec(path)?.[1]);
        changed.set(`.edgeseal/index/ns-${String(namespace)}`, index(contents, namespace));
      }
      changed.set('.edgeseal/snapshot', secret(600));
      changed.set('.edgeseal/snapshot.sig', secret(400));
      commit(path, ref, changed, head());
      return head();
    },
  };
}

function secretPath(i: number): string {
  return `secrets/ns-${String(i % NAMESPACES)}/secret-${String(i)}.yaml`;
}

function secret(size: number): Buffer {
  const text = randomBytes(Math.ceil((size * 3) / 4)).toString('base64');
  return Buffer.from(`data: ${text.slice(0, size - 7)}\n`);
}

function index(contents: Map<string, Buffer>, namespace: number): Buffer {
  const prefix = `secrets/ns-${String(namespace)}/`;
  const list = [...contents]
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, bytes]) => ({
      name: path.slice(prefix.length, -'.yaml'.length),
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      version: 1,
    }));
  return Buffer.from(JSON.stringify(list));
}

function commit(
  path: string,
  ref: string,
  files: Map<string, Buffer>,
  parent: string | undefined,
): void {
  const parts: (string | Buffer)[] = [
    `commit ${ref}\ncommitter edgeseal <publish@example.com> 1750000000 +0000\ndata 7\npublish\n`,
  ];
  if (parent !== undefined) parts.push(`from ${parent}\n`);
  for (const [name, bytes] of files) {
    parts.push(`M 100644 inline ${name}\ndata ${String(bytes.length)}\n`, bytes, '\n');
  }
  parts.push('done\n');
  execFileSync('git', ['-C', path, 'fast-import', '--quiet', '--done', '--force'], {
    input: Buffer.concat(
      parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)),
    ),
  });
}
