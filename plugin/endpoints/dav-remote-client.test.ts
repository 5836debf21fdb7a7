import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuthType, createClient, type FileStat } from "webdav";
import type { ShareServer } from "../access/share-server.test-helper.ts";
import { type World, worldWithAlice } from "./dav-remote.test-helper.ts";

let world: World;
let alice: ShareServer;

beforeEach(async () => {
  ({ world, alice } = await worldWithAlice());
});
afterEach(() => world.close());

describe("an independent client", () => {
  it("lists, reads, writes, moves, copies and removes, in shares of several owners", async () => {
    const carol = await world.owner();
    await writeFile(join(carol.home, "docs", "c.txt"), "of carol");
    world.share(alice);
    world.share(carol, { owner: "carol@c.example" });
    const authorization = await world.password();
    const client = createClient(world.url, { authType: AuthType.None, headers: { authorization } });
    const names = async (path: string) =>
      ((await client.getDirectoryContents(path)) as FileStat[]).map(({ basename }) => basename).toSorted();
    expect(await names("/")).toEqual(["Documents", "Documents (carol@c.example)"]);
    expect(await names("/Documents")).toEqual(["a.txt", "sub"]);
    expect(await client.getFileContents("/Documents (carol@c.example)/c.txt", { format: "text" })).toBe("of carol");
    await client.createDirectory("/Documents/Zoë & co");
    await client.putFileContents("/Documents/Zoë & co/100 %.txt", "content");
    await client.copyFile("/Documents/Zoë & co/100 %.txt", "/Documents/copy.txt");
    await client.moveFile("/Documents/copy.txt", "/Documents/sub/moved.txt");
    expect(await client.getFileContents("/Documents/sub/moved.txt", { format: "text" })).toBe("content");
    expect(await client.exists("/Documents/copy.txt")).toBe(false);
    expect(await client.stat("/Documents/sub/moved.txt")).toMatchObject({ type: "file", size: 7 });
    const lock = await client.lock("/Documents/sub/moved.txt");
    // The package leaves the angle brackets of RFC 4918 section 10.5 to its caller.
    await client.unlock("/Documents/sub/moved.txt", `<${lock.token}>`);
    await client.deleteFile("/Documents/Zoë & co");
    expect(await names("/Documents")).toEqual(["a.txt", "sub"]);
    await expect(client.moveFile("/Documents/a.txt", "/Documents (carol@c.example)/a.txt")).rejects.toMatchObject({
      status: 403,
    });
  });
});
