import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Output } from "../launcher/display.ts";
import { simulateCommand } from "./command.ts";

const NEVER = new Promise<void>(() => undefined);
const LONG = 120_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-simulate-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function command(words: string[], interrupted = NEVER) {
  const said = { output: "", problems: "" };
  const to = (key: keyof typeof said): Output => ({
    isTTY: false,
    write(text: string | Uint8Array) {
      said[key] += text;
      return true;
    },
  });
  const code = await simulateCommand(words, to("output"), to("problems"), interrupted);
  return { code, ...said };
}

/** Prints every module that a process loads. */
const WATCH = `import { registerHooks } from "node:module";
registerHooks({ load(url, context, next) { process._rawDebug("loaded " + url); return next(url, context); } });`;

/** Paths from the root of the repository of what the command loads. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const root = new URL("../../", import.meta.url);
  const file = fileURLToPath(new URL("testbed/simulate.ts", root));
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
  const run = promisify(execFile)(process.execPath, ["--import", watch, file, ...words]);
  const { stderr } = await run.catch((error: { stderr: string }) => error);
  return [...stderr.matchAll(/^loaded (.*)$/gm)].map(([, url = ""]) => url.replace(root.href, ""));
}

describe("npm run simulate", () => {
  it("loads no server and no plot before the flags are read", { timeout: LONG }, async () => {
    const loaded = await loadedBy("--workload", "xyzzy");
    expect(loaded).toContain("testbed/simulation/flags.ts");
    expect(loaded.filter((path) => /^plugin\/|^testbed\/server\/|node_modules/.test(path))).toEqual([]);
  });

  it.each([
    [["--topologie", "star"], "There is no flag --topologie; did you mean --topology?"],
    [["--topology", "start"], "There is no topology start; did you mean star?"],
    [["--workload", "stedy"], "There is no workload stedy; did you mean steady?"],
    [["--workload", "viral"], "There is no workload viral; did you mean viral-share?"],
    [["--topology", "xyzzy"], "There is no topology xyzzy; there are star, mesh, scale-free, directory, national."],
    [["--fault", "crush"], "There is no fault crush; did you mean crash?"],
    [["--servers", "0"], "--servers has to be a whole number from 2 to 2000, not 0."],
    [["--servers", "2001"], "--servers has to be a whole number from 2 to 2000, not 2001."],
    [["--shares", "-5"], "--shares has to be a whole number from 1 to 1000000, not -5."],
    [["--users", "many"], "--users has to be a whole number from 1 to 1000000, not many."],
    [["--servers", "10", "--users", "5"], "5 people cannot be on 10 servers: each has one at least."],
    [["--json", "/nowhere/at/all.json"], "/nowhere/at/all.json cannot be written."],
    [["star"], "“star” is no flag; npm run simulate -- --help shows them."],
    [["--real-time=yes"], "--real-time takes no value."],
  ])("refuses %j in one line with exit code 2", async (words, line) => {
    expect(await command(words)).toEqual({ code: 2, output: "", problems: `${line}\n` });
  });

  it("refuses what this machine has no memory for", async () => {
    const { code, problems } = await command(["--servers", "2000", "--shares", "1000000"]);
    // A machine with 60 GiB would begin.
    expect([code, problems]).toEqual([
      2,
      expect.stringMatching(/^This takes about \d+ MiB of memory, and \d+ MiB are free/),
    ]);
  });

  it("names every topology, workload and fault in its help", async () => {
    const { code, output } = await command(["--help"]);
    expect(code).toBe(0);
    for (const name of ["scale-free", "national", "key-compromise", "spammer", "clock-skew", "server-errors"]) {
      expect(output).toContain(` ${name} `);
    }
  });

  it(
    "writes the report, what it took and a page, and tells both in short",
    async () => {
      const [json, measured, html] = ["r.json", "m.json", "r.html"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      const words = ["--servers", "4", "--users", "16", "--shares", "20", "--topology", "star", "--json", json];
      const { code, output, problems } = await command([...words, "--measured", measured, "--html", html]);
      expect([code, problems]).toEqual([0, ""]);
      expect(output).toMatch(/4 servers, 16 people, 20 shares, star, steady, seed 1\n[\s\S]*Invariants {2}6 of 6 hold/);
      expect(output).toMatch(/\(\d+(\.\d{1,2})? messages\/s, \d+ MiB\)/);
      expect(output).toMatch(/between servers, \d+\.\d+ messages and \d+(\.\d+)? KiB for each share\n/);
      expect(output).toMatch(/half within [\d.]+ m?s, 99 of 100 within [\d.]+ m?s\n/);
      const report = JSON.parse(await readFile(json, "utf8"));
      expect(report).toMatchObject({ complete: true, settings: { servers: 4, seed: "1", fault: null } });
      expect(JSON.parse(await readFile(measured, "utf8"))).toMatchObject({ node: process.version });
      expect(await readFile(html, "utf8")).toContain("</html>");
    },
    LONG,
  );

  it(
    "ends with the report so far and exit code 130 when it is interrupted",
    async () => {
      const json = join(folder, "part.json");
      const { promise: interrupted, resolve } = Promise.withResolvers<void>();
      setTimeout(resolve, 1_500);
      const { code, output } = await command(["--servers", "10", "--shares", "5000", "--json", json], interrupted);
      expect([code, output]).toEqual([130, expect.stringMatching(/Interrupted after [\d,]+ of 5,000 shares: /)]);
      expect(output).toContain("Invariants  not checked\n");
      expect(JSON.parse(await readFile(json, "utf8"))).toMatchObject({ complete: false });
    },
    LONG,
  );
});
