import { type BigIntStats, constants } from "node:fs";
import { open } from "node:fs/promises";
import type { HostEntry } from "../ports/host.ts";

/** What the host contract says of a file or folder; `folderFiles` tells what the etag covers. */
export function entryOf(name: string, stats: BigIntStats): HostEntry {
  const file = stats.isFile();
  const { ino, size, mtimeNs, ctimeNs } = stats;
  return {
    name,
    type: file ? "file" : "folder",
    size: file ? Number(size) : 0,
    modifiedAt: Number(stats.mtimeMs),
    etag: file ? `${ino}-${size}-${mtimeNs}-${ctimeNs}` : `${ino}-${mtimeNs}-${ctimeNs}`,
  };
}

/** Makes changed names durable. Resolves when it has been done at least once after the call. */
export type FolderSync = (folder: string) => Promise<void>;

/** One sync for all who ask while another one of the same folder is under way. */
export function createFolderSync(): FolderSync {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  return (folder) => {
    const planned = next.get(folder);
    if (planned !== undefined) return planned;
    const before = running.get(folder) ?? Promise.resolve();
    const run = async () => {
      await before.catch(() => undefined);
      next.delete(folder);
      running.set(folder, synced);
      try {
        await syncFolder(folder);
      } finally {
        if (running.get(folder) === synced) running.delete(folder);
      }
    };
    const synced = run();
    next.set(folder, synced);
    return synced;
  };
}

/** Where the system can sync a folder, and the folder is still where it was. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["ENOENT", "EPERM", "EISDIR", "EACCES", "EINVAL", "ENOTSUP"].includes(code)) {
      throw error;
    }
  }
}
