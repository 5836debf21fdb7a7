import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkMarkup } from "../../testbed/plots/markup.test-helper.ts";
import { generatedHistory } from "./generated-history.test-helper.ts";

const COMMAND = fileURLToPath(new URL("../bench-page.ts", import.meta.url));
const LONG = 120_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-page-test-"));
  const [one, two] = generatedHistory(2);
  await writeFile(join(folder, "one.json"), JSON.stringify(one));
  await writeFile(join(folder, "two.json"), JSON.stringify(two));
  await writeFile(join(folder, "else.json"), "{}");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    encoding: "utf8",
    timeout: LONG,
  });
  return { status, stdout, stderr };
}

describe("bench-page", () => {
  it("makes one page of all reports", { timeout: LONG }, async () => {
    expect(run("one.json", "two.json", "--html", "bench.html")).toEqual({
      status: 0,
      stderr: "",
      stdout: "bench.html: 2 reports\n",
    });
    const { texts } = checkMarkup(await readFile(join(folder, "bench.html"), "utf8"));
    expect(texts.join(" ")).toContain("2 runs on the same kind of machine");
  });

  it("shows its flags", { timeout: LONG }, () => {
    expect(run("--help")).toEqual({
      status: 0,
      stderr: "",
      stdout: expect.stringMatching(/^Usage: npm run bench:page -- /),
    });
  });

  it.each([
    [["one.json"], /--html bench\.html/],
    [["--html", "bench.html"], /at least one report/],
    [["one.json", "--htm", "bench.html"], /did you mean --html/],
    [["one.json", "gone.json", "--html", "bench.html"], /gone\.json: it cannot be read/],
    [
      ["else.json", "--html", "bench.html"],
      /else\.json is no report of the bench \(npm run bench -- --json FILE\): “paths” is missing/,
    ],
  ])("says in one line what is wrong with %j, and writes nothing", { timeout: LONG }, async (words, message) => {
    const { status, stdout, stderr } = run(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect((await readdir(folder)).sort()).toEqual(["else.json", "one.json", "two.json"]);
  });
});
