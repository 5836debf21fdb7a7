import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "disk-full-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe.runIf(process.platform === "linux")("a disk that takes no more", () => {
  it("gives no-space, the old content stays, and the temporary file goes", () => {
    const script = `
      const { folderFiles } = await import(${JSON.stringify(new URL("./folder.ts", import.meta.url).href)});
      const { Readable } = await import("node:stream");
      const files = folderFiles(() => ${JSON.stringify(folder)});
      const bytes = (size) => Readable.from(Array.from({ length: size / 10_000 }, () => Buffer.alloc(10_000)));
      await files.write("alice", "/a", bytes(20_000));
      const partial = await files.resume("alice", "/b", "key");
      const failures = [];
      for (const attempt of [files.write("alice", "/a", bytes(2_000_000)), partial.append(bytes(2_000_000))]) {
        failures.push(await attempt.then(() => "written", (error) => error.failure ?? String(error)));
      }
      console.log(JSON.stringify([...failures, partial.size]));`;
    // A file of this shell may have 1,000 blocks of 1,024 bytes; a disk that is full looks the same, but for the code of the error.
    const shell = `trap "" XFSZ; ulimit -f 1000; exec "$0" --input-type=module -e "$1"`;
    const said = execFileSync("bash", ["-c", shell, process.execPath, script], { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual(["no-space", "no-space", 1_024_000]);
    expect(readFileSync(join(folder, "a"))).toHaveLength(20_000);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});
