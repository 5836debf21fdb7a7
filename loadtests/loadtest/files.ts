import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorldServer } from "../k6/shared/world.ts";
import { type Ask, each } from "./ask.ts";
import type { Target } from "./target.ts";

const AT_ONCE = 16;
const CHUNK = 2 ** 20;
/** What is sent over HTTP, where a server's disk is not at hand, is no more than this. */
const MOST_BYTES_SENT = 64 * 2 ** 20;
const MOST_FILES_SENT = 2000;
const WIDTH = 3;
const DEPTH = 3;

/** Puts files into a person's folder: on disk where that is possible, else over HTTP. */
export interface Files {
  /** A folder with so many files `file-0000.txt` and on. */
  folder(name: string, entries: number): Promise<void>;
  file(name: string, bytes: number): Promise<void>;
  /** A folder with folders in it, four levels with the top. */
  tree(name: string): Promise<void>;
}

export function createFiles(target: Target, server: WorldServer, ask: Ask): Files {
  const onDisk = target.folderOf?.(server);
  const put = async (path: string, content: string): Promise<void> => {
    if (onDisk === undefined) {
      await ask.put(server, `/${path}`, content);
      return;
    }
    const file = join(onDisk, path);
    await mkdir(join(file, ".."), { recursive: true });
    await writeFile(file, content);
  };
  return {
    async folder(name, entries) {
      if (onDisk === undefined && entries > MOST_FILES_SENT)
        throw new Error(`${target.name} gets ${MOST_FILES_SENT} files at most.`);
      const numbers = Array.from({ length: entries }, (_, number) => number);
      await each(numbers, AT_ONCE, (number) =>
        put(`${name}/file-${String(number).padStart(4, "0")}.txt`, "x".repeat(100)),
      );
    },
    async file(name, bytes) {
      if (onDisk === undefined) {
        if (bytes > MOST_BYTES_SENT) throw new Error(`${target.name} gets files of ${MOST_BYTES_SENT} bytes at most.`);
        await ask.put(server, `/${name}`, Buffer.alloc(bytes, "x"));
        return;
      }
      const handle = await open(join(onDisk, name), "w");
      for (let left = bytes; left > 0; left -= CHUNK) await handle.write(Buffer.alloc(Math.min(left, CHUNK), "x"));
      await handle.close();
    },
    async tree(name) {
      const grow = async (path: string, depth: number): Promise<void> => {
        await put(`${path}/readme.txt`, "A file.\n");
        if (depth === 0) return;
        for (let branch = 0; branch < WIDTH; branch += 1) await grow(`${path}/folder-${branch}`, depth - 1);
      };
      await grow(name, DEPTH);
    },
  };
}
