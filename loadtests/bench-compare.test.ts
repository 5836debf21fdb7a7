import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createChildren } from "./bench/process/children.ts";
import { checkOut } from "./compare/checkout.ts";
import { count } from "./compare/counts/count.ts";
import { gates } from "./compare/counts/gates.ts";
import { readCompareOptions } from "./compare/options.ts";
import { runComparison } from "./compare/run.ts";
import { table } from "./compare/table.ts";

const COMPARE = fileURLToPath(new URL("./bench-compare.ts", import.meta.url));
const LONG = 300_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocm-compare-test-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Starts the command with `folder` for its temporary files. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [COMPARE, ...args], { env: { ...process.env, TMPDIR: folder } });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  return { child, said: () => said, ended: once(child, "close").then(([code]) => code) };
}

/** Adds a statement to the begin of a function of the copy of a checkout. */
async function spoil(file: string, head: string, statement: string): Promise<void> {
  const text = await readFile(file, "utf8");
  expect(text).toContain(head);
  await writeFile(file, text.replace(head, `${head}\n${statement}`));
}

describe("npm run bench:compare", () => {
  it("is red for a path that was made slower and for a count that rose, and says so", { timeout: LONG }, async () => {
    const slowed = await checkOut("HEAD", join(folder, "slowed"), () => undefined);
    const token = join(slowed.folder, "plugin/endpoints/token.ts");
    await spoil(token, "async handle(call) {", "for (const end = performance.now() + 2; performance.now() < end; );");
    const shares = join(slowed.folder, "plugin/endpoints/shares.ts");
    await spoil(shares, "async handle(call) {", 'await context.store.outgoing.get("nothing");');
    const report = await runComparison(readCompareOptions(["HEAD", "--only", "token", "--rounds", "3"]), {
      children: createChildren(),
      progress: () => undefined,
      signal: new AbortController().signal,
      ours: slowed.folder,
    });
    expect(report.paths.token?.verdict).toBe("slower");
    expect(report.paths.token?.cpuRatio.high).toBeLessThan(0.7);
    const red = report.gates.filter(({ ok }) => !ok).map(({ name, ours, base }) => [name, ours - (base ?? 0)]);
    expect(red).toEqual([["queries to send and receive a share", 1]]);
    expect(report.ok).toBe(false);
    expect(table(report)).toMatch(
      /^\*\*Something got slower, or a count rose\.\*\*\n[\s\S]*\| token [^\n]*\*\*slower\*\*/,
    );
  });

  it("counts the same each time, and no more than there may be", { timeout: LONG }, async () => {
    const [first, second] = [await count(join(folder, "first")), await count(join(folder, "second"))];
    expect(second).toEqual(first);
    expect(gates(first, null).filter(({ ok }) => !ok)).toEqual([]);
    expect(first["upstream requests of a first listing"]).toBe(2);
  });

  it("leaves nothing behind when it is ended", { timeout: LONG }, async () => {
    const { child, said, ended } = start("HEAD", "--only", "discovery", "--rounds", "100");
    while (!said().includes("round 1 ")) await once(child.stdout, "data");
    child.kill("SIGINT");
    expect(await ended, said()).toBe(130);
    expect(said()).toContain("Ended by SIGINT.");
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [["no-such-branch"], "There is no commit “no-such-branch” in this repository."],
    [[], "Name one commit to compare with, such as main or HEAD~1."],
    [["HEAD", "--only", "tokens"], "--only: there is no path “tokens”"],
    [["HEAD", "--band", "0"], "--band: give a number of per cent from 1 to 90."],
  ])("says in one sentence what is wrong with %j", async (args, sentence) => {
    const { said, ended } = start(...args);
    expect(await ended).toBe(2);
    expect(said()).toContain(sentence);
    expect(said().trim().split("\n")).toHaveLength(1);
  });
});
