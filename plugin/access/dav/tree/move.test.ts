import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "../../../model/open-store.ts";
import { testSystem as modelSystem } from "../../../model/test-system.test-helper.ts";
import { HostFileError } from "../../../ports/host.ts";
import type { Store } from "../../../ports/store.ts";
import { outgoingShare, raw, type ShareServer, sha256, startShareServer } from "../../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";
const TREE = "files:alice";
const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';

describe.each([
  ["in memory", undefined],
  ["on SQLite", "file::memory:"],
])("what is kept about files (%s)", (_where, database) => {
  let server: ShareServer;
  let store: Store | undefined;
  beforeEach(async () => {
    server = await startShareServer();
    if (database !== undefined) {
      store = await openStore({ database, origin: server.origin, system: modelSystem });
      server.store = store;
    }
    await mkdir(`${server.home}/docs/folder/inner`, { recursive: true });
    await writeFile(`${server.home}/docs/folder/a.txt`, "a");
    await writeFile(`${server.home}/docs/b.txt`, "b");
  });
  afterEach(async () => {
    await server.close();
    await store?.close();
  });

  const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    raw(server, method, DAV + path, { headers, ...(body === undefined ? {} : { body }) });
  const move = async (from: string, to: string, headers: Record<string, string> = {}) =>
    (await send("MOVE", from, { destination: server.origin + DAV + to, ...headers })).status;
  const stored = (name: string) => readFile(`${server.home}/docs/${name}`, "utf8");
  const names = async (path = "") => (await readdir(`${server.home}/docs${path}`)).sort();
  const note = async (path: string, text: string) => {
    const properties = [{ namespace: "urn:x", name: "a", xml: `<a xmlns="urn:x">${text}</a>` }];
    await server.store.notes.put({ tree: TREE, path, version: 1, properties, checksum: null, updatedAt: 0 });
  };
  const noted = async (path: string) => (await server.store.notes.get(TREE, path))?.properties[0]?.xml;
  const lock = async (path: string, headers: Record<string, string> = {}) =>
    String((await send("LOCK", path, headers, LOCK)).headers["lock-token"]);
  const locks = async () => (await server.store.locks.get(TREE))?.locks.map(({ path }) => path) ?? [];
  const etagOf = async (path: string) =>
    (await send("PROPFIND", path, { depth: "0" })).text.match(/<d:getetag>([^<]*)</)?.[1] ?? "";

  it("tells that a folder has changed whose removal failed half-way", async () => {
    const { remove } = server.files;
    server.files.remove = async (user) => {
      await remove(user, "/docs/folder/inner");
      throw new HostFileError("forbidden", "not the rest");
    };
    await writeFile(`${server.home}/docs/folder/inner/x`, "x");
    const before = await etagOf("/");
    expect((await send("DELETE", "/folder")).status).toBe(403);
    expect(await etagOf("/")).not.toBe(before);
    expect(await server.store.marks.of(TREE, ["/docs/folder"])).toHaveLength(1);
  });

  it("goes along with a MOVE, but for locks", async () => {
    await note("/docs/folder/a.txt", "a");
    await note("/docs/b.txt", "b");
    const token = await lock("/folder/a.txt");
    expect(await move("/folder", "/moved")).toBe(423);
    expect(await move("/folder", "/moved", { if: `<${DAV}/folder/a.txt> (${token})` })).toBe(201);
    expect(await noted("/docs/moved/a.txt")).toContain(">a<");
    expect(await noted("/docs/folder/a.txt")).toBeUndefined();
    expect(await locks()).toEqual([]);
    expect(await move("/b.txt", "/moved/a.txt")).toBe(204);
    expect(await noted("/docs/moved/a.txt")).toContain(">b<");
    await writeFile(`${server.home}/docs/plain`, "plain");
    expect(await move("/plain", "/moved/a.txt")).toBe(204);
    expect(await noted("/docs/moved/a.txt")).toBeUndefined();
  });

  it("is gone after a DELETE", async () => {
    await note("/docs/folder/a.txt", "a");
    const token = await lock("/folder/a.txt");
    expect((await send("DELETE", "/folder")).status).toBe(423);
    expect((await send("DELETE", "/folder", { if: `<${DAV}/folder/a.txt> (${token})` })).status).toBe(204);
    expect(await noted("/docs/folder/a.txt")).toBeUndefined();
    expect(await locks()).toEqual([]);
    expect(await server.store.marks.of(TREE, ["/docs/folder"])).toEqual([]);
  });

  it("of another share cannot be used: a lock holds against every change that it covers", async () => {
    server.shares.set("share-2", outgoingShare({ id: "share-2", secretHash: sha256("other") }));
    const token = await lock("/folder");
    const other = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
      (
        await raw(server, method, `/ocm/dav/share-2${path}`, {
          headers: { authorization: "Bearer other", if: `(${token})`, ...headers },
          ...(body === undefined ? {} : { body }),
        })
      ).status;
    const destination = (path: string) => ({
      destination: `/ocm/dav/share-2${path}`,
      if: `</ocm/dav/share-2/folder> (${token})`,
    });
    expect(await other("PUT", "/folder/a.txt", {}, "x")).toBe(423);
    expect(await other("PUT", "/folder/new.txt", {}, "x")).toBe(423);
    expect(await other("MKCOL", "/folder/sub")).toBe(423);
    expect(await other("DELETE", "/folder/a.txt")).toBe(423);
    expect(await other("DELETE", "/folder")).toBe(423);
    expect(await other("MOVE", "/b.txt", destination("/folder/b.txt"))).toBe(423);
    expect(await other("MOVE", "/folder/a.txt", destination("/a.txt"))).toBe(423);
    expect(await other("COPY", "/b.txt", destination("/folder/a.txt"))).toBe(423);
    expect(await other("COPY", "/folder/a.txt", destination("/copied.txt"))).toBe(201);
    expect(await names("/folder")).toEqual(["a.txt", "inner"]);
    expect(await stored("folder/a.txt")).toBe("a");
  });

  it("is not lost where a move fails", async () => {
    await note("/docs/folder/a.txt", "a");
    server.files.move = async () => {
      throw new HostFileError("forbidden", "no");
    };
    expect(await move("/folder/a.txt", "/c.txt")).toBe(403);
    expect(await noted("/docs/folder/a.txt")).toContain(">a<");
  });

  it("raises the entity tags of the folders that a move concerns, at any depth", async () => {
    await move("/b.txt", "/folder/inner/b.txt");
    const [root, folder] = [await etagOf("/"), await etagOf("/folder")];
    await move("/folder/inner/b.txt", "/folder/inner/c.txt");
    expect(await etagOf("/")).not.toBe(root);
    expect(await etagOf("/folder")).not.toBe(folder);
  });

  it("names a folder's deep entity tag in If-Match", async () => {
    await send("PUT", "/folder/inner/x", {}, "x");
    const etag = await etagOf("/folder");
    await send("PUT", "/folder/inner/x", {}, "y");
    expect(await move("/folder", "/moved", { "if-match": etag })).toBe(412);
    expect((await send("DELETE", "/folder", { "if-match": etag })).status).toBe(412);
    expect((await send("PROPFIND", "/folder", { depth: "0", "if-none-match": etag })).status).toBe(207);
    const current = await etagOf("/folder");
    expect((await send("PROPFIND", "/folder", { depth: "0", "if-none-match": current })).status).toBe(412);
    expect(await move("/folder", "/moved", { "if-match": current })).toBe(201);
  });

  it("answers a MOVE that a client sends twice as done, and no other one", async () => {
    expect(await move("/b.txt", "/c.txt", { overwrite: "F", "x-gowebdav-inhibit-redirect": "1" })).toBe(201);
    expect(await move("/b.txt", "/c.txt", { overwrite: "F" })).toBe(201);
    expect(await move("/b.txt", "/d.txt", { overwrite: "F" })).toBe(404);
    expect(await move("/none", "/c.txt", { overwrite: "F" })).toBe(404);
    await send("DELETE", "/c.txt");
    expect(await move("/b.txt", "/c.txt", { overwrite: "F" })).toBe(404);
  });

  it("moves a folder only as a whole", async () => {
    expect(await move("/folder", "/moved", { depth: "0" })).toBe(400);
    expect(await move("/folder", "/moved", { depth: "infinity" })).toBe(201);
  });

  it("takes its own origin with or without its port in a Destination", async () => {
    expect((await send("MOVE", "/b.txt", { destination: `${server.origin.toUpperCase()}${DAV}/c.txt` })).status).toBe(
      201,
    );
    const elsewhere = [
      server.origin.replace(/\d+$/, "1"),
      server.origin.replace("http:", "https:"),
      "http://127.0.0.1",
    ];
    for (const origin of elsewhere) {
      expect((await send("MOVE", "/c.txt", { destination: `${origin}${DAV}/d.txt` })).status).toBe(403);
    }
    const user = server.origin.replace("//", "//user@");
    expect((await send("MOVE", "/c.txt", { destination: `${user}${DAV}/d.txt` })).status).toBe(400);
  });
});
