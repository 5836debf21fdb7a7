import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AuthType, createClient, type FileStat, type WebDAVClient } from "webdav";
import { MIB, ODD_NAMES, patterned, plant, treeOf } from "./files.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

describe("The npm package webdav", () => {
  let world: DavWorld;
  let share: DavShare;
  let client: WebDAVClient;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "client"), { strict: true });
    client = createClient(share.url, {
      authType: AuthType.Token,
      token: { access_token: share.token, token_type: "Bearer" },
    });
  });
  afterAll(() => world.close());

  it("lists a folder with odd names, and looks at each", async () => {
    const names = ODD_NAMES.filter((name) => !name.includes("/"));
    await plant(share.disk, Object.fromEntries(names.map((name) => [`odd/${name}`, name])));
    const listed = (await client.getDirectoryContents("/odd")) as FileStat[];
    expect(listed.map(({ basename }) => basename).sort()).toEqual([...names].sort());
    for (const name of names) {
      expect(await client.stat(`/odd/${name}`)).toMatchObject({
        basename: name,
        type: "file",
        size: Buffer.byteLength(name),
        etag: expect.any(String),
      });
    }
  });

  it("looks at the share itself, at folders and at what is not there", async () => {
    await plant(share.disk, { "inside/file.txt": "text" });
    expect(await client.stat("/")).toMatchObject({ type: "directory" });
    expect(await client.stat("/inside")).toMatchObject({ type: "directory", basename: "inside" });
    expect(await client.exists("/inside/file.txt")).toBe(true);
    expect(await client.exists("/inside/nothing.txt")).toBe(false);
  });

  it("reads and writes streams", async () => {
    const bytes = patterned(3 * MIB);
    expect(await client.putFileContents("/stream.bin", bytes)).toBe(true);
    expect(bytes.equals(await readFile(join(share.disk, "stream.bin")))).toBe(true);
    const chunks: Buffer[] = [];
    const reading = client.createReadStream("/stream.bin", { range: { start: 1000, end: 2_000_999 } }) as Readable;
    for await (const chunk of reading) {
      chunks.push(chunk);
    }
    expect(bytes.subarray(1000, 2_001_000).equals(Buffer.concat(chunks))).toBe(true);
    const writing = client.createWriteStream("/written.bin") as Writable;
    writing.end(bytes);
    await once(writing, "finish");
    await expect
      .poll(() => treeOf(share.disk))
      .toMatchObject({ "written.bin": (await treeOf(share.disk))["stream.bin"] });
  });

  it("does not overwrite where it is told not to", async () => {
    expect(await client.putFileContents("/once.txt", "first", { overwrite: false })).toBe(true);
    expect(await client.putFileContents("/once.txt", "second", { overwrite: false })).toBe(false);
    expect(await client.getFileContents("/once.txt", { format: "text" })).toBe("first");
  });

  it("makes, copies, moves and removes", async () => {
    await client.createDirectory("/a/b", { recursive: true });
    await client.putFileContents("/a/b/c 100%.txt", "c");
    await client.copyFile("/a", "/copy");
    expect(await client.getFileContents("/copy/b/c 100%.txt", { format: "text" })).toBe("c");
    await client.moveFile("/copy/b/c 100%.txt", "/copy/d #1.txt");
    expect(await client.getFileContents("/copy/d #1.txt", { format: "text" })).toBe("c");
    await client.moveFile("/a", "/moved");
    expect(await client.exists("/a")).toBe(false);
    await client.deleteFile("/moved");
    await client.deleteFile("/copy");
    expect(await client.exists("/moved")).toBe(false);
  });

  it("locks a file, so that nobody writes who has not the token", async () => {
    await plant(share.disk, { "locked.txt": "before" });
    const { token } = await client.lock("/locked.txt");
    const put = (headers: Record<string, string>) => client.putFileContents("/locked.txt", "after", { headers });
    await expect(put({})).rejects.toMatchObject({ status: 423 });
    expect(await readFile(join(share.disk, "locked.txt"), "utf8")).toBe("before");
    expect(await put({ If: `(<${token.replace(/^<|>$/g, "")}>)` })).toBe(true);
    // The package sends the token as it is, without the angle brackets of RFC 4918 section 10.5.
    await client.unlock("/locked.txt", token);
    expect(await put({})).toBe(true);
  });

  it("is told how much room there is where it asks for that by name", async () => {
    const data = '<d:propfind xmlns:d="DAV:"><d:prop><d:quota-available-bytes/></d:prop></d:propfind>';
    const answer = await client.customRequest("/", { method: "PROPFIND", headers: { Depth: "0" }, data });
    expect(Number(/quota-available-bytes>(\d+)</.exec(await answer.text())?.[1])).toBeGreaterThan(0);
    // It is not part of allprop (RFC 4331 section 3), which is all that getQuota asks for.
    expect(await client.getQuota()).toBeNull();
  });

  it("sees by one look at the share that something deep in it has changed", async () => {
    await client.createDirectory("/deep/er/still", { recursive: true });
    const look = async () => {
      const answer = await client.customRequest("/", { method: "PROPFIND", headers: { Depth: "0" } });
      return /getetag>([^<]*)/.exec(await answer.text())?.[1];
    };
    const first = await look();
    expect(first).toBeDefined();
    expect(await look()).toBe(first);
    await client.putFileContents("/deep/er/still/file.txt", "one");
    const second = await look();
    expect(second).not.toBe(first);
    await client.putFileContents("/deep/er/still/file.txt", "two");
    const third = await look();
    expect(third).not.toBe(second);
    await client.deleteFile("/deep/er/still/file.txt");
    expect(await look()).not.toBe(third);
  });

  it("learns what is supported", async () => {
    const { compliance } = await client.getDAVCompliance("/");
    expect(compliance).toEqual(expect.arrayContaining(["1", "2"]));
  });
});
