import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "webdav";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";

describe("the tree of a share", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
    await mkdir(`${server.home}/docs/folder/inner`, { recursive: true });
    await writeFile(`${server.home}/docs/folder/a.txt`, "a");
    await writeFile(`${server.home}/docs/b.txt`, "b");
    await writeFile(`${server.home}/outside.txt`, "outside");
  });
  afterEach(() => server.close());

  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    (await raw(server, method, DAV + path, { headers, ...(body === undefined ? {} : { body }) })).status;
  const move = (from: string, to: string, headers: Record<string, string> = {}) =>
    send("MOVE", from, { destination: server.origin + DAV + to, ...headers });
  const names = async (path = "") => (await readdir(`${server.home}/docs${path}`)).sort();

  it("says what it can do", async () => {
    const reply = await raw(server, "OPTIONS", `${DAV}/folder`);
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ dav: "1, 2", "ms-author-via": "DAV", "content-length": "0" });
    expect(reply.headers.allow).toBe(
      "OPTIONS, PROPFIND, GET, HEAD, PUT, MKCOL, DELETE, MOVE, COPY, PROPPATCH, LOCK, UNLOCK",
    );
    server.shares.set("share-1", outgoingShare({ permissions: ["read"] }));
    expect((await raw(server, "OPTIONS", DAV)).headers).toMatchObject({
      dav: "1",
      allow: "OPTIONS, PROPFIND, GET, HEAD",
    });
    server.shares.set("share-1", outgoingShare({ resourceType: "file" }));
    expect((await raw(server, "OPTIONS", DAV)).headers.allow).toBe(
      "OPTIONS, PROPFIND, GET, HEAD, PUT, PROPPATCH, LOCK, UNLOCK",
    );
  });

  it("answers known methods that it lacks with 405, unknown ones with 501, both with Allow", async () => {
    for (const [method, status] of [
      ["POST", 405],
      ["PATCH", 405],
      ["SEARCH", 501],
    ] as const) {
      const reply = await raw(server, method, `${DAV}/b.txt`);
      expect(reply.status).toBe(status);
      expect(reply.headers.allow).toContain("PROPFIND");
    }
  });

  it("takes folders by MKCOL: 201, then 405, 409 without a parent, 415 with a body", async () => {
    expect(await send("MKCOL", "/new/")).toBe(201);
    expect(await send("MKCOL", "/new")).toBe(405);
    expect(await send("MKCOL", "/b.txt")).toBe(405);
    expect(await send("MKCOL", "")).toBe(405);
    expect(await send("MKCOL", "/no/such")).toBe(409);
    expect(await send("MKCOL", "/b.txt/x")).toBe(409);
    expect(await send("MKCOL", "/other", {}, "<x/>")).toBe(415);
    expect(await send("MKCOL", "/other", { "transfer-encoding": "chunked" }, "<x/>")).toBe(415);
    expect(await send("MKCOL", "/chunked", { "transfer-encoding": "chunked" }, "")).toBe(201);
    expect(await names()).toEqual(["b.txt", "chunked", "folder", "new"]);
  });

  it("removes files, and folders with all that is in them, but never the share itself", async () => {
    expect(await send("DELETE", "/none")).toBe(404);
    expect(await send("DELETE", "/folder", { depth: "0" })).toBe(400);
    expect(await send("DELETE", "/b.txt", { "if-match": '"other"' })).toBe(412);
    expect(await send("DELETE", "/folder/")).toBe(204);
    expect(await send("DELETE", "/b.txt")).toBe(204);
    expect(await names()).toEqual([]);
    expect(await send("DELETE", "/")).toBe(403);
    expect(await send("DELETE", "/folder#x")).toBe(400);
  });

  it("moves with 201, and onto something else with 204 or, with Overwrite F, 412", async () => {
    expect(await move("/b.txt", "/c%20d.txt")).toBe(201);
    expect(await move("/c%20d.txt", "/folder/a.txt", { overwrite: "F" })).toBe(412);
    expect(await move("/c%20d.txt", "/folder/a.txt", { overwrite: "T" })).toBe(204);
    expect(await readFile(`${server.home}/docs/folder/a.txt`, "utf8")).toBe("b");
    expect(await send("MOVE", "/folder/", { destination: `${DAV}/renamed/` })).toBe(201);
    expect(await names("/renamed")).toEqual(["a.txt", "inner"]);
    await writeFile(`${server.home}/docs/file`, "file");
    expect(await move("/file", "/renamed")).toBe(204);
    expect(await names()).toEqual(["renamed"]);
  });

  it("refuses moves to where they cannot go", async () => {
    expect(await move("/none", "/x")).toBe(404);
    expect(await move("/b.txt", "/no/such")).toBe(409);
    expect(await move("/b.txt", "/b.txt")).toBe(403);
    expect(await move("/folder", "/folder/inner/x")).toBe(403);
    expect(await move("/folder/a.txt", "/folder")).toBe(403);
    expect(await move("/folder", "")).toBe(403);
    expect(await send("MOVE", "", { destination: `${DAV}/x` })).toBe(403);
    expect(await move("/b.txt", "/x", { "if-match": '"other"' })).toBe(412);
    expect(await names()).toEqual(["b.txt", "folder"]);
  });

  it("refuses destinations outside of the share, whatever they are written as", async () => {
    for (const destination of [
      "https://elsewhere.example/ocm/dav/share-1/x",
      `${server.origin}/ocm/dav/share-2/x`,
      `${server.origin}/ocm/dav/share-10`,
      "/ocm/dav/share-2/x",
      "//elsewhere.example/ocm/dav/share-1/x",
    ]) {
      expect(await send("MOVE", "/b.txt", { destination })).toBe(403);
    }
    for (const destination of [`${DAV}/../x`, `${DAV}/%2e%2e/x`, `${DAV}/..%2fx`, "x", "", "ftp://x/y", `${DAV}/x?y`]) {
      expect(await send("MOVE", "/b.txt", { destination })).toBe(400);
    }
    expect(await names()).toEqual(["b.txt", "folder"]);
    expect(await readFile(`${server.home}/outside.txt`, "utf8")).toBe("outside");
  });

  it("does not lose a file that is renamed to another case where the file system ignores case", async () => {
    const { stat, move: rename, remove } = server.files;
    const removed: string[] = [];
    const real = (path: string) => path.replace(/\/B\.TXT$/i, "/b.txt");
    server.files.stat = (user, path) => stat(user, real(path));
    server.files.remove = (user, path) => {
      removed.push(path);
      return remove(user, real(path));
    };
    server.files.move = async () => {};
    expect(await move("/b.txt", "/B.TXT")).toBe(201);
    server.files.move = rename;
    expect(removed).toEqual([]);
    expect(await names()).toContain("b.txt");
  });

  it("works for an independent client from end to end", async () => {
    const client = createClient(server.origin + DAV, { headers: { authorization: "Bearer s3cret" } });
    const name = "/ä 100% #1? 🦊.bin";
    const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    await client.createDirectory("/made by client");
    expect(await client.putFileContents(name, content)).toBe(true);
    expect(await client.getFileContents(name)).toEqual(content);
    expect(await client.stat(name)).toMatchObject({ size: 100_000, type: "file" });
    await client.moveFile(name, `/made by client${name}`);
    expect(await client.exists(name)).toBe(false);
    expect(await names("/made by client")).toEqual([name.slice(1)]);
    await client.deleteFile("/made by client");
    expect(await names()).toEqual(["b.txt", "folder"]);
  });
});
