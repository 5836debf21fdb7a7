import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Logger } from "../../ports/log.ts";
import { outgoingShare, raw, type ShareServer, startShareServer, testSystem } from "../share-server.test-helper.ts";
import { createSweep } from "./sweep.ts";

const DAV = "/ocm/dav/share-1";
const TAGS = '<d:propfind xmlns:d="DAV:"><d:prop><d:getetag/></d:prop></d:propfind>';
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

describe("the entity tag of a shared folder", () => {
  let server: ShareServer;
  beforeEach(async () => {
    server = await startShareServer();
  });
  afterEach(() => server.close());

  const propfind = (path: string, depth: string, body = TAGS) =>
    raw(server, "PROPFIND", DAV + path, { headers: { depth }, body });
  const tag = async (path = "/") => /getetag>([^<]+)</.exec((await propfind(path, "0")).text)?.[1];
  const tags = async (path = "/") => {
    const { text } = await propfind(path, "1");
    return Object.fromEntries([...text.matchAll(/<d:href>([^<]*)<.*?<d:getetag>([^<]*)</g)].map((m) => [m[1], m[2]]));
  };
  const fill = async (folders: number, files: number) => {
    for (let folder = 0; folder < folders; folder += 1) {
      await mkdir(`${server.home}/docs/${folder}/below`, { recursive: true });
      for (let file = 0; file < files; file += 1) await writeFile(`${server.home}/docs/${folder}/below/${file}`, "x");
    }
  };
  const sweep = () => {
    const outgoing = { liveFolders: async () => ({ items: [outgoingShare()] }) };
    const leases = { acquire: async () => true, release: async () => {} };
    const system = { ...testSystem, sleep: async () => {} };
    return createSweep({ store: { ...server.store, outgoing, leases }, files: server.files, system, logger }).once();
  };

  it("stays as it is over the first sweep after the share was made", async () => {
    await fill(3, 2);
    const before = await tag();
    await sweep();
    expect(await tag()).toBe(before);
    await sweep();
    expect(await tag()).toBe(before);
  });

  it("stays as it is in a listing, at each folder in it", async () => {
    await fill(3, 2);
    const [above, below] = [await tags(), await tags("/1")];
    await sweep();
    expect([await tags(), await tags("/1")]).toEqual([above, below]);
  });

  it("moves once with a write through WebDAV, and not again with the sweep after it", async () => {
    await fill(2, 2);
    const first = await tag();
    await sweep();
    await raw(server, "PUT", `${DAV}/1/below/new`, { body: "new" });
    await raw(server, "MKCOL", `${DAV}/0/made`);
    const second = await tag();
    expect(second).not.toBe(first);
    const listed = await tags("/0");
    await sweep();
    expect(await tag()).toBe(second);
    expect(await tags("/0")).toEqual(listed);
  });

  it("stays with a folder that somebody made on disk and that a listing showed before the sweep", async () => {
    await tag();
    await sweep();
    await fill(1, 1);
    const { [`${DAV}/0/`]: before } = await tags();
    await sweep();
    expect((await tags())[`${DAV}/0/`]).toBe(before);
  });

  it("moves with what is edited on disk after it was told, also right after a write through WebDAV", async () => {
    await fill(2, 2);
    const edit = () => appendFile(`${server.home}/docs/1/below/0`, "!");
    let last = await tag();
    for (const before of [() => {}, () => raw(server, "PUT", `${DAV}/0/below/0`, { body: "new" }), sweep]) {
      await before();
      last = await tag();
      await edit();
      await sweep();
      expect(await tag()).not.toBe(last);
    }
  });

  it("moves with what was edited on disk in a folder too large to be looked at before an answer", async () => {
    await fill(1, 1);
    const { list } = server.files;
    server.files.list = async function* (user, path) {
      for (let part = 0; path === "/docs" && part < 30; part += 1) {
        yield Array.from({ length: 100 }, (_, file) => {
          return { name: `${part}-${file}`, type: "file" as const, size: 0, modifiedAt: 0, etag: "e" };
        });
      }
      yield* list(user, path);
    };
    const before = await tag();
    await appendFile(`${server.home}/docs/0/below/0`, "!");
    await tag();
    await sweep();
    const after = await tag();
    expect(after).not.toBe(before);
    await sweep();
    expect(await tag()).toBe(after);
  });

  it("moves with what was edited on disk between two looks at the same time", async () => {
    await fill(1, 1);
    const { list } = server.files;
    const gate = Promise.withResolvers<void>();
    let asked = 0;
    server.files.list = async function* (user, path) {
      if (path.endsWith("/below") && asked++ === 0) await gate.promise;
      yield* list(user, path);
    };
    const late = tag();
    while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const early = await tag();
    await appendFile(`${server.home}/docs/0/below/0`, "!");
    gate.resolve();
    expect(await late).not.toBe(early);
    await sweep();
    expect(await tag()).not.toBe(early);
  });

  it("moves where two looked at the same time, the file was edited between their looks, and the later look was noted last", async () => {
    await fill(1, 1);
    const { saw } = server.store.marks;
    const notes = [0, 1].map(() => ({ reached: Promise.withResolvers<void>(), gate: Promise.withResolvers<void>() }));
    let calls = 0;
    server.store.marks.saw = async (...args) => {
      const note = notes[calls++];
      note?.reached.resolve();
      await note?.gate.promise;
      return saw(...args);
    };
    const early = tag();
    await notes[0]?.reached.promise;
    await appendFile(`${server.home}/docs/0/below/0`, "!");
    const late = tag();
    await notes[1]?.reached.promise;
    notes[0]?.gate.resolve();
    const told = await early;
    notes[1]?.gate.resolve();
    await late;
    await sweep();
    expect(await tag()).not.toBe(told);
  });

  it("moves with what was edited on disk after a tag that was told while the clock of the last writer was ahead", async () => {
    await fill(1, 1);
    await sweep();
    await appendFile(`${server.home}/docs/0/below/0`, "by another process");
    const folders = ["/", "/docs", "/docs/0", "/docs/0/below"];
    await server.store.marks.bump("files:alice", folders, Date.now() + 2_000);
    const told = await tag();
    await appendFile(`${server.home}/docs/0/below/0`, "!");
    await tag();
    await sweep();
    expect(await tag()).not.toBe(told);
  });

  it.each([
    ["that is told", () => tag()],
    ["that nobody is told", async () => undefined],
  ])("stays after a write in the middle of a sweep: a tag %s before its end", async (_when, tell) => {
    await fill(1, 1);
    const { list } = server.files;
    const gate = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    server.files.list = async function* (user, path) {
      if (path === "/docs/0") {
        begin();
        await gate.promise;
      }
      yield* list(user, path);
    };
    const sweeping = sweep();
    await begun;
    server.files.list = list;
    await new Promise((resolve) => setTimeout(resolve, 3));
    await raw(server, "PUT", `${DAV}/new`, { body: "new" });
    const told = await tell();
    gate.resolve();
    await sweeping;
    const before = await tag();
    if (told !== undefined) expect(before).toBe(told);
    await sweep();
    expect(await tag()).toBe(before);
  });

  it("costs one look for each change, and none while nothing changes", async () => {
    await fill(3, 2);
    const looked: string[] = [];
    const { list } = server.files;
    server.files.list = (user, path) => {
      looked.push(path);
      return list(user, path);
    };
    await tag();
    expect(looked).toHaveLength(7);
    await tag();
    expect(looked.splice(0)).toHaveLength(7);
    await raw(server, "PUT", `${DAV}/1/below/new`, { body: "new" });
    // In the millisecond of the write a look is not the last.
    await new Promise((resolve) => setTimeout(resolve, 3));
    await tag();
    await tag();
    expect(looked.splice(0)).toEqual(["/docs", "/docs/1", "/docs/1/below"]);
    await propfind("/", "1", TAGS.replace("getetag", "displayname"));
    expect(looked).toEqual(["/docs"]);
  });

  it("looks at no more than some thousand entries before an answer, and at no more again", async () => {
    let yielded = 0;
    server.files.list = async function* () {
      for (; yielded < 100_000; yielded += 1)
        yield [{ name: `${yielded}`, type: "file", size: 0, modifiedAt: 0, etag: "e" }];
    };
    await tag();
    expect(yielded).toBeGreaterThan(0);
    expect(yielded).toBeLessThan(5_000);
    const once = yielded;
    await tag();
    expect(yielded).toBe(once);
  });

  it("is told where a folder below cannot be listed, or is gone by then", async () => {
    await fill(2, 1);
    const { list } = server.files;
    server.files.list = async function* (user, path) {
      yield* list(user, path);
      if (path === "/docs") await rm(`${server.home}/docs/0`, { recursive: true, force: true });
      if (path === "/docs/1") throw new Error("not now");
    };
    const before = await tag();
    expect(before).toMatch(/^"[^"]+"$/);
    expect(await server.store.marks.of("files:alice", ["/docs/0"])).toEqual([]);
    await sweep();
    const after = await tag();
    await sweep();
    expect(await tag()).toBe(after);
  });
});
