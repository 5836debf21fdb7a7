import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HostFileError } from "../../plugin/index.ts";
import { dav, statusOf } from "./dav-request.test-helper.ts";
import { MIB, patterned, plant } from "./files.test-helper.ts";
import { rawConnection } from "./socket.test-helper.ts";
import { type DavShare, type DavWorld, davDatabase, davWorld, folderOf } from "./world.test-helper.ts";

const OLD = "the old content";

describe("An upload", () => {
  let world: DavWorld;
  let share: DavShare;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "uploads"));
  });
  afterAll(() => world.close());

  /** What lies in the folder, hidden files of uploads too, once there is nothing more than `names`. */
  async function settled(...names: string[]): Promise<void> {
    await expect.poll(() => readdir(share.disk), { timeout: 5000 }).toEqual(names);
  }

  describe.each([
    ["over a file", "old.txt"],
    ["of a new file", "new.txt"],
  ])("%s", (_what, name) => {
    /** Sends what `send` sends, goes away, and looks at what is left. */
    async function cutOff(fields: Record<string, string>, chunks: (string | Uint8Array)[], pause = 50): Promise<void> {
      await plant(share.disk, { "old.txt": OLD });
      const connection = await rawConnection(world.server.origin);
      connection.head(`PUT ${share.path}/${name}`, { Authorization: share.bearer, ...fields });
      for (const chunk of chunks) {
        connection.socket.write(chunk);
        await delay(pause);
      }
      connection.socket.destroy();
      await delay(100);
      await settled("old.txt");
      expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe(OLD);
      expect(await statusOf(share, "GET", `/${name}`)).toBe(name === "old.txt" ? 200 : 404);
    }

    it("that is cut off before its body leaves all as it was", () => cutOff({ "Content-Length": "1000" }, [""]));

    it("that is cut off in the middle leaves all as it was", () =>
      cutOff({ "Content-Length": String(MIB) }, [patterned(MIB / 4), patterned(MIB / 4)]));

    it("that is cut off before its last byte leaves all as it was", () =>
      cutOff({ "Content-Length": "1000" }, [patterned(999)]));

    it("in chunks that is cut off between two of them leaves all as it was", () =>
      cutOff({ "Transfer-Encoding": "chunked" }, ["5\r\nhello\r\n", "5\r\nworld\r\n"]));

    it("in chunks that is cut off within one leaves all as it was", () =>
      cutOff({ "Transfer-Encoding": "chunked" }, ["ff\r\nhello"]));

    it("in chunks that never says that it has ended leaves all as it was", () =>
      cutOff(
        { "Transfer-Encoding": "chunked" },
        Array.from({ length: 20 }, () => `400\r\n${"x".repeat(1024)}\r\n`),
        10,
      ));

    it("in chunks of a nonsensical length is answered with 400 and leaves all as it was", async () => {
      await plant(share.disk, { "old.txt": OLD });
      await using connection = await rawConnection(world.server.origin);
      connection.head(`PUT ${share.path}/${name}`, { Authorization: share.bearer, "Transfer-Encoding": "chunked" });
      connection.socket.write("zz\r\nhello\r\n0\r\n\r\n");
      expect(await connection.status()).toBe(400);
      await settled("old.txt");
      expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe(OLD);
    });

    it("that finds no more room half-way is answered with 507 and leaves all as it was", async () => {
      await plant(share.disk, { "old.txt": OLD });
      const { files } = world.server;
      const write = files.write;
      files.write = (user, path, content, options) =>
        write.call(files, user, path, Readable.from(fullAfter(MIB, content)), options);
      try {
        const answer = await dav(share, "PUT", `/${name}`, { body: patterned(4 * MIB) });
        expect(answer.status, answer.text).toBe(507);
      } finally {
        files.write = write;
      }
      await settled("old.txt");
      expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe(OLD);
    });
  });

  it("of a part is refused: Content-Range could be taken for the whole", async () => {
    await plant(share.disk, { "old.txt": OLD });
    const headers = { "content-range": "bytes 0-1/15" };
    expect(await statusOf(share, "PUT", "/old.txt", { body: "XX", headers })).toBe(400);
    expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe(OLD);
  });

  it("whose checksum is another one is refused and leaves all as it was", async () => {
    await plant(share.disk, { "old.txt": OLD });
    for (const sum of [`SHA1:${"0".repeat(40)}`, `MD5:${"0".repeat(32)}`, "ADLER32:00000000"]) {
      const { status, text } = await dav(share, "PUT", "/old.txt", { body: "new", headers: { "oc-checksum": sum } });
      expect(status, `${sum}: ${text}`).toBe(400);
    }
    await settled("old.txt");
    expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe(OLD);
  });

  it("to a folder, below a file or below nothing is refused", async () => {
    await plant(share.disk, { "old.txt": OLD });
    expect(await statusOf(share, "PUT", "/", { body: "x" })).toBe(405);
    expect(await statusOf(share, "PUT", "/old.txt/below", { body: "x" })).toBe(409);
    expect(await statusOf(share, "PUT", "/nowhere/below", { body: "x" })).toBe(409);
    await settled("old.txt");
  });

  it("that changes while another one ends does not overwrite it", async () => {
    await plant(share.disk, { "old.txt": OLD });
    const etag = String((await dav(share, "HEAD", "/old.txt")).headers.etag);
    await using slow = await rawConnection(world.server.origin);
    const fields = { Authorization: share.bearer, "Content-Length": "10", "If-Match": etag };
    slow.head(`PUT ${share.path}/old.txt`, fields);
    slow.socket.write("01234");
    await delay(50);
    expect(await statusOf(share, "PUT", "/old.txt", { body: "the quick one", headers: { "if-match": etag } })).toBe(
      204,
    );
    slow.socket.write("56789");
    expect(await slow.status()).toBe(412);
    expect(await readFile(join(share.disk, "old.txt"), "utf8")).toBe("the quick one");
    await settled("old.txt");
  });
});

