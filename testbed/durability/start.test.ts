import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { databaseOf } from "../launcher/federation.ts";
import { type ServerDatabase, serverDatabases, withMongo } from "./databases.test-helper.ts";
import { type MortalServer, mortalServer } from "./mortal-server.test-helper.ts";

const INSTANCE = fileURLToPath(new URL("./instance.test-helper.ts", import.meta.url));
/** The schema of this release. */
const NEWEST = 3;
const TIMEOUT = { timeout: 60_000 };
const databases = serverDatabases();

let folder: string;
let servers: MortalServer[];
let dropped: { mongodb: string; name: string }[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-start-"));
  servers = [];
  dropped = [];
});

afterEach(async () => {
  for (const server of servers) await server.kill().catch(() => undefined);
  for (const { mongodb, name } of dropped) await withMongo(mongodb, name, (database) => database.dropDatabase());
  await rm(folder, { recursive: true, maxRetries: 3 });
});

/** A server of this name; each of the same name has the same data. */
async function serverOf({ mongodb }: ServerDatabase, name = uniqueName(), port?: number): Promise<MortalServer> {
  const server = await mortalServer({
    name,
    username: "alice",
    folder,
    mongodb,
    ...(port === undefined ? {} : { port }),
  });
  servers.push(server);
  if (mongodb !== undefined) dropped.push({ mongodb, name });
  return server;
}

function uniqueName(): string {
  return `alpha-${randomBytes(4).toString("hex")}`;
}

/** What a process that must not start says: one sentence, on one line, and nothing else. */
async function refusalOf(server: MortalServer): Promise<string> {
  const { code, said } = await server.startInVain();
  expect(said.split("\n"), said).toHaveLength(1);
  expect(code).toBe(1);
  return said;
}

describe.each(databases)("A server on $name", (database) => {
  it("is refused with one line when the database is another origin's, and the other goes on", TIMEOUT, async () => {
    const first = await serverOf(database);
    await first.start();
    expect((await first.stop()).code).toBe(0);
    const other = await serverOf(database, first.config.name);
    expect(await refusalOf(other)).toMatch(
      new RegExp(`belongs to ${first.origin}, not to ${other.origin}: give each origin a database of its own\\.$`),
    );
    await first.start();
    expect(await first.role.ownAddress()).toBe(first.account.address);
  });

  it("is refused with one line when a newer release has written the database", TIMEOUT, async () => {
    const server = await serverOf(database);
    await server.start();
    await server.stop();
    await setSchema(database, server, 99);
    expect(await refusalOf(server)).toMatch(/^The database has schema 99, but this version .* knows only \d+: .*\.$/);
    await setSchema(database, server, NEWEST);
    await server.start();
  });

  it("keeps its keys over a kill", TIMEOUT, async () => {
    const server = await serverOf(database);
    await server.start();
    const keys = await (await fetch(`${server.origin}/.well-known/jwks.json`)).text();
    await server.kill();
    await server.start();
    expect(await (await fetch(`${server.origin}/.well-known/jwks.json`)).text()).toBe(keys);
  });
});

describe("A second process on one SQLite file", () => {
  it("is refused with one line, and starts at once when the first has been killed", TIMEOUT, async () => {
    const first = await serverOf({ name: "SQLite" });
    await first.start();
    const second = await serverOf({ name: "SQLite" }, first.config.name);
    expect(await refusalOf(second)).toMatch(
      /^Another server process uses .*ocm\.sqlite\. SQLite serves one process per/,
    );
    expect(await first.role.ownAddress()).toBe(first.account.address);
    await first.kill();
    await first.start();
    expect(await first.role.ownAddress()).toBe(first.account.address);
  });
});

describe.each(databases.filter(({ name }) => name === "MongoDB"))(
  "Processes that start at once on a fresh database on $name",
  ({ mongodb = "" }) => {
    it("make one set of keys and one migration, and all serve", TIMEOUT, async () => {
      const name = uniqueName();
      dropped.push({ mongodb, name });
      const start = () => spawn(process.execPath, [INSTANCE, "http://localhost:4700", databaseOf(mongodb, name)]);
      const processes = [start(), start(), start()];
      const keys = await Promise.all(processes.map(firstLine));
      expect(JSON.parse(keys[0] ?? "")).toHaveLength(1);
      expect(new Set(keys).size).toBe(1);
      await withMongo(mongodb, name, async (database) => {
        const stored = await database.collection("ocm_key").find().toArray();
        expect(stored.map(({ use }) => use).sort()).toEqual(["seal", "sign", "token"]);
        expect(await database.collection("ocm_lease").countDocuments()).toBe(0);
        const versions = await database
          .collection("ocm_fixed")
          .find({ _id: "schema" as never })
          .toArray();
        expect(versions).toMatchObject([{ value: { version: NEWEST } }]);
      });
      const ends = processes.map((one) => once(one, "exit"));
      for (const one of processes) one.stdin.end();
      expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0, 0]);
    });
  },
);

async function firstLine(process: ChildProcessWithoutNullStreams): Promise<string> {
  const problems: Buffer[] = [];
  process.stderr.on("data", (part: Buffer) => problems.push(part));
  const line = once(process.stdout, "data").then(([data]) => String(data).trim());
  const end = once(process, "exit").then(() => {
    throw new Error(`It ended: ${Buffer.concat(problems)}`);
  });
  end.catch(() => undefined);
  return await Promise.race([line, end]);
}

async function setSchema({ mongodb }: ServerDatabase, { config }: MortalServer, version: number): Promise<void> {
  if (mongodb !== undefined) {
    await withMongo(mongodb, config.name, (database) =>
      database.collection("ocm_fixed").updateOne({ _id: "schema" as never }, { $set: { value: { version } } }),
    );
    return;
  }
  const handle = new DatabaseSync(join(config.dataDir, "ocm.sqlite"));
  handle.prepare("update ocm_fixed set value = ? where _id = 'schema'").run(JSON.stringify({ version }));
  handle.close();
}
