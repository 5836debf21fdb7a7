import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bodyFor, dav, LOCK_BODY, lock, statusOf } from "./dav-request.test-helper.ts";
import { MIB, plant } from "./files.test-helper.ts";
import { rawConnection } from "./socket.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

let world: DavWorld;

beforeAll(async () => {
  world = await davWorld();
});
afterAll(() => world.close());

const METHODS = [
  "OPTIONS",
  "GET",
  "HEAD",
  "PROPFIND",
  "PUT",
  "MKCOL",
  "DELETE",
  "MOVE",
  "COPY",
  "PROPPATCH",
  "LOCK",
  "UNLOCK",
];

describe("A strict share", () => {
  let share: DavShare;

  beforeAll(async () => {
    share = await world.share(await folderOf(world, "strict"), { strict: true });
    await plant(share.disk, { "file.txt": "content" });
  });

  it("opens to its token alone, and never to its secret", async () => {
    expect(await statusOf(share, "GET", "/file.txt")).toBe(200);
    for (const as of [share.basic, `Bearer ${share.secret}`, `Basic ${Buffer.from(share.secret).toString("base64")}`]) {
      for (const method of METHODS) expect(await statusOf(share, method, "/file.txt", { as }), method).toBe(401);
    }
  });

  it("does not open at the prefix, where shares of the older form are", async () => {
    for (const as of [share.basic, `Bearer ${share.secret}`, share.bearer]) {
      expect(await statusOf({ ...share, path: "/ocm/dav" }, "PROPFIND", "/", { as })).toBe(401);
      expect(await statusOf({ ...share, path: "/ocm/dav" }, "GET", "/file.txt", { as })).toBe(401);
    }
  });

  it("takes no token from elsewhere in the request", async () => {
    const places = [`?access_token=${share.token}`, `?token=${share.token}`];
    for (const place of places) expect(await statusOf(share, "GET", `/file.txt${place}`, { as: null })).toBe(401);
    const cookie = { headers: { cookie: `token=${share.token}` }, as: null };
    expect(await statusOf(share, "GET", "/file.txt", cookie)).toBe(401);
  });

  it("does not open to the token of another share", async () => {
    const other = await world.share(await folderOf(world, "another"), { strict: true });
    expect(await statusOf(share, "GET", "/file.txt", { as: other.bearer })).toBe(401);
    expect(await statusOf(other, "GET", "/", { as: share.bearer })).toBe(401);
  });

  it("never offers Basic, whatever is asked and whatever came with it", async () => {
    const older = await world.share(await folderOf(world, "older"));
    const wrong = [null, "Basic eDp5", "Bearer wrong", "Bearer", "Digest x", "Basic !!!", "Negotiate x", share.basic];
    for (const of of [share, older, { ...share, path: "/ocm/dav/unknown" }, { ...share, path: "/ocm/dav" }]) {
      for (const as of wrong) {
        for (const method of METHODS) {
          const { status, headers } = await dav(of, method, "/file.txt", { as });
          expect(status).toBe(401);
          expect(headers["www-authenticate"], `${method} ${of.path} as ${as}`).toMatch(/^Bearer /);
          expect(headers["www-authenticate"]).not.toMatch(/basic/i);
        }
      }
    }
  });
});

