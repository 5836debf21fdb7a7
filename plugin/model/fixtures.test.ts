import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { FIXTURE_ORIGIN, fixtureContent, readFixture } from "./fixtures/records.ts";
import { openStore } from "./open-store.ts";
import { testSystem } from "./test-system.test-helper.ts";

const fixtures = fileURLToPath(new URL("./fixtures/", import.meta.url));
const names = (await readdir(fixtures)).filter((name) => name.endsWith(".sqlite"));
const folder = await mkdtemp(join(tmpdir(), "koa-ocm-"));
afterAll(() => rm(folder, { recursive: true }));

function schemaNumber(name: string): number {
  return Number(/^schema-(\d+)\.sqlite$/.exec(name)?.[1]);
}

function schemaOf(path: string): unknown[] {
  const handle = new DatabaseSync(path, { readOnly: true });
  const schema = handle.prepare("select type, name, sql from sqlite_master order by name").all();
  handle.close();
  return schema;
}

async function open(path: string) {
  return openStore({ database: `file:${path}`, origin: FIXTURE_ORIGIN, system: testSystem });
}

describe("A database of an earlier release", () => {
  it("is kept for each schema", () => {
    expect(names.toSorted()).toEqual(["schema-1.sqlite", "schema-2.sqlite", "schema-3.sqlite"]);
  });

  it.each(names)("%s is opened, upgraded and has all that was in it", async (name) => {
    const path = join(folder, name);
    await copyFile(join(fixtures, name), path);
    const store = await open(path);
    expect(await readFixture(store)).toEqual(fixtureContent(schemaNumber(name)));
    // What a later schema brought can be used.
    await store.marks.bump("files:new", ["/"], 1);
    await store.close();
    const fresh = join(folder, `fresh-${name}`);
    await (await open(fresh)).close();
    expect(schemaOf(path)).toEqual(schemaOf(fresh));
  });
});
