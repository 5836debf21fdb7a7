import { HostFileError, type HostFileFailure } from "../ports/host.ts";

const FAILURES: Record<string, [failure: HostFileFailure, message: string]> = {
  ENOENT: ["not-found", "There is no such file or folder."],
  ENXIO: ["not-found", "There is no such file or folder."],
  ELOOP: ["not-found", "There is no such file or folder."],
  ENOTDIR: ["not-a-folder", "Part of the path is not a folder."],
  EISDIR: ["is-a-folder", "This is a folder."],
  EEXIST: ["exists", "The name is taken."],
  ENOTEMPTY: ["exists", "The name is taken."],
  ENOSPC: ["no-space", "There is no space left."],
  EDQUOT: ["no-space", "The quota is used up."],
  EFBIG: ["no-space", "The file is larger than the disk allows."],
  EACCES: ["forbidden", "The disk does not allow this."],
  EPERM: ["forbidden", "The disk does not allow this."],
  EXDEV: ["forbidden", "This leads to another disk."],
  EROFS: ["forbidden", "The disk is read-only."],
  ENAMETOOLONG: ["bad-name", "The name is too long."],
  EILSEQ: ["bad-name", "The disk cannot hold this name."],
};

/** The error as a `HostFileError` where the operating system's code has a meaning for the client; otherwise unchanged. */
export function fileFailure(error: unknown): unknown {
  const code = error instanceof Error && !(error instanceof HostFileError) && (error as NodeJS.ErrnoException).code;
  const known = typeof code === "string" ? FAILURES[code] : undefined;
  return known ? new HostFileError(known[0], known[1], { cause: error }) : error;
}

/** Does the error mean that nothing is, or can be, at this path? */
export function isMissing(error: unknown): boolean {
  const known = fileFailure(error);
  return known instanceof HostFileError && ["not-found", "not-a-folder", "bad-name"].includes(known.failure);
}
