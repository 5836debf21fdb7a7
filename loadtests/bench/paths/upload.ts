import { randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { rawRequest } from "../generator/raw-request.ts";
import type { BenchPath, OpenShare } from "./path.ts";

const FOLDER = "uploads";
const SIZE = 2 ** 20;
/** Enough that no two requests under way replace the same one. */
const FILES = 32;
const names = Array.from({ length: FILES }, (_, index) => `upload-${index}.bin`);

/** PUT of 1 MiB over one of 32 files in a shared folder. */
export const put1mib: BenchPath<OpenShare> = {
  name: "put-1mib",
  expected: { status: 204 },

  async collect({ files, openShare }) {
    makeFiles(join(files, FOLDER));
    return openShare(`/${FOLDER}`, ["read", "write"]);
  },

  requests({ origin }, { path, accessToken }) {
    const content = randomBytes(SIZE);
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/octet-stream" };
    return { several: names.map((name) => rawRequest("PUT", `${origin}${path}/${name}`, headers, content)) };
  },

  /** Streams to a temporary file, syncs it, renames it, and syncs the folder. */
  yardstick({ folder: own }) {
    const folder = join(own, FOLDER);
    makeFiles(folder);
    let uploads = 0;
    return async (request) => {
      uploads += 1;
      const temporary = join(folder, `.upload-${uploads}`);
      // With `flush` the stream syncs the file before it closes it.
      await pipeline(request, createWriteStream(temporary, { flags: "wx", flush: true, highWaterMark: SIZE }));
      await rename(temporary, join(folder, basename(request.url ?? "")));
      const handle = await open(folder);
      await handle.sync();
      await handle.close();
      return { status: 204, headers: {} };
    };
  },
};

function makeFiles(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), "old");
}