describe("Permissions", () => {
  it("to read let nothing be changed", async () => {
    const path = await folderOf(world, "read-only");
    const share = await world.share(path, { strict: true, permissions: ["read"] });
    await plant(share.disk, { "file.txt": "content", "sub/file.txt": "content" });
    const headers = { destination: `${share.url}/elsewhere`, "lock-token": "<urn:uuid:0>" };
    for (const method of ["PUT", "MKCOL", "DELETE", "MOVE", "COPY", "PROPPATCH", "LOCK", "UNLOCK"]) {
      for (const target of ["/file.txt", "/new", "/sub", "/"]) {
        const status = await statusOf(share, method, target, { headers, ...bodyFor(method) });
        expect(status, `${method} ${target}`).toBe(403);
      }
    }
    const { headers: fields } = await dav(share, "OPTIONS", "/");
    expect(String(fields.allow).split(/, */).sort()).toEqual(["GET", "HEAD", "OPTIONS", "PROPFIND"]);
    expect(await readFile(join(share.disk, "file.txt"), "utf8")).toBe("content");
  });

  it("to write alone let things be sent, and nothing be seen", async () => {
    const path = await folderOf(world, "drop");
    const share = await world.share(path, { strict: true, permissions: ["write"] });
    await plant(share.disk, { "there.txt": "not to be seen" });
    expect(await statusOf(share, "PUT", "/sent.txt", { body: "sent" })).toBe(201);
    expect(await statusOf(share, "PUT", "/there.txt", { body: "over" })).toBe(403);
    for (const method of ["GET", "HEAD", "PROPFIND", "DELETE"]) {
      expect(await statusOf(share, method, "/there.txt"), method).toBe(403);
    }
    for (const method of ["COPY", "MOVE"]) {
      expect(await statusOf(share, method, "/there.txt", { headers: { destination: `${share.url}/copy` } })).toBe(403);
    }
    expect(await readFile(join(share.disk, "there.txt"), "utf8")).toBe("not to be seen");
  });
});

describe("A lock of somebody else", () => {
  let [one, other]: DavShare[] = [];

  function both(): [DavShare, DavShare] {
    if (one === undefined || other === undefined) throw new Error("There are no two shares.");
    return [one, other];
  }

  beforeAll(async () => {
    const path = await folderOf(world, "locked");
    one = await world.share(path);
    other = await world.share(path, { strict: true });
    await plant(one.disk, { "file.txt": "content", "sub/inner.txt": "content" });
  });

  it("on a file keeps it from every other share of the same folder", async () => {
    const [mine, theirs] = both();
    const token = await lock(theirs, "/file.txt");
    const target = { headers: { destination: `${mine.url}/file.txt` } };
    await plant(mine.disk, { "mine.txt": "mine" });
    expect(await statusOf(mine, "PUT", "/file.txt", { body: "over" })).toBe(423);
    expect(await statusOf(mine, "DELETE", "/file.txt")).toBe(423);
    expect(await statusOf(mine, "COPY", "/mine.txt", target)).toBe(423);
    expect(await statusOf(mine, "MOVE", "/mine.txt", target)).toBe(423);
    expect(await statusOf(mine, "MOVE", "/file.txt", { headers: { destination: `${mine.url}/away.txt` } })).toBe(423);
    expect(await statusOf(mine, "LOCK", "/file.txt", { body: LOCK_BODY })).toBe(423);
    expect((await dav(mine, "GET", "/file.txt")).text).toBe("content");
    expect(await statusOf(theirs, "UNLOCK", "/file.txt", { headers: { "lock-token": `<${token}>` } })).toBe(204);
    expect(await statusOf(mine, "PUT", "/file.txt", { body: "content" })).toBe(204);
  });

  it("is of no use to those who know its token", async () => {
    const [mine, theirs] = both();
    const token = await lock(theirs, "/file.txt");
    const headers = { if: `(<${token}>)` };
    expect([403, 412, 423]).toContain(await statusOf(mine, "PUT", "/file.txt", { body: "over", headers }));
    expect([403, 412, 423]).toContain(await statusOf(mine, "DELETE", "/file.txt", { headers }));
    expect([403, 412, 423]).toContain(await statusOf(mine, "LOCK", "/file.txt", { headers }));
    expect([403, 409]).toContain(
      await statusOf(mine, "UNLOCK", "/file.txt", { headers: { "lock-token": `<${token}>` } }),
    );
    expect(await statusOf(theirs, "PUT", "/file.txt", { body: "content", headers })).toBe(204);
    expect(await statusOf(theirs, "UNLOCK", "/file.txt", { headers: { "lock-token": `<${token}>` } })).toBe(204);
  });

  it("within a folder keeps the folder from being removed or moved", async () => {
    const [mine, theirs] = both();
    const token = await lock(theirs, "/sub/inner.txt");
    const removed = await dav(mine, "DELETE", "/sub");
    expect(removed.status === 423 || (removed.status === 207 && removed.text.includes(" 423 ")), removed.text).toBe(
      true,
    );
    const moved = await dav(mine, "MOVE", "/sub", { headers: { destination: `${mine.url}/away` } });
    expect(moved.status === 423 || (moved.status === 207 && moved.text.includes(" 423 ")), moved.text).toBe(true);
    expect(await readFile(join(mine.disk, "sub/inner.txt"), "utf8")).toBe("content");
    await dav(theirs, "UNLOCK", "/sub/inner.txt", { headers: { "lock-token": `<${token}>` } });
  });

  it("on a folder, of any depth, keeps what is in it", async () => {
    const [mine, theirs] = both();
    const token = await lock(theirs, "/sub", { depth: "infinity" });
    expect(await statusOf(mine, "PUT", "/sub/inner.txt", { body: "over" })).toBe(423);
    expect(await statusOf(mine, "PUT", "/sub/new.txt", { body: "new" })).toBe(423);
    expect(await statusOf(mine, "MKCOL", "/sub/new")).toBe(423);
    expect(await statusOf(theirs, "UNLOCK", "/sub", { headers: { "lock-token": `<${token}>` } })).toBe(204);
  });

  it("ends when its time is over", async () => {
    const [mine, theirs] = both();
    await lock(theirs, "/file.txt", { timeout: "Second-1" });
    expect(await statusOf(mine, "PUT", "/file.txt", { body: "over" })).toBe(423);
    await delay(1100);
    expect(await statusOf(mine, "PUT", "/file.txt", { body: "content" })).toBe(204);
  });

  it("that nobody has taken is no lock", async () => {
    const [mine] = both();
    const unknown = "urn:uuid:00000000-0000-4000-8000-000000000000";
    const headers = { "lock-token": `<${unknown}>` };
    expect([403, 409]).toContain(await statusOf(mine, "UNLOCK", "/file.txt", { headers }));
    expect(await statusOf(mine, "UNLOCK", "/file.txt")).toBe(400);
    expect(await statusOf(mine, "LOCK", "/file.txt", { headers: { if: `(<${unknown}>)` } })).toBe(412);
  });
});

