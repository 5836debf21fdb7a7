import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, opendir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type HostEntry, HostFileError, type HostFileFailure, type HostFiles } from "../ports/host.ts";

const FAILURES: Readonly<Record<string, HostFileFailure>> = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTEMPTY: "exists",
  ENOTDIR: "not-a-folder",
  EISDIR: "is-a-folder",
  ENOSPC: "no-space",
  EACCES: "forbidden",
  ENAMETOOLONG: "bad-name",
};

async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const failure = FAILURES[code];
    throw failure === undefined ? error : new HostFileError(failure, code, { cause: error });
  }
}

/** The plainest file adapter on a folder, with a tree for each user. */
export function diskFiles(root: string): HostFiles {
  const at = (user: string, path: string) => join(root, user, path);
  let uploads = 0;

  async function find(user: string, path: string): Promise<HostEntry | undefined> {
    try {
      const found = await stat(at(user, path), { bigint: true });
      const folder = found.isDirectory();
      return {
        name: path.slice(path.lastIndexOf("/") + 1),
        type: folder ? "folder" : "file",
        size: folder ? 0 : Number(found.size),
        modifiedAt: Number(found.mtimeMs),
        etag: `${found.mtimeNs.toString(36)}-${found.size.toString(36)}-${found.ino.toString(36)}`,
        id: String(found.ino),
      };
    } catch {
      return undefined;
    }
  }

  return {
    stat: find,
    async *list(user, path) {
      for await (const child of await translated(opendir(at(user, path)))) {
        if (child.name.startsWith(".upload-")) continue;
        const entry = await find(user, `${path === "/" ? "" : path}/${child.name}`);
        if (entry !== undefined) yield entry;
      }
    },
    read: async (user, path, range) => createReadStream(at(user, path), { ...range, highWaterMark: 524_288 }),
    async write(user, path, content: Readable) {
      const target = at(user, path);
      if ((await find(user, path))?.type === "folder") throw new HostFileError("is-a-folder", path);
      uploads += 1;
      const temporary = join(target, "..", `.upload-${uploads}`);
      try {
        await translated(pipeline(content, createWriteStream(temporary)));
        await translated(rename(temporary, target));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw error;
      }
      const entry = await find(user, path);
      if (entry === undefined) throw new HostFileError("not-found", path);
      return entry;
    },
    mkdir: (user, path) => translated(mkdir(at(user, path))),
    async move(user, from, to) {
      if ((await find(user, to)) !== undefined) throw new HostFileError("exists", to);
      await translated(rename(at(user, from), at(user, to)));
    },
    remove: (user, path) => translated(rm(at(user, path), { recursive: true })),
  };
}
