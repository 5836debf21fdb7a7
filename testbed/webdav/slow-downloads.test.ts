import { open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MIB, plant } from "./files.test-helper.ts";
import { type RawConnection, rawConnection } from "./socket.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const DOWNLOADS = 1000;
const FILES = ["a.bin", "b.bin", "c.bin"];

describe.skipIf(process.platform !== "linux")("A thousand slow downloads of three files", () => {
  let world: DavWorld;
  let share: DavShare;

  beforeAll(async () => {
    world = await davWorld();
    share = await world.share(await folderOf(world, "slow"), { strict: true });
    for (const name of FILES) {
      await plant(share.disk, { [name]: "" });
      await using handle = await open(join(share.disk, name), "r+");
      await handle.truncate(64 * MIB);
    }
  });
  afterAll(() => world.close(), 60_000);

  /** Descriptors of this process that are files of the share. */
  async function openFiles(): Promise<number> {
    const links = (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ""));
    return (await Promise.all(links)).filter((target) => target.startsWith(world.home)).length;
  }

  it("share a few descriptors, and let go of them when they end", async () => {
    const connections: RawConnection[] = [];
    for (let count = 0; count < DOWNLOADS; count += 50) {
      const some = Array.from({ length: 50 }, async (_, index) => {
        const connection = await rawConnection(world.server.origin);
        connection.head(`GET ${share.path}/${FILES[(count + index) % FILES.length]}`, { Authorization: share.bearer });
        expect(await connection.status()).toBe(200);
        return connection;
      });
      connections.push(...(await Promise.all(some)));
    }
    expect(connections).toHaveLength(DOWNLOADS);
    expect(await openFiles()).toBeLessThanOrEqual(2 * FILES.length);
    expect(await openFiles()).toBeGreaterThan(0);
    // All are still served: each gets more when it reads on.
    const read = connections.map(({ socket }) => socket.bytesRead);
    for (const [index, { socket }] of connections.entries()) {
      socket.on("data", () => (socket.bytesRead > (read[index] ?? 0) ? socket.pause() : undefined)).resume();
    }
    await expect
      .poll(() => connections.filter(({ socket }, index) => socket.bytesRead > (read[index] ?? 0)).length, {
        timeout: 15_000,
      })
      .toBe(DOWNLOADS);
    await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
    await expect.poll(openFiles, { timeout: 10_000 }).toBe(0);
  }, 120_000);
});
