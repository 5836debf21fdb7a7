import { execFile as execFileWithCallback, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import type { Store } from "../ports/store.ts";
import { contact, copyJob, incomingShare, invite, NOW, outgoingShare } from "./contract/samples.ts";
import { MONGODB_1 } from "./migrations/mongodb-1.ts";
import { MONGODB_2 } from "./migrations/mongodb-2.ts";
import { connectMongo } from "./mongodb/driver.ts";
import { type OpenStoreOptions, openStore } from "./open-store.ts";
import { databases } from "./test-databases.test-helper.ts";
import { ORIGIN, testSystem } from "./test-system.test-helper.ts";

const writerFile = fileURLToPath(new URL("./crash-writer.test-helper.ts", import.meta.url));
const commandFile = fileURLToPath(new URL("./open-once.test-helper.ts", import.meta.url));
const execFile = promisify(execFileWithCallback);
/** The schema of this release. */
const NEWEST = 3;
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function open(database: string, more: Partial<OpenStoreOptions> = {}) {
  const store = await openStore({ database, origin: ORIGIN, system: testSystem, ...more });
  cleanups.push(() => store.close());
  return store;
}

const kinds = databases();

describe.each(kinds.filter(({ durable }) => durable))("A database on $name", ({ name, make }) => {
  async function newDatabase(): Promise<string> {
    const { url, drop } = await make();
    cleanups.push(drop);
    return url;
  }

  it("remembers its origin and refuses another with a sentence", async () => {
    const url = await newDatabase();
    await (await open(url)).close();
    await expect(open(url, { origin: "https://other.example.org" })).rejects.toMatchObject({
      code: "other-origin",
      message: expect.stringContaining(ORIGIN),
    });
    await (await open(url)).ping();
  });

  it("is migrated once by several processes that start at once, and serves all of them", {
    timeout: 30_000,
  }, async () => {
    const url = await newDatabase();
    const processes = Array.from({ length: 4 }, () => execFile(process.execPath, [commandFile, url]));
    const stores = await Promise.all(Array.from({ length: 4 }, () => open(url, { exclusive: false })));
    for (const { stdout } of await Promise.all(processes)) expect(stdout).toBe("written\n");
    expect(await stores[0]?.invites.countOpen("alice")).toBe(4);
  });

  it("is refused when a newer release has written it", async () => {
    const url = await newDatabase();
    await (await open(url)).close();
    await setSchema(name, url, 99);
    await expect(open(url)).rejects.toMatchObject({ code: "newer-schema", message: expect.stringContaining("99") });
    await setSchema(name, url, NEWEST);
    await (await open(url)).ping();
  });
});

async function setSchema(kind: string, url: string, version: number): Promise<void> {
  if (kind === "MongoDB") {
    const orm = await connectMongo(url, new URL(url).pathname.slice(1));
    await orm.em
      .getConnection()
      .getCollection<{ _id: string }>("ocm_fixed")
      .updateOne({ _id: "schema" }, { $set: { value: { version } } });
    await orm.close(true);
    return;
  }
  const handle = new DatabaseSync(url.slice("file:".length));
  handle.prepare("update ocm_fixed set value = ? where _id = 'schema'").run(JSON.stringify({ version }));
  handle.close();
}

describe("A SQLite file", () => {
  async function newFile(): Promise<{ url: string; path: string }> {
    const [file] = kinds;
    if (file?.name !== "SQLite file") throw new Error("The first kind of database should be a file.");
    const { url, drop } = await file.make();
    cleanups.push(drop);
    return { url, path: url.slice("file:".length) };
  }

  it("serves one server process: a second is refused with a sentence, by another name of the file too", async () => {
    const { url, path } = await newFile();
    const first = await open(url);
    await symlink(path, `${path}-other-name`);
    for (const second of [url, `${url}-other-name`]) {
      await expect(open(second)).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining("one process per database"),
      });
    }
    const command = await open(url, { exclusive: false });
    const record = invite();
    expect(await command.invites.insert(record)).toBe(true);
    expect(await first.invites.get(record.id)).toEqual(record);
    await first.close();
    await open(url);
  });

  it("is refused while another process serves it, and free in the moment when that is killed", async () => {
    const { url } = await newFile();
    const server = spawn(process.execPath, [writerFile, url], { stdio: ["ignore", "pipe", "inherit"] });
    await once(server.stdout, "data");
    await expect(open(url)).rejects.toMatchObject({ code: "in-use" });
    server.kill("SIGKILL");
    await once(server, "exit");
    const store = await open(url);
    expect(await store.invites.countOpen("alice")).toBeGreaterThan(0);
  });

  it("is not migrated by a command while an older server may be at work on it", async () => {
    const { url } = await newFile();
    await (await open(url)).close();
    await setSchema("SQLite file", url, 0);
    const handle = new DatabaseSync(`${url.slice("file:".length)}-lock`);
    handle.exec("begin immediate");
    const impatient = { ...testSystem, sleep: async () => {} };
    await expect(open(url, { exclusive: false, system: impatient })).rejects.toMatchObject({ code: "in-use" });
    handle.close();
  });

  it("frees what the server process of before was busy with, of every kind", async () => {
    const { url } = await newFile();
    const store = await open(url);
    const busy = { nextAt: NOW, leaseBy: "worker", leaseUntil: NOW + 3_600_000 };
    await store.outgoing.insert(outgoingShare(busy));
    await store.incoming.insert(incomingShare(busy));
    await store.invites.insert(invite(busy));
    await store.contacts.insert(contact(busy));
    await store.copies.insert(copyJob(busy));
    const due = ({ outgoing, incoming, invites, contacts, copies }: Store) =>
      Promise.all([outgoing, incoming, invites, contacts, copies].map((kind) => kind.due(NOW, 9)));
    expect((await due(store)).map((records) => records.length)).toEqual([0, 0, 0, 0, 0]);
    await store.close();
    expect((await due(await open(url))).map((records) => records.length)).toEqual([1, 1, 1, 1, 1]);
  });

  it("is readable by its owner alone, for it holds keys", async () => {
    const { url, path } = await newFile();
    const store = await open(url);
    await store.invites.insert(invite());
    for (const file of [path, `${path}-wal`, `${path}-lock`]) expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it("is refused with a sentence where there is no folder for it, or something else has its place", async () => {
    const { path } = await newFile();
    const folder = join(dirname(path), "folder");
    await mkdir(folder);
    const text = join(folder, "text");
    await writeFile(text, "This is no database at all.".repeat(100));
    for (const place of [join(folder, "none", "ocm.sqlite"), folder, text]) {
      await expect(open(`file:${place}`)).rejects.toMatchObject({
        code: "unreadable",
        message: expect.stringContaining(place),
      });
    }
  });
});

const mongo = kinds.find(({ name }) => name === "MongoDB");

describe.runIf(mongo !== undefined)("A MongoDB database of an earlier release", () => {
  it("gets the indexes of this one, and keeps its records", async () => {
    const { url, drop } = (await mongo?.make()) ?? { url: "", drop: async () => {} };
    cleanups.push(drop);
    const fresh = await open(url);
    const record = invite();
    await fresh.invites.insert(record);
    await fresh.close();
    const wanted = await mongoIndexes(url);
    const orm = await connectMongo(url, new URL(url).pathname.slice(1));
    for (const collection of Object.keys(MONGODB_2)) {
      if (collection in MONGODB_1)
        await orm.em.getConnection().getCollection(collection).dropIndex("ocm_outgoing_live_folder");
      else await orm.em.getConnection().getCollection(collection).drop();
    }
    await orm.close(true);
    await setSchema("MongoDB", url, 1);
    expect(await mongoIndexes(url)).not.toEqual(wanted);
    const store = await open(url);
    expect(await store.invites.get(record.id)).toEqual(record);
    expect(await mongoIndexes(url)).toEqual(wanted);
  });
});

/** The names of all indexes of the collections of all schemas, where their collections are. */
async function mongoIndexes(url: string): Promise<string[]> {
  const orm = await connectMongo(url, new URL(url).pathname.slice(1));
  const names: string[] = [];
  for (const collection of new Set([...Object.keys(MONGODB_1), ...Object.keys(MONGODB_2)])) {
    const indexes = await orm.em
      .getConnection()
      .getCollection(collection)
      .indexes()
      .catch(() => []);
    names.push(...indexes.map(({ name }) => String(name)));
  }
  await orm.close(true);
  return names;
}

describe("A MongoDB URL", () => {
  it("is refused with a sentence when no server answers there", async () => {
    const url = "mongodb://127.0.0.1:9/ocm?serverSelectionTimeoutMS=200";
    await expect(open(url)).rejects.toMatchObject({ code: "unreadable", message: expect.stringContaining("ocm") });
  });

  it("is refused with a sentence when the driver cannot read it", async () => {
    await expect(open("mongodb://localhost/ocm?noSuchOption=1")).rejects.toMatchObject({ code: "bad-url" });
  });
});
