import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, opendir, rename, rm, stat, utimes } from "node:fs/promises";
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
        if (entry !== undefined) yield [entry];
      }
    },
    async open(user, path) {
      const entry = await find(user, path);
      if (entry === undefined) throw new HostFileError("not-found", path);
      if (entry.type === "folder") throw new HostFileError("is-a-folder", path);
      return {
        entry,
        read: (range) => createReadStream(at(user, path), { ...range, highWaterMark: 524_288 }),
        close: async () => {},
      };
    },
    async write(user, path, content: Readable, { expected, modifiedAt } = {}) {
      const target = at(user, path);
      if ((await find(user, path))?.type === "folder") throw new HostFileError("is-a-folder", path);
      uploads += 1;
      const temporary = join(target, "..", `.upload-${uploads}`);
      try {
        await translated(pipeline(content, createWriteStream(temporary)));
        if (modifiedAt !== undefined) await utimes(temporary, modifiedAt / 1000, modifiedAt / 1000);
        if (expected !== undefined && ((await find(user, path))?.etag ?? null) !== expected) {
          throw new HostFileError("changed", path);
        }
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
    async move(user, from, to, options) {
      if (options?.replace) await rm(at(user, to), { recursive: true, force: true });
      if ((await find(user, to)) !== undefined) throw new HostFileError("exists", to);
      await translated(rename(at(user, from), at(user, to)));
    },
    remove: (user, path) => translated(rm(at(user, path), { recursive: true })),
    async touch(user, path, modifiedAt) {
      await translated(utimes(at(user, path), modifiedAt / 1000, modifiedAt / 1000));
      const entry = await find(user, path);
      if (entry === undefined) throw new HostFileError("not-found", path);
      return entry;
    },
  };
}
