import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guard } from "../guard.ts";

const SCRIPT = fileURLToPath(new URL("../guard.ts", import.meta.url));

describe("the guard", () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "ocm-guard-"));
    plant("package.json", JSON.stringify({ dependencies: { zod: "1.0.0" } }));
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function plant(file: string, text: string): void {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }

  function found(file: string, text: string): string[] {
    plant(file, text);
    return guard(root).map((each) => `${each.file}:${each.line}: ${each.message}`);
  }

  it("finds nothing in a tree that keeps the rules", () => {
    plant(
      "plugin/protocol/a.ts",
      'import { createHash } from "node:crypto";\nexport const a = createHash("sha256");\n',
    );
    plant("plugin/signing/a.ts", 'import { a } from "../protocol/a.ts";\nimport { z } from "zod";\nexport { a, z };\n');
    plant("plugin/ports/a.ts", 'import type { Readable } from "node:stream";\nexport type A = Readable;\n');
    plant("plugin/system/a.ts", "export const now = () => Date.now() + Math.random();\n");
    plant("plugin/peers/b.ts", "export const nameOf = (a: object) => a.constructor.name + a.toString().length;\n");
    plant("plugin/peers/a.test.ts", 'import { x } from "../model/x.ts";\nsetTimeout(x, Date.now());\n');
    plant("testbed/a.ts", 'import { createOcm } from "../plugin/index.ts";\nsetTimeout(createOcm, Date.now());\n');
    expect(guard(root)).toEqual([]);
  });

  it.each([
    ["protocol", "ports", "protocol may not import ports"],
    ["signing", "model", "signing may not import model"],
    ["sharing", "peers", "sharing may not import peers"],
    ["pages", "sharing", "pages may not import sharing"],
    ["cli", "model", "cli may not import model"],
    ["ports", "protocol", "ports may import only types of protocol"],
  ])("reports an import from %s to %s", (from, to, message) => {
    expect(found(`plugin/${from}/a.ts`, `\nimport { b } from "../${to}/b.ts";\nexport { b };\n`)).toEqual([
      `plugin/${from}/a.ts:2: ${message}`,
    ]);
  });

  it.each([
    ["a re-export", 'export * from "../model/b.ts";'],
    ["an import()", 'export const b = import("../model/b.ts");'],
    ["a type", 'export type B = import("../model/b.ts").B;'],
    ["an import for its effect", 'import "../model/b.ts";'],
    ["an import that is not at the top", 'export const x = 1;\nimport { b } from "../model/b.ts";'],
  ])("sees %s across rooms", (_, text) => {
    expect(found("plugin/deliver/deep/a.ts", text.replaceAll("../", "../../"))).toEqual([
      expect.stringMatching(/^plugin\/deliver\/deep\/a\.ts:[12]: deliver may not import model$/),
    ]);
  });

  it("permits types of the options and of the API, and not their values", () => {
    expect(
      found("plugin/peers/a.ts", 'import type { OcmOptions } from "../options.ts";\nexport type A = OcmOptions;\n'),
    ).toEqual([]);
    expect(found("plugin/peers/a.ts", 'import { x } from "../options.ts";\nexport { x };\n')).toEqual([
      "plugin/peers/a.ts:1: peers may import only types of options.ts",
    ]);
  });

  it("reports a room that the table of arrows does not know", () => {
    expect(found("plugin/extras/a.ts", 'import "../ports/b.ts";')[0]).toMatch(
      /^plugin\/extras\/a\.ts:1: extras is no room/,
    );
  });

  it("reports test code in the plugin, and code from elsewhere", () => {
    expect(found("plugin/peers/a.ts", 'import "./a.test-helper.ts";\nimport "../../testbed/b.ts";\n')).toEqual([
      "plugin/peers/a.ts:1: imports plugin/peers/a.test-helper.ts, which is for tests",
      "plugin/peers/a.ts:2: imports testbed/b.ts, which is not part of the plugin",
    ]);
  });

  it.each(["testbed", "loadtests"])("keeps %s at the public door", (folder) => {
    expect(found(`${folder}/a/b.ts`, 'import { x } from "../../plugin/model/x.ts";\nexport { x };\n')).toEqual([
      `${folder}/a/b.ts:1: ${folder} may import only plugin/index.ts of the plugin, not plugin/model/x.ts`,
    ]);
  });

  it.each([
    ["Date.now()", "export const a = Date.now();"],
    ["new Date()", "export const a = new Date();"],
    ["new Date without a list", "export const a = new Date;"],
    ["Date()", "export const a = Date();"],
    ["setTimeout", "setTimeout(() => {}, 1);"],
    ["globalThis.setTimeout", "globalThis.setTimeout(() => {}, 1);"],
    ["setInterval as a value", "export const a = [setInterval];"],
    ["setImmediate", "setImmediate(() => {});"],
    ["AbortSignal.timeout", "export const a = AbortSignal.timeout(1);"],
    ["Math.random", "export const a = Math.random();"],
    ["performance.now", "export const a = performance.now();"],
    ["process.hrtime", "export const a = process.hrtime.bigint();"],
    ["fetch", 'export const a = fetch("http://localhost");'],
    ["fetch in an object", "export const a = { fetch };"],
    ["crypto.randomUUID", "export const a = crypto.randomUUID();"],
    ["randomBytes", 'import { randomBytes } from "node:crypto"; export const a = randomBytes;'],
    ["randomBytes by another name", 'import { randomBytes as b } from "node:crypto"; export const a = b;'],
    ["randomInt of a namespace", 'import * as c from "node:crypto"; export const a = c.randomInt(3);'],
    ["getRandomValues", "export const a = globalThis.crypto.getRandomValues(new Uint8Array(1));"],
    ["undici", 'import { request } from "undici"; export const a = request;'],
    ["undici by import()", 'export const a = import("undici");'],
    ["node:timers", 'import timers from "node:timers"; export const a = timers;'],
    ["node:timers/promises", 'import { setTimeout as wait } from "node:timers/promises"; export const a = wait;'],
    ["node:http", 'import { request } from "node:http"; export const a = request;'],
  ])("reports %s outside the system", (_, text) => {
    plant("package.json", JSON.stringify({ dependencies: { undici: "1.0.0" } }));
    expect(found("plugin/peers/a.ts", text)).toEqual([
      expect.stringMatching(/^plugin\/peers\/a\.ts:1: .+ is for plugin\/system only: use the System port$/),
    ]);
    rmSync(join(root, "plugin/peers"), { recursive: true });
    expect(found("plugin/system/a.ts", text)).toEqual([]);
  });

  it.each([
    ["a Date of a given time", "export const a = new Date(0).toISOString();"],
    ["a parameter called fetch", "export const a = (fetch: () => void) => fetch();"],
    ["a method called fetch", "export const a = (system: { fetch(): void }) => system.fetch();"],
    ["types of the network", 'import type { IncomingMessage } from "node:http"; export type A = IncomingMessage;'],
    ["the pure part of node:net", 'import { isIP } from "node:net"; export const a = isIP("::1");'],
    ["the type of fetch", "export type A = typeof fetch;"],
    ["hashing", 'import { createHash } from "node:crypto"; export const a = createHash;'],
  ])("permits %s", (_, text) => {
    expect(found("plugin/peers/a.ts", text)).toEqual([]);
  });

  it("reports input and output in protocol", () => {
    expect(
      found("plugin/protocol/a.ts", 'import { readFileSync } from "node:fs";\nexport { readFileSync };\n'),
    ).toEqual(["plugin/protocol/a.ts:1: protocol does no input or output, so it may not import node:fs"]);
  });

  it("reports packages that are no dependency", () => {
    expect(found("plugin/peers/a.ts", 'import a from "left/b";\nimport b from "@x/y/z";\nexport { a, b };\n')).toEqual([
      "plugin/peers/a.ts:1: left is not a dependency of the package",
      "plugin/peers/a.ts:2: @x/y is not a dependency of the package",
    ]);
  });

  it("permits the optional peer where it is needed only, and of Koa only types", () => {
    plant("plugin/model/a.ts", 'export const a = import("@mikro-orm/mongodb");\n');
    plant("plugin/hosts/a.ts", 'import type Koa from "koa";\nexport type A = Koa;\n');
    expect(guard(root)).toEqual([]);
    plant("plugin/model/a.ts", 'import { b } from "@mikro-orm/mongodb";\nexport { b };\n');
    plant("plugin/hosts/a.ts", 'import Koa from "koa";\nexport const a = Koa;\n');
    expect(guard(root).map((each) => each.message)).toEqual([
      "koa comes with the host: import only its types",
      "@mikro-orm/mongodb is an optional peer: import it with import() where it is needed",
    ]);
  });

  it.each(["plugin/a/b.ts", "testbed/b.ts", "scripts/b.sh", "loadtests/b.ts"])(
    "reports %s of more than 400 lines",
    (file) => {
      expect(found(file, "\n".repeat(400))).toEqual([]);
      expect(found(file, "\n".repeat(401))).toEqual([`${file}:401: has 401 lines, more than 400: split it`]);
    },
  );

  it("reports a file of tests of more than 800 lines", () => {
    expect(found("plugin/a/b.test.ts", "\n".repeat(800))).toEqual([]);
    expect(found("plugin/a/b.test.ts", "\n".repeat(801))).toHaveLength(1);
  });

  it("reports files of the plugin that the build would leave behind", () => {
    expect(found("plugin/pages/a.css", "a {}\n")).toEqual([
      "plugin/pages/a.css:1: is no TypeScript: the build carries nothing else",
    ]);
    rmSync(join(root, "plugin"), { recursive: true });
    expect(found("plugin/model/fixtures/a.json", "{}\n")).toEqual([]);
  });

  it.each([
    ["a home folder", ["", "home", "ann", "x"].join("/")],
    ["the folder of root", ["", "root", ".npmrc"].join("/")],
    ["a registry setting", ["registry", "https://example.org/"].join(" = ")],
    ["a download address", ['"resolved"', '"x"'].join(": ")],
    ["an option for another registry", "npm ci --".concat("registry x")],
    ["a registry's host", "https://".concat("registry.example.org/x")],
  ])("reports %s anywhere in the tree", (_, text) => {
    expect(found("docs/a.md", `fine\n${text}\n`)).toEqual([expect.stringMatching(/^docs\/a\.md:2: /)]);
  });

  it("prints one line for each fault and exits with 1", () => {
    plant("plugin/peers/a.ts", "export const a = Date.now();\n");
    const run = spawnSync(process.execPath, [SCRIPT, root], { encoding: "utf8" });
    expect(run.status).toBe(1);
    expect(run.stdout).toBe("plugin/peers/a.ts:1: Date.now is for plugin/system only: use the System port\n");
    rmSync(join(root, "plugin"), { recursive: true });
    expect(execFileSync(process.execPath, [SCRIPT, root], { encoding: "utf8" })).toBe("");
  });
});
