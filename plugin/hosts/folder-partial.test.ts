import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { brokenAfter, bytes, diskForEachTest, failure, listed } from "./folder.test-helper.ts";

const disk = diskForEachTest();
const resume = (path: string, key = "copy-1") => disk.files.resume("alice", path, key);

describe("an upload that is kept between attempts", () => {
  it("goes on where it was, and is put in place as a write is", async () => {
    const first = await resume("/a");
    expect(first.size).toBe(0);
    await first.append(bytes("one, "));
    await expect(first.append(brokenAfter("two, "))).rejects.toThrow("went away");
    expect(first.size).toBe(10);

    disk.open({});
    const second = await resume("/a");
    expect(second.size).toBe(10);
    await second.append(bytes("three"));
    expect(await disk.files.stat("alice", "/a")).toBeUndefined();
    expect(await listed(disk.files, "/")).toEqual([]);
    const entry = await second.finish({ expected: null, modifiedAt: 1_700_000_000_123 });
    expect(entry).toEqual(await disk.files.stat("alice", "/a"));
    expect(entry.modifiedAt).toBe(1_700_000_000_123);
    expect(await disk.text("/a")).toBe("one, two, three");
    expect(await readdir(disk.root)).toEqual(["a"]);
  });

  it("is one for each key and name, and can be thrown away", async () => {
    const all = [await resume("/a"), await resume("/a", "copy-2"), await resume("/b")];
    for (const [index, each] of all.entries()) await each.append(bytes(`${index}`));
    await all[0]?.discard();
    expect((await resume("/a")).size).toBe(0);
    await all[1]?.finish();
    await all[2]?.finish();
    expect([await disk.text("/a"), await disk.text("/b")]).toEqual(["1", "2"]);
  });

  it("stays when something else is there than was expected", async () => {
    const partial = await resume("/a");
    await partial.append(bytes("new"));
    await disk.files.write("alice", "/a", bytes("old"));
    await expect(partial.finish({ expected: null })).rejects.toEqual(failure("changed"));
    expect(await disk.text("/a")).toBe("old");
    await chmod(join(disk.root, "a"), 0o640);
    await (await resume("/a")).finish();
    expect(await disk.text("/a")).toBe("new");
    expect((await stat(join(disk.root, "a"))).mode & 0o777).toBe(0o640);
  });

  it("is refused where no file can be", async () => {
    await mkdir(join(disk.root, "folder"));
    await symlink("folder", join(disk.root, "link"));
    await expect(resume("/folder")).rejects.toEqual(failure("is-a-folder"));
    await expect(resume("/")).rejects.toEqual(failure("is-a-folder"));
    await expect(resume("/link")).rejects.toEqual(failure("forbidden"));
    await expect(resume("/link/a")).rejects.toEqual(failure("not-found"));
    await expect(resume("/nowhere/a")).rejects.toEqual(failure("not-found"));
  });

  it("does not take more than the quota", async () => {
    disk.open({ quota: async () => ({ available: 6 }) });
    const partial = await resume("/a");
    await partial.append(bytes("1234"));
    await expect(partial.append(bytes("1234567"))).rejects.toEqual(failure("no-space"));
    expect(partial.size).toBe(4);
  });

  it("is there after the process was killed, but for the last bytes", { timeout: 60_000 }, async () => {
    const script = `
      const { folderFiles } = await import(${JSON.stringify(new URL("./folder.ts", import.meta.url).href)});
      const { Readable } = await import("node:stream");
      const files = folderFiles(() => ${JSON.stringify(disk.root)});
      const partial = await files.resume("alice", "/a", "copy-1");
      let sent = 0;
      await partial.append(new Readable({ read() {
        sent += 65536;
        this.push(Buffer.alloc(65536, "x"));
        if (sent === 20 * 2 ** 20) process.stdout.write("sent");
      } }));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const { size } = await resume("/a");
    expect(size).toBeGreaterThan(16 * 2 ** 20);
    await writeFile(join(disk.root, "b"), "");
    expect(await listed(disk.files, "/")).toHaveLength(1);
  });
});
