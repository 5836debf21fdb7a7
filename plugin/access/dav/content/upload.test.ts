import { readdir, readFile, writeFile } from "node:fs/promises";
import { Agent, request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HostFileError } from "../../../ports/host.ts";
import { outgoingShare, raw, type ShareServer, startShareServer, testSystem } from "../../share-server.test-helper.ts";
import { serveShare } from "../serve-share.ts";

const DAV = "/ocm/dav/share-1";

describe("PUT", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
    await writeFile(`${server.home}/docs/old.txt`, "old");
  });
  afterEach(() => server.close());

  const put = (path: string, body: string | Readable, headers: Record<string, string> = {}) =>
    raw(server, "PUT", DAV + path, { body, headers });
  const stored = (name: string) => readFile(`${server.home}/docs/${name}`, "utf8");
  const etagOf = async (path: string) => String((await raw(server, "HEAD", DAV + path)).headers.etag);

  it("creates with 201 and replaces with 204, and tells the new entity tag", async () => {
    const created = await put("/new%20%F0%9F%A6%8A.txt", "new");
    expect(created.status).toBe(201);
    expect(created.headers.etag).toBe(await etagOf("/new%20%F0%9F%A6%8A.txt"));
    expect(await stored("new 🦊.txt")).toBe("new");
    expect((await put("/old.txt", "newer", { "lock-token": "<>" })).status).toBe(204);
    expect(await stored("old.txt")).toBe("newer");
    expect((await put("/empty", "")).status).toBe(201);
  });

  it("keeps NFC and NFD names apart", async () => {
    await put("/%C3%A9", "composed");
    await put("/e%CC%81", "decomposed");
    expect([await stored("\u00e9"), await stored("e\u0301")]).toEqual(["composed", "decomposed"]);
  });

  it("leaves the old file when it is cut off", async () => {
    const { hostname, port } = new URL(server.origin);
    const headers = { authorization: "Bearer s3cret", "content-length": "1000000" };
    const request = httpRequest({ hostname, port, method: "PUT", path: `${DAV}/old.txt`, headers });
    request.on("error", () => {});
    request.write("x".repeat(100_000));
    await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
    request.destroy();
    await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(1);
    expect(await stored("old.txt")).toBe("old");
  });

  it("honours If-Match and If-None-Match before it reads anything", async () => {
    const etag = await etagOf("/old.txt");
    expect((await put("/old.txt", "x", { "if-none-match": "*" })).status).toBe(412);
    expect((await put("/old.txt", "x", { "if-match": '"other"' })).status).toBe(412);
    expect((await put("/none.txt", "x", { "if-match": "*" })).status).toBe(412);
    expect((await put("/old.txt", "x", { if: '(<urn:uuid:1> ["a"])' })).status).toBe(412);
    expect(await stored("old.txt")).toBe("old");
    expect((await put("/old.txt", "x", { "if-match": etag })).status).toBe(204);
    expect((await put("/none.txt", "x", { "if-none-match": "*" })).status).toBe(201);
  });

  it("lets one of two writers with the same If-Match win", async () => {
    const etag = await etagOf("/old.txt");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = Readable.from(
      (async function* () {
        yield "slow ";
        await held;
        yield "writer";
      })(),
    );
    const first = put("/old.txt", slow, { "if-match": etag });
    await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
    expect((await put("/old.txt", "fast writer", { "if-match": etag })).status).toBe(204);
    release();
    expect((await first).status).toBe(412);
    expect(await stored("old.txt")).toBe("fast writer");
    expect(await readdir(`${server.home}/docs`)).toEqual(["old.txt"]);
  });

  it("does not put an upload in place whose share has ended meanwhile", async () => {
    const body = Readable.from(
      (async function* () {
        yield "late";
        await expect.poll(async () => (await readdir(`${server.home}/docs`)).length).toBe(2);
        server.shares.set("share-1", outgoingShare({ status: "revoked" }));
        yield "r";
      })(),
    );
    expect((await put("/old.txt", body)).status).toBe(401);
    expect(await stored("old.txt")).toBe("old");
  });

  it("refuses parts, folders, missing parents and slashes at the end", async () => {
    expect((await put("/old.txt", "x", { "content-range": "bytes 0-0/3" })).status).toBe(400);
    expect((await put("", "x")).status).toBe(405);
    expect((await put("/folder/", "x")).status).toBe(405);
    expect((await put("/no/such.txt", "x")).status).toBe(409);
    expect((await put("/old.txt/x", "x")).status).toBe(409);
  });

  it("answers 507 when the owner has no space, with the old file intact and the connection in order", async () => {
    server.files.write = async (_user, _path, content) => {
      for await (const _ of content) throw new HostFileError("no-space", "quota");
      throw new Error("no content");
    };
    const big = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(65_536)));
    const reply = await put("/old.txt", big);
    expect(reply.status).toBe(507);
    expect(reply.text).toContain("<s:exception>no-space</s:exception>");
    expect(await stored("old.txt")).toBe("old");
  });

  it("leaves the connection fit for the next request after a refusal half-way", async () => {
    server.files.write = async (_user, _path, content) => {
      for await (const _ of content) throw new HostFileError("no-space", "quota");
      throw new Error("no content");
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statusOf = (method: string, body?: Buffer) =>
      new Promise<number | undefined>((resolve, reject) => {
        const headers = { authorization: "Bearer s3cret" };
        const path = `${server.origin}${DAV}/old.txt`;
        const request = httpRequest(path, { method, headers, agent }, (response) => {
          response.resume();
          response.on("end", () => resolve(response.statusCode));
        });
        request.on("error", reject);
        request.end(body);
      });
    expect(await statusOf("PUT", Buffer.alloc(20_000_000))).toBe(507);
    expect(await statusOf("GET")).toBe(200);
    agent.destroy();
  });

  it("ends when the request is gone without a word", async () => {
    const body = new Readable({ read() {} });
    body.push("half");
    const reply = serveShare(
      { method: "PUT", path: "/old.txt", headers: {}, body },
      {
        files: server.files,
        share: outgoingShare(),
        base: DAV,
        origin: server.origin,
        system: testSystem,
        tree: "files:alice",
        store: server.store,
        principal: "share-1",
        stillValid: async () => true,
        guard: (stream) => stream,
      },
    );
    setTimeout(() => body.destroy(), 50);
    expect((await reply).status).toBe(400);
    expect(await stored("old.txt")).toBe("old");
  });

  it("is refused with 403 in a share without write, as every other change is", async () => {
    server.shares.set("share-1", outgoingShare({ permissions: ["read", "share"] }));
    const headers = { destination: `${DAV}/x` };
    for (const [method, path] of [
      ["PUT", "/old.txt"],
      ["PUT", "/new.txt"],
      ["MKCOL", "/sub"],
      ["DELETE", "/old.txt"],
      ["MOVE", "/old.txt"],
    ] as const) {
      expect((await raw(server, method, DAV + path, { headers })).status).toBe(403);
    }
    expect(await readdir(`${server.home}/docs`)).toEqual(["old.txt"]);
    expect((await raw(server, "OPTIONS", DAV)).headers.allow).toBe("OPTIONS, PROPFIND, GET, HEAD");
  });

  it("takes new files and folders and nothing else in a share with write alone (G-40)", async () => {
    server.shares.set("share-1", outgoingShare({ permissions: ["write"] }));
    expect((await put("/new.txt", "new")).status).toBe(201);
    expect((await put("/new.txt", "again")).status).toBe(403);
    expect((await raw(server, "MKCOL", `${DAV}/sub`)).status).toBe(201);
    expect((await put("/sub/x", "x")).status).toBe(201);
    for (const method of ["GET", "HEAD", "PROPFIND", "DELETE", "MOVE"]) {
      const headers = { destination: `${DAV}/moved.txt` };
      expect((await raw(server, method, `${DAV}/new.txt`, { headers })).status).toBe(403);
    }
    expect(await stored("new.txt")).toBe("new");
  });

  it("takes 256 MiB as a stream at bounded memory", async () => {
    const chunk = Buffer.alloc(1_048_576, "x");
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const body = Readable.from(
      (function* () {
        for (let index = 0; index < 256; index += 1) {
          peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
          yield chunk;
        }
      })(),
    );
    expect((await put("/big", body)).status).toBe(201);
    expect((await raw(server, "HEAD", `${DAV}/big`)).headers["content-length"]).toBe(String(256 * 1_048_576));
    expect(peak).toBeLessThan(128 * 1_048_576);
  }, 60_000);
});
