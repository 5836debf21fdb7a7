import { createHash } from "node:crypto";
import { rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIB, ODD_NAMES, patterned, plant, plantTree, temporaryFolder, timesOf, treeOf } from "./files.test-helper.ts";
import { lacks, type Run, run } from "./programs.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const missing = lacks("rclone");

/** Kinds of server that rclone knows, and what it does with each: times by X-OC-Mtime, checksums by oc:checksums. */
const VENDORS = [
  { vendor: "other", times: false, checksums: false },
  { vendor: "nextcloud", times: true, checksums: true },
  { vendor: "owncloud", times: true, checksums: true },
] as const;

/** A failure shall show, and not be tried again until it has gone away. */
const ONCE = ["--retries", "1", "--low-level-retries", "1"];

describe.skipIf(missing)("rclone with a Bearer token", { timeout: 60_000 }, () => {
  let world: DavWorld;
  let share: DavShare;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "remote"), { strict: true });
  });
  afterAll(() => world.close());

  function remote(vendor: string) {
    const env = {
      RCLONE_CONFIG: "/dev/null",
      RCLONE_CONFIG_SHARE_TYPE: "webdav",
      RCLONE_CONFIG_SHARE_URL: share.url,
      RCLONE_CONFIG_SHARE_VENDOR: vendor,
      RCLONE_CONFIG_SHARE_BEARER_TOKEN: share.token,
    };
    return (...args: string[]) => run("rclone", [...ONCE, "--transfers", "16", ...args], { env });
  }

  function lines({ stdout }: Run): string[] {
    return stdout.split("\n").filter((line) => line !== "");
  }

  describe.each(VENDORS)("as with a server of the kind $vendor", ({ vendor, times }) => {
    const rclone = (...args: string[]) => remote(vendor)(...args);

    it("copies a tree up, lists it, checks it, and copies it down as it was", async () => {
      await using local = await temporaryFolder();
      const [source, back] = [join(local.path, "source"), join(local.path, "back")];
      const there = join(share.disk, vendor);
      await plantTree(source, vendor === "other" ? 300 : 20);
      const old = new Date("2001-02-03T04:05:06Z");
      await utimes(join(source, "no-extension"), old, old);
      expect(await rclone("copy", source, `share:${vendor}`)).toMatchObject({ code: 0, stderr: "" });
      const tree = await treeOf(source);
      expect(await treeOf(there)).toEqual(tree);
      expect(lines(await rclone("lsf", "-R", "--files-only", `share:${vendor}`)).sort()).toEqual(
        Object.keys(tree).sort(),
      );
      expect(await rclone("check", source, `share:${vendor}`, "--download")).toMatchObject({ code: 0 });
      expect(await rclone("copy", `share:${vendor}`, back)).toMatchObject({ code: 0, stderr: "" });
      expect(await treeOf(back)).toEqual(tree);
      if (!times) return;
      expect(await timesOf(there)).toEqual(await timesOf(source));
      expect(await timesOf(back)).toEqual(await timesOf(source));
    });

    it("syncs what has changed, and nothing the second time", async () => {
      await using local = await temporaryFolder();
      const there = join(share.disk, `${vendor}-sync`);
      const sync = () => rclone("sync", local.path, `share:${vendor}-sync`, "-v", "--stats", "0");
      const copied = ({ stderr }: Run) =>
        lines({ code: 0, stdout: stderr, stderr: "" }).filter((line) => /: Copied/.test(line));
      await plant(local.path, { "same.txt": "same", "grows.txt": "short", "goes/away.txt": "x", "old name.txt": "y" });
      expect(await sync()).toMatchObject({ code: 0 });
      expect(await treeOf(there)).toEqual(await treeOf(local.path));
      await writeFile(join(local.path, "grows.txt"), "longer than before");
      await rename(join(local.path, "old name.txt"), join(local.path, "new name.txt"));
      await rm(join(local.path, "goes"), { recursive: true });
      const second = await sync();
      expect(second.code, second.stderr).toBe(0);
      expect(copied(second)).toHaveLength(2);
      expect(await treeOf(there)).toEqual(await treeOf(local.path));
      expect(copied(await sync())).toEqual([]);
    });
  });

  describe.each(VENDORS.filter(({ checksums }) => checksums))("as with a server of the kind $vendor", ({ vendor }) => {
    const rclone = (...args: string[]) => remote(vendor)(...args);

    it("compares files by their SHA-1 checksums", async () => {
      await using local = await temporaryFolder();
      await plant(local.path, { "a.txt": "the first", "b.txt": "the other" });
      const place = `share:${vendor}-sums`;
      expect(await rclone("copy", local.path, place)).toMatchObject({ code: 0, stderr: "" });
      const expected = ["the first", "the other"].map((text) => createHash("sha1").update(text).digest("hex"));
      expect(lines(await rclone("hashsum", "SHA1", place)).sort()).toEqual(
        [`${expected[0]}  a.txt`, `${expected[1]}  b.txt`].sort(),
      );
      expect(await rclone("check", local.path, place)).toMatchObject({ code: 0 });
      // Of two kinds of checksum rclone sends the one and compares the other, which ownCloud makes by itself.
      if (vendor === "owncloud") return;
      // As long as before: only the checksum tells.
      await writeFile(join(local.path, "a.txt"), "the worst");
      const differs = await rclone("check", local.path, place);
      expect(differs.code).toBe(1);
      expect(differs.stderr).toContain("1 differences found");
    });
  });

  const rclone = (...args: string[]) => remote("other")(...args);

  it("lists odd names as they are", async () => {
    await plant(join(share.disk, "odd"), Object.fromEntries(ODD_NAMES.map((name) => [name, name])));
    const listed = lines(await rclone("lsf", "-R", "--files-only", "share:odd"));
    expect(listed.sort()).toEqual([...ODD_NAMES].sort());
  });

  it("reads a part of a file", async () => {
    const bytes = patterned(MIB);
    await plant(share.disk, { "part.bin": bytes });
    const { code, stdout } = await rclone("cat", "--offset", "500000", "--count", "16", "share:part.bin");
    expect(code).toBe(0);
    expect(stdout).toBe(bytes.subarray(500_000, 500_016).toString("utf8"));
  });

  it("moves, copies, removes and makes folders", async () => {
    await plant(share.disk, { "work/a.txt": "a", "work/deep/b.txt": "b" });
    const ok = { code: 0, stderr: "" };
    expect(await rclone("moveto", "share:work/a.txt", "share:work/c.txt")).toMatchObject(ok);
    expect(await rclone("moveto", "share:work/deep", "share:work/deeper")).toMatchObject(ok);
    expect(await rclone("copyto", "share:work/c.txt", "share:work/d.txt")).toMatchObject(ok);
    expect(await rclone("mkdir", "share:work/empty")).toMatchObject(ok);
    expect(lines(await rclone("lsf", "-R", "share:work")).sort()).toEqual([
      "c.txt",
      "d.txt",
      "deeper/",
      "deeper/b.txt",
      "empty/",
    ]);
    expect(await rclone("rmdir", "share:work/empty")).toMatchObject(ok);
    expect(await rclone("purge", "share:work")).toMatchObject(ok);
    expect(lines(await rclone("lsf", "share:")).includes("work/")).toBe(false);
  });

  it("is told how much room there is", async () => {
    const { code, stdout, stderr } = await rclone("about", "--json", "share:");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).free).toBeGreaterThan(0);
  });

  it("is refused what the share does not permit, in words", async () => {
    const readOnly = await world.share("/remote", { strict: true, permissions: ["read"] });
    await using local = await temporaryFolder();
    await plant(local.path, { "new.txt": "new" });
    await plant(share.disk, { "kept.txt": "kept" });
    const env = {
      RCLONE_WEBDAV_URL: readOnly.url,
      RCLONE_WEBDAV_BEARER_TOKEN: readOnly.token,
      RCLONE_CONFIG: "/dev/null",
    };
    const up = await run("rclone", ["copy", ...ONCE, local.path, ":webdav:"], { env });
    expect(up.code).not.toBe(0);
    expect(up.stderr).toContain("403");
    const away = await run("rclone", ["deletefile", ...ONCE, ":webdav:kept.txt"], { env });
    expect(away.code).not.toBe(0);
    expect(await treeOf(share.disk)).toMatchObject({ "kept.txt": expect.any(String) });
  });
});
