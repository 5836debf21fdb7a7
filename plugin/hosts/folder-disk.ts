import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { join } from "node:path";
import type { HostEntry } from "../ports/host.ts";
import { isMissing } from "./folder-errors.ts";

/** Milliseconds: a replacement that is older than what it replaces by no more than this is made to look newer. */
const CLOCK_TICK = 1000;

/** What the host contract says of a file or folder; `folderFiles` tells what the etag covers. */
export function entryOf(name: string, stats: BigIntStats): HostEntry {
  const file = stats.isFile();
  const parts = file
    ? [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs]
    : [stats.ino, stats.mtimeNs, stats.ctimeNs];
  return {
    name,
    type: file ? "file" : "folder",
    size: file ? Number(stats.size) : 0,
    modifiedAt: milliseconds(stats),
    etag: parts.map((part) => part.toString(36)).join("-"),
  };
}

/** The files and folders among these names in a folder; what has gone in the meantime is left out. */
export async function entriesOf(folder: string, names: string[]): Promise<HostEntry[]> {
  const found = await Promise.all(names.map((name) => lstatOrUndefined(join(folder, name))));
  return found.flatMap((stats, index) => {
    const name = names[index];
    return name !== undefined && (stats?.isFile() || stats?.isDirectory()) ? [entryOf(name, stats)] : [];
  });
}

/** Metadata of whatever is there, a link itself included; undefined when nothing is. */
export async function lstatOrUndefined(disk: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(disk, { bigint: true });
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Two replacements within one tick would give the third the first one's times, and perhaps its inode: keep them apart. */
export async function makeNewer(handle: FileHandle, before: BigIntStats | undefined): Promise<void> {
  if (!before) {
    return;
  }
  const old = milliseconds(before);
  const behind = old - milliseconds(await handle.stat({ bigint: true }));
  if (behind >= 0 && behind < CLOCK_TICK) {
    // The half keeps the next whole millisecond through the rounding of a fraction of seconds.
    const seconds = (old + 1.5) / 1000;
    await handle.utimes(seconds, seconds);
  }
}

function milliseconds(stats: BigIntStats): number {
  return Number(stats.mtimeNs / 1_000_000n);
}

/** Makes a changed name durable, where the system can sync a folder and the folder is still where it was. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["ENOENT", "EPERM", "EISDIR", "EACCES", "EINVAL", "ENOTSUP"].includes(code)) {
      throw error;
    }
  } finally {
    await handle?.close();
  }
}
