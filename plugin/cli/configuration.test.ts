import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "./command.ts";
import { readOptions } from "./configuration.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-config-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const MEMORY = "file::memory:";
const ORIGIN = "https://a.example";

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}
const read = (flags: Record<string, string | boolean>, env: NodeJS.ProcessEnv = {}, mayMake = false) =>
  readOptions({ operands: [], flags }, env, mayMake);
const refusal = (flags: Record<string, string | boolean>, env: NodeJS.ProcessEnv = {}) =>
  read(flags, env).then(
    () => null,
    (error) => (error instanceof UsageError ? error.message : error),
  );

describe("the options of a command", () => {
  it("come from flags, a file or the environment, in this order", async () => {
    const env = { OCM_DATABASE: MEMORY, OCM_ORIGIN: "https://env.example" };
    const config = await file("origin.json", '{ "origin": "https://file.example" }');
    expect((await read({}, env)).origin).toBe("https://env.example");
    expect(await read({ config }, env)).toMatchObject({ origin: "https://file.example", database: MEMORY });
    expect((await read({ config, origin: "https://flag.example" }, env)).origin).toBe("https://flag.example");
  });

  it.each([
    ["default.mjs", `export default { origin: "${ORIGIN}", database: "${MEMORY}", name: "A" };`],
    ["named.mjs", `export const origin = "${ORIGIN}", database = "${MEMORY}", name = "A";`],
    ["options.json", `{ "origin": "${ORIGIN}", "database": "${MEMORY}", "name": "A" }`],
  ])("may be in %s", async (name, text) => {
    const options = await read({ config: await file(name, text) });
    expect(options).toMatchObject({ origin: ORIGIN, database: MEMORY, name: "A" });
  });

  it("switch off what a command must not do, whatever the file says", async () => {
    const config = await file("eager.json", '{ "worker": true, "pages": true, "host": 3 }');
    const options = await read({ config, origin: ORIGIN, database: MEMORY });
    expect(options).toMatchObject({ worker: false, pages: false });
    expect(await options.host.users.find("alice")).toBeUndefined();
    await expect(options.host.files.open("alice", "/")).rejects.toThrow("no files");
  });

  it.each([
    ["3.mjs", "export default 3;", "has to export the options of createOcm."],
    ["list.json", "[]", "has to export the options of createOcm."],
    ["half.mjs", "export default {", "cannot be read: "],
    ["half.json", "{", "cannot be read: "],
  ])("are refused from %s", async (name, text, words) => {
    expect(await refusal({ config: await file(name, text) })).toContain(words);
  });

  it("are refused without a file, a database or an origin", async () => {
    expect(await refusal({ config: "nowhere.json" })).toBe("There is no configuration file nowhere.json.");
    expect(await refusal({ origin: ORIGIN })).toContain("Name the server: --config FILE");
    expect(await refusal({}, { OCM_DATABASE: MEMORY })).toContain("Name the server: --config FILE");
  });

  it("never name a SQLite file that is not there, but to make it", async () => {
    const database = `file:${join(folder, "a b.sqlite")}`;
    const url = pathToFileURL(join(folder, "a b.sqlite")).href;
    expect(await refusal({ origin: ORIGIN, database })).toContain("There is no database ");
    expect(await refusal({ origin: ORIGIN, database: url })).toContain("a b.sqlite");
    expect((await read({ origin: ORIGIN, database }, {}, true)).database).toBe(database);
    await file("a b.sqlite", "");
    expect((await read({ origin: ORIGIN, database: url })).database).toBe(url);
  });
});
