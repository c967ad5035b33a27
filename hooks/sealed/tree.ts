import { EdgesealError } from '../../core/errors.ts';
import type { RepositoryView } from '../../core/repository/view.ts';
import type { BlobReader } from '../git/blobs.ts';
import { decodePath } from '../git/path-name.ts';
import { gitOutput } from '../git/process.ts';
import type { HookIo } from '../git/process.ts';
import { fieldsOf } from '../staged.ts';

/** Larger than any file of a secrets repository: a sealed one has at most 4 MiB. */
const maxFileBytes = 16 * 1024 * 1024;

/** The files of the index or of a commit, and their content when it is asked for. Links are none. */
export class Tree {
  readonly #blobs: BlobReader;
  readonly #name: string;
  /** Blob ids by path from the top. */
  readonly files = new Map<string, string>();

  private constructor(blobs: BlobReader, name: string) {
    this.#blobs = blobs;
    this.#name = name;
  }

  /** What will be committed. */
  static async ofIndex(io: HookIo, blobs: BlobReader): Promise<Tree> {
    const tree = new Tree(blobs, 'the index');
    const listing = await gitOutput(io, ['ls-files', '--stage', '-z', '--full-name', '--', ':/']);
    tree.#read(listing, /^100(?:644|755) ([0-9a-f]+) 0$/);
    return tree;
  }

  static async ofCommit(io: HookIo, blobs: BlobReader, commit: string): Promise<Tree> {
    const tree = new Tree(blobs, `commit ${commit.slice(0, 10)}`);
    const listing = await gitOutput(io, ['ls-tree', '-r', '-z', '--full-tree', commit]);
    tree.#read(listing, /^100(?:644|755) blob ([0-9a-f]+)$/);
    return tree;
  }

  /** Folders of secrets repositories, `''` or `some/folder/`. */
  get repositories(): string[] {
    const name = 'edgeseal.yaml';
    return [...this.files.keys()].flatMap((path) =>
      path === name || path.endsWith(`/${name}`) ? path.slice(0, -name.length) : [],
    );
  }

  /** A secrets repository in it. */
  view(prefix: string): RepositoryView {
    const paths = [...this.files.keys()].filter((path) => path.startsWith(prefix));
    const names = paths.map((path) => path.slice(prefix.length)).sort();
    return {
      name: this.#name,
      read: async (path) => {
        const oid = this.files.get(prefix + path);
        return oid === undefined ? undefined : await this.read(oid);
      },
      list: (folder) => Promise.resolve(names.filter((path) => path.startsWith(`${folder}/`))),
    };
  }

  /**
   * A blob by its id.
   *
   * @throws EdgesealError `git-object`
   */
  async read(oid: string): Promise<Uint8Array> {
    const object = await this.#blobs.object(oid, maxFileBytes);
    if (object?.type === 'blob') return object.bytes;
    throw new EdgesealError('git-object', `git has no file ${oid}`);
  }

  #read(listing: Buffer, entry: RegExp): void {
    for (const field of fieldsOf(listing)) {
      const tab = field.indexOf(9);
      const oid = entry.exec(field.toString('latin1', 0, tab))?.[1];
      if (oid !== undefined) this.files.set(decodePath(field.subarray(tab + 1)), oid);
    }
  }
}
