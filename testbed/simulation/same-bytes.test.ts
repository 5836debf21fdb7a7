import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COMMAND = fileURLToPath(new URL("../simulate.ts", import.meta.url));
const RESOURCES = fileURLToPath(new URL("./resources.test-helper.ts", import.meta.url));
const LONG = 180_000;

let folder: string;
const busy: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-same-bytes-"));
});
afterAll(async () => {
  for (const child of busy) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

async function report(name: string, words: string[]): Promise<string> {
  const file = join(folder, `${name}.json`);
  await promisify(execFile)(process.execPath, [COMMAND, ...words, "--json", file]);
  return readFile(file, "utf8");
}

describe("The report of a simulation", () => {
  it.each([
    ["national", "semester-start", "loss"],
    ["mesh", "spammer", "crash"],
    ["scale-free", "viral-share", "reorder"],
  ])(
    "of %s, %s and %s is the same in another process, beside other work, and another with another seed",
    async (topology, workload, fault) => {
      const words = ["--servers", "6", "--users", "24", "--shares", "40"];
      words.push("--topology", topology, "--workload", workload, "--fault", fault, "--seed");
      const first = await report("first", [...words, "7"]);
      const load = spawn(process.execPath, ["-e", "for (;;) Math.random();"], { stdio: "ignore" });
      busy.push(load);
      const second = await report("second", [...words, "7"]);
      load.kill("SIGKILL");
      expect(JSON.parse(first)).toMatchObject({ format: "koa-ocm simulation 1", complete: true });
      expect(second).toBe(first);
      if (topology === "mesh") {
        const { settings: _, ...other } = JSON.parse(await report("other", [...words, "8"]));
        expect(other).not.toEqual(expect.objectContaining({ messages: JSON.parse(first).messages }));
      }
    },
    LONG,
  );

  it(
    "comes about without real timers, thread pool, files or sockets",
    async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [RESOURCES]);
      const kinds: string[] = JSON.parse(stdout);
      expect(kinds).toContain("Immediate");
      // Everything that is here goes on in turns of the one thread, in an order that nothing outside of it can change.
      const harmless = ["Immediate", "Microtask", "PROMISE", "TickObject", "STREAM_END_OF_STREAM", "onerror"];
      expect(kinds.filter((kind) => !harmless.includes(kind))).toEqual([]);
    },
    LONG,
  );
});
