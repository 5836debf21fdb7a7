import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkMarkup } from "./markup.test-helper.ts";

const COMMAND = fileURLToPath(new URL("../draw-curves.ts", import.meta.url));
const LONG = 60_000;

const CURVE = {
  title: "A curve",
  x: { name: "servers", unit: "", log: true },
  series: [
    {
      name: "messages",
      unit: "",
      points: [
        { x: 10, y: 8 },
        { x: 500, y: 9 },
      ],
    },
  ],
  note: "",
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "curves-test-"));
  await writeFile(join(folder, "scale-messages.json"), JSON.stringify(CURVE));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function draw(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    encoding: "utf8",
    timeout: LONG,
  });
  return { status, stdout, stderr };
}

describe("draw-curves", () => {
  it("writes a drawing for each file", { timeout: LONG }, async () => {
    const { status, stdout, stderr } = draw("scale-messages.json", "--folder", "docs");
    expect({ status, stderr, stdout }).toEqual({
      status: 0,
      stderr: "",
      stdout: `${join("docs", "scale-messages.svg")}\n`,
    });
    checkMarkup(await readFile(join(folder, "docs", "scale-messages.svg"), "utf8"));
  });

  it.each([["--help"], ["gone.json", "--help"]])("shows how it is used, and writes nothing: %j %j", (...words) => {
    const { status, stdout, stderr } = draw(...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^Usage: npm run draw -- /);
    for (const flag of ["--folder", "--help"]) expect(stdout).toContain(`\n  ${flag}`);
  });

  it.each([
    [["scale-messages.json"], /--folder docs/],
    [["--folder", "docs"], /at least one curve file/],
    [["scale-messages.json", "--foldr", "docs"], /did you mean --folder/],
    [["scale-messages.json", "gone.json", "--folder", "docs"], /gone\.json: it cannot be read/],
    [["scale-messages.txt", "--folder", "docs"], /ends with \.json/],
  ])("says in one line what is wrong with %j, and writes nothing", { timeout: LONG }, async (words, message) => {
    const { status, stdout, stderr } = draw(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["scale-messages.json"]);
  });
});
