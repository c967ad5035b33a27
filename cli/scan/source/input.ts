/** Something to be looked at: a file on the disk, which whoever looks at it reads, or bytes that are at hand. */
export interface ScanInput {
  /** As it is shown: below the current folder, or as it was typed; of a commit's file from the top of its repository. */
  path: string;
  /** Where it lies on the disk. */
  file?: string;
  bytes?: Uint8Array | undefined;
  /** In bytes. */
  size: number;
  /** Git's id of the content, where it comes out of history. */
  oid?: string;
}
