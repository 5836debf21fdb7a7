import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { SCRIPT_NAMES } from "../loadtest/catalogue.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
const TSC = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const names = async (folder: string) =>
  (await readdir(join(FOLDER, folder))).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
const all = (
  await Promise.all(
    ["", "shared", "gestures"].map(async (folder) => (await names(folder)).map((name) => join(folder, name))),
  )
).flat();

/** Modules of k6 1.x and 2.x that the adapter has too. */
const MODULES = ["k6", "k6/http", "k6/data", "k6/metrics", "k6/execution", "k6/encoding"];
/** There is no such module, only types of this name: whoever takes them out takes the import out. */
const TYPES_ONLY = "k6/options";
/**
 * What runs in k6 has no other names than these of JavaScript and k6. URL, Buffer, process and fetch are not there; TextEncoder is
 * since 2.2, and setTimeout does not end with its iteration in the adapter.
 */
const NOT_IN_K6 =
  /\b(TextEncoder|TextDecoder|URL|URLSearchParams|Buffer|process|require|fetch|structuredClone|setTimeout|btoa|atob)\b(?=[(.])/;

describe("the scripts", () => {
  it("are those of the catalogue", async () => {
    expect((await names("")).map((name) => name.replace(".ts", "")).sort()).toEqual([...SCRIPT_NAMES].sort());
  });

  it.each(all)("%s is what k6 runs as it is", async (name) => {
    const text = await readFile(join(FOLDER, name), "utf8");
    expect(stripTypeScriptTypes(text)).not.toBe("");
    for (const [statement, from = ""] of text.matchAll(/^(?:import|export)[^"]*? from "([^"]+)";/gm)) {
      if (from === TYPES_ONLY) expect(statement).toMatch(/^import type /);
      else if (!MODULES.includes(from)) expect(from).toMatch(/^\.\.?\/[\w./-]+\.ts$/);
    }
    expect(text.match(NOT_IN_K6)?.[0]).toBeUndefined();
    expect(text).not.toMatch(/Promise\.withResolvers|\bgroup\(.*async|\.headers[.[]/);
  });

  it.each(SCRIPT_NAMES)("%s has options, a summary under its name, and a function", async (name) => {
    const text = await readFile(join(FOLDER, `${name}.ts`), "utf8");
    expect(text).toContain("export const options = optionsOf({");
    expect(text).toContain(`export const handleSummary = summaryOf("${name}");`);
    expect(text).toContain("export default async function ");
  });

  it("type-check against k6 alone, without Node", { timeout: 120_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [TSC, "-p", FOLDER, "--noEmit"]).catch(
      (error) => error,
    );
    expect(stdout).toBe("");
  });
});
