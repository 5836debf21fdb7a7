import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyFor } from "../webdav/dav-request.test-helper.ts";
import { plant } from "../webdav/files.test-helper.ts";
import { rawConnection } from "../webdav/socket.test-helper.ts";
import { type DavWorld, davWorld, folderOf } from "../webdav/world.test-helper.ts";

const ALL = '<propfind xmlns="DAV:"><allprop/></propfind>';

describe("A request whose body comes after its share has ended", () => {
  let world: DavWorld;

  beforeAll(async () => {
    world = await davWorld();
  });
  afterAll(() => world.close());

  it.each(["PROPFIND", "PROPPATCH", "LOCK", "MKCOL", "PUT"])("is refused: %s", async (method) => {
    const share = await world.share(await folderOf(world, method), { strict: true });
    await plant(share.disk, { "file.txt": "content" });
    const path = { PROPFIND: "/", MKCOL: "/new", PUT: "/new" }[method] ?? "/file.txt";
    const body = method === "MKCOL" ? "" : (bodyFor(method).body ?? ALL);
    await using connection = await rawConnection(world.server.origin);
    connection.head(`${method} ${share.path}${path}`, { Authorization: share.bearer, "Transfer-Encoding": "chunked" });
    if (body !== "") connection.socket.write(`1\r\n${body.slice(0, 1)}\r\n`);
    await delay(700);
    await share.revoke();
    if (body !== "") connection.socket.write(`${(body.length - 1).toString(16)}\r\n${body.slice(1)}\r\n`);
    connection.socket.write("0\r\n\r\n");
    expect(await connection.status()).toBe(401);
    expect(await readdir(share.disk)).toEqual(["file.txt"]);
  });
});
