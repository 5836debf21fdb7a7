import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dav, LOCK_BODY } from "../webdav/dav-request.test-helper.ts";
import { plant } from "../webdav/files.test-helper.ts";
import { rawConnection } from "../webdav/socket.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "../webdav/world.test-helper.ts";

const MIB = 1024 * 1024;
const SHARED = LOCK_BODY.replace("exclusive", "shared");
/** Milliseconds without a turn for anybody else: far less than each of these took, far more than a busy machine needs. */
const LONGEST_STOP = 2000;

describe("A recipient who may write", () => {
  let world: DavWorld;

  beforeAll(async () => {
    world = await davWorld();
  });
  afterAll(() => world.close(), 60_000);

  const shared = async (name: string) => world.share(await folderOf(world, name), { strict: true });
  const files = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`file ${n}`, ""]));

  /** Sends a request and reads the answer without looking at it. */
  async function measured(
    share: DavShare,
    method: string,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; bytes: number; longest: number }> {
    await using connection = await rawConnection(world.server.origin);
    const stops = monitorEventLoopDelay({ resolution: 1 });
    stops.enable();
    connection.head(`${method} ${share.path}${path}`, { Authorization: share.bearer, Connection: "close", ...headers });
    const status = await connection.status();
    connection.socket.on("data", () => undefined);
    await connection.closed();
    await delay(20);
    stops.disable();
    return { status, bytes: connection.socket.bytesRead, longest: stops.max / 1e6 };
  }

  it("does not stop the event loop with many shared locks above a listing, nor make that endless", async () => {
    const share = await shared("locked");
    await plant(share.disk, files(300));
    const body = SHARED.replace("somebody", "x".repeat(4000));
    let [taken, status] = [0, 200];
    while (status === 200 && taken < 1000) {
      ({ status } = await dav(share, "LOCK", "/", { body }));
      taken += 1;
    }
    expect(status).toBe(507);
    const listing = await measured(share, "PROPFIND", "/", { Depth: "1" });
    expect(listing.status).toBe(207);
    expect(listing.bytes).toBeLessThan(100 * MIB);
    expect(listing.longest).toBeLessThan(LONGEST_STOP);
    // Others have room for theirs.
    const other = await shared("other");
    expect((await dav(other, "LOCK", "/", { body })).status).toBe(200);
  }, 120_000);

  it("has no copy go on after hanging up", async () => {
    const share = await shared("copied");
    await plant(share.disk, Object.fromEntries(Object.keys(files(3000)).map((name) => [`source/${name}`, "x"])));
    const copied = () =>
      readdir(join(share.disk, "target")).then(
        ({ length }) => length,
        () => 0,
      );
    await using connection = await rawConnection(world.server.origin);
    const fields = { Authorization: share.bearer, Destination: `${share.path}/target` };
    connection.head(`COPY ${share.path}/source`, fields);
    await expect.poll(copied, { interval: 5 }).toBeGreaterThan(0);
    connection.socket.destroy();
    await delay(300);
    const before = await copied();
    expect(before).toBeLessThan(3000);
    await delay(300);
    expect(await copied()).toBe(before);
  }, 60_000);

  it("has no more than four copies under way, however many it asks for", async () => {
    const share = await shared("copies");
    await plant(share.disk, Object.fromEntries(Object.keys(files(1000)).map((name) => [`source/${name}`, "x"])));
    const connections = await Promise.all(Array.from({ length: 12 }, () => rawConnection(world.server.origin)));
    for (const [index, { head }] of connections.entries()) {
      head(`COPY ${share.path}/source`, {
        Authorization: share.bearer,
        Destination: `${share.path}/target ${index}`.replace(" ", "%20"),
      });
    }
    const begun = async () => (await readdir(share.disk)).length - 1;
    await expect.poll(begun, { interval: 5 }).toBe(4);
    await delay(100);
    expect(await begun()).toBe(4);
    for (const { socket } of connections) socket.destroy();
  }, 60_000);
});
