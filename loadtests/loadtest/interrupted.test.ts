import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadtest, program } from "./command.test-helper.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "koa-ocm-interrupted-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("npm run loadtest, interrupted", { timeout: 120_000 }, () => {
  it.each(["prepared in", "Run by", "servers at processes"])(
    "at “%s” ends all that it started, and says so",
    async (interruptAt) => {
      const words = ["flow-two-servers", "--profile", "load"];
      const { code, stdout, isAnybodyLeft, temporary } = await loadtest(words, { interruptAt });
      expect(stdout).toMatch(/\nInterrupted: 0 of 1 scripts ran to their end\.\n$/);
      expect(code).toBe(130);
      expect(isAnybodyLeft).toBe(false);
      expect(temporary).toEqual([]);
    },
  );

  it("prints the table so far, and has it in the report", async () => {
    const json = join(folder, "report.json");
    const words = ["discovery", "--target", "null", "--profile", "load", "--json", json];
    const { code, stdout } = await loadtest(words, { interruptAt: "prepared in", interruptAfterMs: 3000 });
    expect(stdout).toMatch(/^ {2}discovery +[1-9]\d* /m);
    expect(stdout).toMatch(/^ {2}interrupted$/m);
    expect(stdout).not.toMatch(/^ {2}(ok|FAILED)$/m);
    expect(code).toBe(130);
    const [run] = JSON.parse(await readFile(json, "utf8")).runs;
    expect(run).toMatchObject({ name: "discovery", ok: false, interrupted: true });
    expect(run.summary.requests.count).toBeGreaterThan(0);
  });

  it("interrupts k6 once only: a second time it would end without a summary", async () => {
    const signals = join(folder, "signals");
    // Not k6, but something that ends as it does.
    const k6 = `
      const { appendFileSync, writeFileSync } = require("node:fs");
      writeFileSync(${JSON.stringify(`${folder}/pid`)}, String(process.pid));
      process.on("SIGINT", () => {
        appendFileSync(${JSON.stringify(signals)}, "INT ");
        setTimeout(() => process.exit(105), 1000);
      });
      setTimeout(() => process.exit(1), 60_000);
    `;
    const programs = await program(
      folder,
      "k6",
      `if [ "$1" = version ]; then echo "k6 v9.8.7"; exit 0; fi
exec "${process.execPath}" -e '${k6}'`,
    );
    const { code, isAnybodyLeft } = await loadtest(["discovery", "--target", "null", "--profile", "load"], {
      path: `${programs}:/usr/bin:/bin`,
      interruptAt: "prepared in",
      interruptAfterMs: 2000,
    });
    expect(await readFile(signals, "utf8")).toBe("INT ");
    expect(code).toBe(130);
    expect(isAnybodyLeft).toBe(false);
    const pid = Number(await readFile(join(folder, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});
