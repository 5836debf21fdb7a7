import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { rawRequest } from "../generator/raw-request.ts";
import type { BenchPath, OpenShare } from "./path.ts";

const FILE = "one.bin";
const SIZE = 2 ** 20;
const BEGINS = "OCM bench ";
/** The largest pieces are the fastest, up to about this. */
const CHUNK = 2 ** 19;

interface Material {
  share: OpenShare;
  /** On disk. */
  file: string;
}

/** GET of a file of 1 MiB in a shared folder. */
export const get1mib: BenchPath<Material> = {
  name: "get-1mib",
  expected: { status: 200, begins: BEGINS },

  async collect({ files, openShare }) {
    const file = join(files, FILE);
    writeFileSync(file, Buffer.concat([Buffer.from(BEGINS), randomBytes(SIZE - BEGINS.length)]));
    return { share: await openShare("/", ["read"]), file };
  },

  requests: ({ origin }, { share }) => ({
    same: rawRequest("GET", `${origin}${share.path}/${FILE}`, { authorization: `Bearer ${share.accessToken}` }),
  }),

  yardstick(_setup, { file }) {
    return async () => {
      const handle = await open(file);
      const { size, mtime } = await handle.stat();
      return {
        status: 200,
        headers: {
          "content-type": "application/octet-stream",
          "content-length": size,
          "last-modified": mtime.toUTCString(),
        },
        body: handle.createReadStream({ highWaterMark: CHUNK }),
      };
    };
  },
};
