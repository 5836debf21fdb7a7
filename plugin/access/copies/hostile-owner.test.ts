import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RemoteEntry } from "../../api.ts";
import { openStore } from "../../model/open-store.ts";
import { ORIGIN, testSystem } from "../../model/test-system.test-helper.ts";
import { OcmError } from "../../protocol/errors.ts";
import { type Bench, bench, until } from "./copies.test-helper.ts";
import { type Copies, createCopies } from "./copies.ts";
import type { SourceEntry } from "./walk.ts";
import { walk } from "./walk.ts";

let b: Bench;
let copies: Copies;

beforeEach(async () => {
  b = await bench();
  copies = createCopies(b.deps);
});
afterEach(async () => {
  await copies.close();
  await b.close();
});

const MIB = 2 ** 20;
const DOWN = { share: "received-1", direction: "from-share", remotePath: "tree", localPath: "/copy" } as const;
const UP = { share: "received-1", direction: "to-share", remotePath: "copy", localPath: "/mine" } as const;

function isOver(id: string) {
  return async () => {
    b.later += 301_000;
    return (await copies.api.get("bob", id)).status !== "running";
  };
}

describe("a copy, where the owner's server is an enemy or has bad luck", () => {
  it("is not stopped, and stops no other, by sizes whose sum no database can give back", async () => {
    const store = await openStore({ database: "file::memory:", origin: ORIGIN, system: testSystem });
    const file = (path: string, size: number): RemoteEntry => ({
      name: path,
      path: `tree/${path}`,
      type: "file",
      size,
      modifiedAt: null,
      etag: null,
      mediaType: null,
    });
    const children = ["a", "b", "c"].map((name) => file(name, Number.MAX_SAFE_INTEGER));
    b.owner.remote.open = async () => ({ entry: { ...file("", 0), type: "folder" }, children, stale: null });
    b.owner.remote.read = async () => {
      throw new OcmError("forbidden");
    };
    copies = createCopies({ ...b.deps, store: { ...b.deps.store, copies: store.copies } });
    copies.start();
    const { id } = await copies.api.start("bob", DOWN, {});
    await until(async () => (await copies.api.get("bob", id)).status === "failed");
    expect(await copies.api.get("bob", id)).toMatchObject({ reason: { code: "forbidden" }, bytesTotal: null });
    expect(await store.copies.due(Number.MAX_SAFE_INTEGER, 10)).toHaveLength(1);
    await copies.close();
    await store.close();
  });

  it("takes the entries of a huge folder in order without keeping others waiting", async () => {
    const entry = (path: string): SourceEntry => ({ path, type: "file", size: 1, modifiedAt: null, etag: null });
    const children = Array.from({ length: 200_000 }, (_, index) => entry(`name ${(index * 7919) % 1_000_003}`));
    const source = {
      top: async () => ({ entry: { ...entry(""), type: "folder" as const }, children }),
      children: async () => [],
    };
    let turns = 0;
    const soon = async () => {
      turns += 1;
    };
    const steps = walk(source, null, { soon });
    await steps.next();
    const { value } = await steps.next();
    expect(value?.entry.path).toBe("name 0");
    expect(turns).toBeGreaterThan(250);
    let last = "";
    let count = 1;
    for await (const step of steps) {
      expect(step.entry.path > last).toBe(true);
      last = step.entry.path;
      count += 1;
    }
    expect(count).toBe(200_000);
  });

  it("does not fill the memory with folders full of files, within one another without an end", async () => {
    const entry = (path: string, type: "file" | "folder"): SourceEntry => ({
      path,
      type,
      size: 1,
      modifiedAt: null,
      etag: null,
    });
    const children = async (path: string) => {
      const inside = path === "" ? "" : `${path}/`;
      const files = Array.from({ length: 50_000 }, (_, index) => entry(`${inside}b${index}`, "file"));
      return [...files, entry(`${inside}a`, "folder")];
    };
    const top = async () => ({ entry: entry("", "folder"), children: await children("") });
    let steps = 0;
    const all = async () => {
      for await (const _step of walk({ top, children }, null, testSystem)) steps += 1;
    };
    await expect(all()).rejects.toMatchObject({ code: "too-large" });
    expect(steps).toBe(10);
  });

  it.each([
    ["says how little space is left", MIB, "no-space", 1],
    ["says nothing", undefined, "peer-refused", 5],
  ] as const)(
    "to a server that cuts uploads off and is there otherwise ends: one that %s",
    async (_who, quota, code, tries) => {
      await writeFile(join(b.own, "mine"), Buffer.alloc(2 * MIB));
      const { remote } = b.owner;
      remote.write = async () => {
        b.owner.asked.push("PUT");
        throw new OcmError("peer-unreachable", { message: "The connection was reset." });
      };
      const { stat } = remote;
      remote.stat = async (...parameters) => ({
        ...(await stat(...parameters)),
        ...(quota === undefined ? {} : { quotaAvailable: quota }),
      });
      copies.start();
      const { id } = await copies.api.start("bob", UP, {});
      await until(isOver(id));
      expect(await copies.api.get("bob", id)).toMatchObject({ status: "failed", reason: { code } });
      expect(b.owner.asked.filter((line) => line === "PUT")).toHaveLength(tries);
    },
  );

  it.each([3, 2 * MIB])("is not fed without an end, where the file is said to have %i bytes", async (size) => {
    const file = { name: "tree", path: "tree", type: "file", modifiedAt: null, etag: null, mediaType: null } as const;
    b.owner.remote.open = async () => ({ entry: { ...file, size }, children: null, stale: null });
    let sent = 0;
    b.owner.remote.read = async () => {
      async function* endless() {
        for (const piece = Buffer.alloc(65_536); ; sent += piece.length) yield piece;
      }
      return { status: 200, headers: {}, body: Readable.from(endless(), { objectMode: false }) };
    };
    copies.start();
    const { id } = await copies.api.start("bob", DOWN, {});
    await until(isOver(id));
    expect(await copies.api.get("bob", id)).toMatchObject({ status: "failed", reason: { code: "peer-refused" } });
    expect(sent).toBeLessThan(5 * (size + MIB));
    expect(await readdir(b.own)).toEqual([]);
  });

  it("to a server that is down in earnest waits", async () => {
    await writeFile(join(b.own, "mine"), "content");
    let tries = 0;
    b.owner.fault = () => {
      tries += 1;
      throw new OcmError("peer-unreachable", { message: "Nobody answers." });
    };
    copies.start();
    const { id } = await copies.api.start("bob", UP, {});
    await until(async () => {
      b.later += 301_000;
      return tries > 20;
    });
    expect(await copies.api.get("bob", id)).toMatchObject({ status: "running", reason: { code: "peer-unreachable" } });
  });

  it("goes on after a stumble of a server that was down for long", async () => {
    await mkdir(join(b.owners, "tree"));
    let tries = 0;
    b.owner.fault = () => {
      tries += 1;
      if (tries > 8) return;
      throw new OcmError(tries === 8 ? "peer-refused" : "peer-unreachable");
    };
    copies.start();
    const { id } = await copies.api.start("bob", DOWN, {});
    await until(isOver(id));
    expect(await copies.api.get("bob", id)).toMatchObject({ status: "done" });
  });

  it("goes on at once when the server is known to be back", async () => {
    await mkdir(join(b.owners, "tree"));
    let isDown = true;
    b.owner.fault = () => {
      if (isDown) throw new OcmError("peer-unreachable");
    };
    copies.start();
    const { id } = await copies.api.start("bob", DOWN, {});
    await until(() => (b.copies.all.get(id)?.attempts ?? 0) === 1);
    isDown = false;
    await copies.hasten("somebody-else.example");
    expect((b.copies.all.get(id)?.nextAt ?? 0) - Date.now()).toBeGreaterThan(1_000);
    await copies.hasten(b.share.senderHost);
    await until(() => b.copies.all.get(id)?.status === "done", 2_000);
  });

  it("ends with the account, and nothing is kept of it", async () => {
    await mkdir(join(b.owners, "tree"));
    await writeFile(join(b.owners, "tree/large"), Buffer.alloc(5 * MIB));
    copies.start();
    await writeFile(join(b.owners, "small"), "x");
    const before = await copies.api.start("bob", { ...DOWN, remotePath: "small", localPath: "/small" }, {});
    await until(async () => (await copies.api.get("bob", before.id)).status === "done");
    b.owner.slow = 20;
    const { id } = await copies.api.start("bob", DOWN, {});
    const [first] = b.copies.all.values();
    if (first !== undefined) b.copies.all.set("carols", { ...first, id: "carols", user: "carol" });
    await until(() => (b.copies.all.get(id)?.current?.bytes ?? 0) > 0);
    await copies.userRemoved("bob");
    expect([...b.copies.all.keys()]).toEqual(["carols"]);
    await until(async () => (await readdir(join(b.own, "copy"))).length === 0);
    await copies.userRemoved("bob");
  });
});
