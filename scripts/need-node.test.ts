import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";

const SCRIPT = fileURLToPath(new URL("./need-node.mjs", import.meta.url));

function runAs(version: string) {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } })`;
  return spawnSync(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, SCRIPT], {
    encoding: "utf8",
  });
}

describe("the check of Node's version", () => {
  it.each(["18.20.0", "20.20.2", "22.18.0"])("refuses %s in one line that says what to do", (version) => {
    const { status, stderr, stdout } = runAs(version);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^koa-ocm needs Node 22\.19 .*npm rebuild node.*\n$/);
    expect(stderr).toContain(version);
  });

  it("says that the packages have to be installed first, where they are not there", () => {
    const folder = mkdtempSync(join(tmpdir(), "koa-ocm-need-node-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "scripts"));
    copyFileSync(SCRIPT, join(folder, "scripts/need-node.mjs"));
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts/need-node.mjs")], {
      encoding: "utf8",
    });
    expect([status, stderr]).toEqual([2, "The packages are not installed yet. Run `npm ci` first.\n"]);
  });

  it.each(["22.19.0", "23.0.0", "24.21.0"])("is silent for %s", (version) => {
    const { status, stderr, stdout } = runAs(version);
    expect([status, stderr, stdout]).toEqual([0, "", ""]);
  });
});
