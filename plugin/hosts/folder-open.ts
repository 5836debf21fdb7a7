import { type BigIntStats, constants, fstatSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { type HostFile, HostFileError } from "../ports/host.ts";
import { entryOf } from "./folder-disk.ts";
import { checkWay, existing, type Place } from "./folder-place.ts";
import { createReading, type Reading } from "./folder-stream.ts";

const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
/** So that a named pipe put in place of a file cannot hold up a thread. */
const NON_BLOCK = constants.O_NONBLOCK ?? 0;

/** An open file that everybody reads who wants this version of it. */
interface Version {
  handle: FileHandle;
  stats: BigIntStats;
  /** Open files and streams that need the handle. */
  users: number;
}

/** Opens files for reading: one file descriptor for each version of each file, however many read it. */
export function createOpener(): (place: Place) => Promise<HostFile> {
  const versions = new Map<string, Version>();
  const reading = createReading();
  return async (place) => {
    if (place.name === "") throw new HostFileError("is-a-folder", "This is a folder.");
    if (NO_FOLLOW === 0) await existing(place);
    const { key, version } = await openVersion(place, versions);
    return fileOf(place.name, version, reading, async () => {
      version.users -= 1;
      if (version.users > 0) return;
      versions.delete(key);
      await version.handle.close();
    });
  };
}

async function openVersion(place: Place, versions: Map<string, Version>): Promise<{ key: string; version: Version }> {
  const handle = await open(place.disk, constants.O_RDONLY | NO_FOLLOW | NON_BLOCK).catch((error) => {
    checkWay(place);
    throw error;
  });
  let spare = true;
  try {
    const stats = fstatSync(handle.fd, { bigint: true });
    checkWay(place);
    if (stats.isDirectory()) throw new HostFileError("is-a-folder", "This is a folder.");
    if (!stats.isFile()) throw new HostFileError("not-found", "There is no such file or folder.");
    const key = `${stats.dev}-${entryOf("", stats).etag}`;
    let version = versions.get(key);
    if (version === undefined) {
      version = { handle, stats, users: 0 };
      versions.set(key, version);
      spare = false;
    }
    version.users += 1;
    return { key, version };
  } finally {
    if (spare) await handle.close();
  }
}

function fileOf(name: string, version: Version, reading: Reading, letGo: () => Promise<void>): HostFile {
  const { handle, stats } = version;
  const size = Number(stats.size);
  let closed = false;
  return {
    entry: entryOf(name, stats),
    read({ start, end } = { start: 0, end: size - 1 }) {
      if (closed) throw new Error("The file has been closed.");
      version.users += 1;
      // Nothing was written, so a close that fails loses nothing.
      const ended = () => void letGo().catch(() => undefined);
      return reading({ fd: handle.fd, start, end: Math.min(end + 1, size), ended });
    },
    async close() {
      if (closed) return;
      closed = true;
      await letGo();
    },
  };
}