/** Passes so many bytes on, and then says that there is no more room. */
async function* fullAfter(bytes: number, source: Readable): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of source) {
    passed += chunk.length;
    if (passed > bytes) throw new HostFileError("no-space", "There is no more room.");
    yield chunk;
  }
}

const cannotMount = (() => {
  const made = process.platform === "linux" && process.getuid?.() === 0;
  const mounts =
    made && spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmpdir()]).status === 0;
  return mounts ? false : "a small file system cannot be mounted here";
})();

describe("A disk that is really full", () => {
  it("is answered with 507, and the old content stays", async ({ skip }) => {
    if (cannotMount !== false) skip(cannotMount);
    const folder = await mkdtemp(join(tmpdir(), "koa-ocm-full-"));
    expect(spawnSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]).status).toBe(0);
    try {
      const world = await davWorld(davDatabase(), folder);
      const share = await world.share(await folderOf(world, "full"));
      await plant(share.disk, { "old.bin": patterned(MIB) });
      for (const path of ["/old.bin", "/new.bin"]) {
        const answer = await dav(share, "PUT", path, { body: patterned(8 * MIB) });
        expect(answer.status, answer.text).toBe(507);
      }
      expect(await readdir(share.disk)).toEqual(["old.bin"]);
      expect(patterned(MIB).equals(await readFile(join(share.disk, "old.bin")))).toBe(true);
      const headers = { destination: `${share.url}/copy.bin` };
      await plant(share.disk, { "other.bin": patterned(2.5 * MIB) });
      expect(await statusOf(share, "COPY", "/old.bin", { headers })).toBe(507);
      expect(await readdir(share.disk)).not.toContain("copy.bin");
      expect(await statusOf(share, "PUT", "/small.txt", { body: "fits" })).toBe(201);
      await world.close();
    } finally {
      spawnSync("umount", [folder]);
      await rm(folder, { recursive: true });
    }
  });
});