describe("A share that is taken back", () => {
  /** What a look each 750 ms needs, with what a busy machine adds. */
  const A_SECOND = 1500;

  it("cuts a running download within a second", async () => {
    const share = await world.share(await folderOf(world, "cut-download"), { strict: true });
    await sparse(join(share.disk, "large.bin"), 4096 * MIB);
    await using connection = await rawConnection(world.server.origin);
    connection.head(`GET ${share.path}/large.bin`, { Authorization: share.bearer });
    expect(await connection.status()).toBe(200);
    await delay(100);
    await share.revoke();
    const from = performance.now();
    // What is in the buffers of the connection still comes.
    await connection.closed();
    expect(performance.now() - from).toBeLessThan(A_SECOND);
    expect(connection.socket.bytesRead).toBeLessThan(4096 * MIB);
    expect(await statusOf(share, "GET", "/large.bin")).toBe(401);
  });

  it("cuts a running upload within a second", async () => {
    const share = await world.share(await folderOf(world, "cut-upload"), { strict: true });
    await using connection = await rawConnection(world.server.origin);
    connection.head(`PUT ${share.path}/endless.bin`, { Authorization: share.bearer, "Transfer-Encoding": "chunked" });
    const status = connection.status();
    connection.socket.write("5\r\nhello\r\n");
    await delay(100);
    await share.revoke();
    const from = performance.now();
    expect(await status).toBe(401);
    expect(performance.now() - from).toBeLessThan(A_SECOND);
  });

  it("is refused at once to whoever has its token, whatever the method", async () => {
    const share = await world.share(await folderOf(world, "ended"), { strict: true });
    await plant(share.disk, { "file.txt": "content" });
    expect(await statusOf(share, "GET", "/file.txt")).toBe(200);
    await share.revoke();
    for (const method of METHODS) {
      expect(await statusOf(share, method, "/file.txt", bodyFor(method)), method).toBe(401);
    }
    expect(await readFile(join(share.disk, "file.txt"), "utf8")).toBe("content");
  });
});

async function sparse(file: string, size: number): Promise<void> {
  await using handle = await open(file, "w");
  await handle.truncate(size);
}
