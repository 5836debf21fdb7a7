import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "webdav";
import { openStore } from "../../../model/open-store.ts";
import { testSystem as modelSystem } from "../../../model/test-system.test-helper.ts";
import { HostFileError } from "../../../ports/host.ts";
import type { Store } from "../../../ports/store.ts";
import { foldingFiles } from "../../folding-files.test-helper.ts";
import { outgoingShare, raw, type ShareServer, startShareServer } from "../../share-server.test-helper.ts";

const DAV = "/ocm/dav/share-1";
const TREE = "files:alice";

describe.each([
  ["in memory", undefined],
  ["on SQLite", "file::memory:"],
])("COPY (%s)", (_where, database) => {
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
    await writeFile(`${server.home}/docs/folder/inner/deep é.txt`, "deep");
    await writeFile(`${server.home}/docs/b.txt`, "b");
    await writeFile(`${server.home}/outside.txt`, "outside");
  });
  afterEach(async () => {
    await server.close();
    await store?.close();
  });

  const copyReply = (from: string, to: string, headers: Record<string, string> = {}) =>
    raw(server, "COPY", DAV + from, { headers: { destination: server.origin + DAV + to, ...headers } });
  const copy = async (from: string, to: string, headers: Record<string, string> = {}) =>
    (await copyReply(from, to, headers)).status;
  const stored = (name: string) => readFile(`${server.home}/docs/${name}`, "utf8");
  const names = async (path = "") => (await readdir(`${server.home}/docs${path}`)).sort();
  const etagOf = async (path: string) => {
    const { text } = await raw(server, "PROPFIND", DAV + path, { headers: { depth: "0" } });
    return text.match(/<d:getetag>([^<]*)</)?.[1];
  };
  const note = async (path: string, text: string) => {
    const properties = [{ namespace: "urn:x", name: "a", xml: `<a xmlns="urn:x">${text}</a>` }];
    await server.store.notes.put({ tree: TREE, path, version: 1, properties, checksum: null, updatedAt: 0 });
  };
  const noted = async (path: string) => (await server.store.notes.get(TREE, path))?.properties[0]?.xml;

  it("of a file gives another one with the same content: 201, then 204, or 412 with Overwrite F", async () => {
    expect(await copy("/b.txt", "/c%20d.txt")).toBe(201);
    expect([await stored("b.txt"), await stored("c d.txt")]).toEqual(["b", "b"]);
    expect(await copy("/b.txt", "/folder/a.txt", { overwrite: "F" })).toBe(412);
    expect(await stored("folder/a.txt")).toBe("a");
    expect(await copy("/b.txt", "/folder/a.txt")).toBe(204);
    expect(await copy("/b.txt", "/folder/a.txt", { overwrite: "t" })).toBe(204);
    expect(await stored("folder/a.txt")).toBe("b");
    expect(await copy("/b.txt", "/x", { overwrite: "maybe" })).toBe(400);
  });

  it("of a folder gives all that is in it, or with depth 0 the folder alone", async () => {
    expect(await copy("/folder/", "/copied/")).toBe(201);
    expect(await names("/copied")).toEqual(["a.txt", "inner"]);
    expect(await stored("copied/inner/deep é.txt")).toBe("deep");
    expect(await copy("/folder", "/empty", { depth: "0" })).toBe(201);
    expect(await names("/empty")).toEqual([]);
    expect(await copy("/folder", "/x", { depth: "1" })).toBe(400);
    expect(await names("/folder")).toEqual(["a.txt", "inner"]);
  });

  it("onto a folder leaves nothing of what was there", async () => {
    await mkdir(`${server.home}/docs/other`);
    await writeFile(`${server.home}/docs/other/gone.txt`, "gone");
    expect(await copy("/folder", "/other", { overwrite: "F" })).toBe(412);
    expect(await copy("/folder", "/other")).toBe(204);
    expect(await names("/other")).toEqual(["a.txt", "inner"]);
    expect(await copy("/b.txt", "/other")).toBe(204);
    expect(await stored("other")).toBe("b");
    expect(await copy("/folder", "/other")).toBe(204);
    expect(await names("/other")).toEqual(["a.txt", "inner"]);
  });

  it("is refused onto and into itself, and onto a folder that it is in", async () => {
    expect(await copy("/b.txt", "/b.txt")).toBe(403);
    expect(await copy("/folder", "/folder")).toBe(403);
    expect(await copy("/folder", "/folder/inner/again")).toBe(403);
    expect(await copy("/folder/inner", "/folder")).toBe(403);
    expect(await copy("", "/again")).toBe(403);
    expect(await copy("/folder", "")).toBe(403);
    expect(await copy("/folder", "/folder/alone", { depth: "0" })).toBe(201);
    expect(await names("/folder")).toEqual(["a.txt", "alone", "inner"]);
  });

  it("is refused where it has no source, no folder to go to, or leads outside", async () => {
    expect(await copy("/none", "/x")).toBe(404);
    expect(await copy("/b.txt", "/no/such")).toBe(409);
    expect(await copy("/b.txt", "/folder/a.txt/x")).toBe(409);
    expect(await copy("/b.txt", "/x", { destination: "/ocm/dav/share-2/x" })).toBe(403);
    expect(await copy("/b.txt", "/x", { destination: `https://elsewhere.example${DAV}/x` })).toBe(403);
    expect(await copy("/b.txt", "/x", { destination: `${DAV}/..%2f..%2fx` })).toBe(400);
    expect(await copy("/b.txt", "/x", { "if-match": '"other"' })).toBe(412);
    expect((await raw(server, "COPY", `${DAV}/b.txt`)).status).toBe(400);
    expect(await names()).toEqual(["b.txt", "folder"]);
  });

  it("needs read and write", async () => {
    for (const permissions of [["read"], ["write"], ["read", "share"]] as ("read" | "write" | "share")[][]) {
      server.shares.set("share-1", outgoingShare({ permissions }));
      expect(await copy("/b.txt", "/x")).toBe(403);
    }
    expect(await names()).toEqual(["b.txt", "folder"]);
  });

  it("takes properties along, in place of those at the destination", async () => {
    await note("/docs/folder", "folder");
    await note("/docs/folder/a.txt", "a");
    await note("/docs/b.txt", "b");
    await copy("/folder", "/copied");
    expect(await noted("/docs/copied/a.txt")).toContain(">a<");
    expect(await noted("/docs/folder/a.txt")).toContain(">a<");
    await copy("/b.txt", "/copied/a.txt");
    expect(await noted("/docs/copied/a.txt")).toContain(">b<");
    await copy("/folder", "/alone", { depth: "0" });
    expect(await noted("/docs/alone")).toContain(">folder<");
    expect(await noted("/docs/alone/a.txt")).toBeUndefined();
    await writeFile(`${server.home}/docs/plain`, "plain");
    await copy("/plain", "/copied/a.txt");
    expect(await noted("/docs/copied/a.txt")).toBeUndefined();
  });

  it("copies what it can and tells what it could not, each with its status", async () => {
    await writeFile(`${server.home}/docs/folder/inner/second.txt`, "second");
    await note("/docs/folder/inner/second.txt", "second");
    const { write, mkdir: make } = server.files;
    server.files.write = async (user, path, content, options) => {
      if (path.endsWith("second.txt")) throw new HostFileError("no-space", "quota");
      return write(user, path, content, options);
    };
    server.files.mkdir = async (user, path) => {
      if (path.endsWith("/secret")) throw new HostFileError("forbidden", "no");
      return make(user, path);
    };
    await mkdir(`${server.home}/docs/folder/secret`);
    await writeFile(`${server.home}/docs/folder/secret/x`, "x");
    const reply = await copyReply("/folder", "/copied");
    expect(reply.status).toBe(207);
    const told = [...reply.text.matchAll(/<d:href>([^<]*)<\/d:href><d:status>([^<]*)</g)].map(([, ...rest]) => rest);
    expect(told.sort()).toEqual([
      [`${DAV}/copied/inner/second.txt`, "HTTP/1.1 507 Insufficient Storage"],
      [`${DAV}/copied/secret`, "HTTP/1.1 403 Forbidden"],
    ]);
    expect(await names("/copied/inner")).toEqual(["deep é.txt"]);
    expect(await stored("copied/a.txt")).toBe("a");
    expect(await noted("/docs/copied/inner/second.txt")).toBeUndefined();
  });

  it("answers with the status itself where the resource itself fails, and leaves what was there", async () => {
    server.files.write = async () => {
      throw new HostFileError("no-space", "quota");
    };
    await note("/docs/folder/a.txt", "a");
    const reply = await copyReply("/b.txt", "/folder/a.txt");
    expect(reply.status).toBe(507);
    expect(await stored("folder/a.txt")).toBe("a");
    expect(await noted("/docs/folder/a.txt")).toContain(">a<");
  });

  it("follows folders no deeper than any real ones are", async () => {
    const { list, mkdir: make } = server.files;
    let made = 0;
    server.files.mkdir = async (user, path) => {
      made += 1;
      if (made === 1) await make(user, path);
    };
    server.files.list = async function* (user, path) {
      if (path.includes("folder")) yield [{ name: "in", type: "folder", size: 0, modifiedAt: 0, etag: "e" }];
      else yield* list(user, path);
    };
    const reply = await copyReply("/folder", "/copied");
    expect(reply.status).toBe(207);
    expect(reply.text).toContain("403 Forbidden");
    expect(made).toBeLessThan(200);
  });

  it("stops when the share ends", async () => {
    const { write } = server.files;
    let written = 0;
    server.files.write = (user, path, content, options) => {
      written += 1;
      server.shares.set("share-1", outgoingShare({ status: "revoked" }));
      return write(user, path, content, options);
    };
    for (let index = 0; index < 50; index += 1) await writeFile(`${server.home}/docs/folder/${index}`, "x");
    expect(await copy("/folder", "/copied")).toBe(401);
    expect(written).toBeLessThan(20);
  });

  it("that fails leaves nothing in the store about what has not come to be", async () => {
    const name = "n".repeat(300);
    expect(await copy("/folder", `/${name}`)).toBe(400);
    expect(await server.store.marks.of(TREE, [`/docs/${name}`])).toEqual([]);
    expect(await server.store.marks.of(TREE, ["/docs"])).toHaveLength(1);
  });

  it("raises the entity tag of the folders above", async () => {
    await copy("/folder", "/copied");
    const before = await etagOf("/");
    await copy("/b.txt", "/copied/inner/b.txt");
    expect(await etagOf("/")).not.toBe(before);
  });

  it("works for an independent client", async () => {
    const client = createClient(server.origin + DAV, { headers: { authorization: "Bearer s3cret" } });
    await client.copyFile("/folder", "/ä 100% #1?");
    expect(await names("/ä 100% #1?")).toEqual(["a.txt", "inner"]);
  });

  describe("where the file system does not tell spellings apart", () => {
    const composed = encodeURIComponent("é");
    const decomposed = encodeURIComponent("e\u0301");
    beforeEach(async () => {
      server.files = foldingFiles(server.files);
      await writeFile(`${server.home}/docs/é`, "accent");
    });

    it("is refused onto the file itself, whose content stays", async () => {
      expect(await copy("/b.txt", "/B.TXT")).toBe(403);
      expect(await copy(`/${composed}`, `/${decomposed}`)).toBe(403);
      expect(await copy("/folder", "/FOLDER")).toBe(403);
      expect([await stored("b.txt"), await stored("é")]).toEqual(["b", "accent"]);
      expect(await names()).toEqual(["b.txt", "folder", "é"]);
    });

    it("is refused into the folder itself, and onto a folder that it is in", async () => {
      expect(await copy("/folder", "/FOLDER/inner/x")).toBe(403);
      expect(await copy("/folder/inner", "/Folder")).toBe(403);
      expect(await copy("/b.txt", "/FOLDER/b.txt")).toBe(201);
      expect(await names("/folder")).toEqual(["a.txt", "b.txt", "inner"]);
    });

    it("moves to another spelling, and not into itself", async () => {
      const move = async (from: string, to: string) =>
        (await raw(server, "MOVE", DAV + from, { headers: { destination: DAV + to } })).status;
      expect(await move("/b.txt", "/B.TXT")).toBe(201);
      expect(await move(`/${composed}`, `/${decomposed}`)).toBe(201);
      expect(await move("/folder", "/FOLDER/inner/x")).toBe(403);
      expect(await move("/folder/inner", "/Folder")).toBe(403);
      expect(await names()).toEqual(["B.TXT", "e\u0301", "folder"]);
      expect([await stored("B.TXT"), await stored("e\u0301")]).toEqual(["b", "accent"]);
    });

    it("answers for each spelling", async () => {
      expect((await raw(server, "GET", `${DAV}/FOLDER/A.TXT`)).text).toBe("a");
      expect((await raw(server, "GET", `${DAV}/${decomposed}`)).text).toBe("accent");
      expect((await raw(server, "PUT", `${DAV}/${decomposed}`, { body: "new" })).status).toBe(204);
      expect((await raw(server, "MKCOL", `${DAV}/FOLDER`)).status).toBe(405);
      expect((await stat(`${server.home}/docs/é`)).size).toBe(3);
    });
  });
});
