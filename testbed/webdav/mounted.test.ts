import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Federation, federation, flowDatabases } from "../flows/federation.test-helper.ts";
import { eventually } from "../scenarios/steps.ts";
import { plant, plantTree, temporaryFolder, treeOf } from "./files.test-helper.ts";
import { readReport } from "./litmus.test-helper.ts";
import { lacks, run } from "./programs.test-helper.ts";

const lacking = { litmus: lacks("litmus"), rclone: lacks("rclone") };

describe("A received share, in the recipient's own tree", { timeout: 60_000 }, () => {
  let world: Federation<"alpha" | "beta">;
  let user: string;
  let password: string;
  /** The address of the share in the tree. */
  let url: string;
  let place: string;

  beforeAll(async () => {
    const [database] = flowDatabases();
    if (database === undefined) throw new Error("There is no database.");
    place = await mkdtemp(join(tmpdir(), "koa-ocm-mounted-"));
    world = await federation(database, { alpha: {}, beta: {} });
    const [alice, bob] = [await world.servers.alpha.person(), await world.servers.beta.person()];
    await alice.put("/album/note.txt", "note");
    await alice.share("/album", bob.address, { permissions: ["read", "write"] });
    const received = await eventually("the share", async () => (await bob.received())[0]);
    await bob.acceptShare(received.id);
    const made = await bob.ask("POST", "/passwords", { name: "programs" });
    user = bob.id;
    password = String(made.json.password);
    url = `${world.servers.beta.origin}/ocm/dav/remote/album`;
  });
  afterAll(async () => {
    await world.close();
    await rm(place, { recursive: true });
  });

  it.skipIf(lacking.litmus).each(["basic", "copymove", "props", "locks", "http"])(
    "passes the suite %s of litmus",
    async (suite) => {
      const { stdout, stderr } = await run("litmus", ["--keep-going", `${url}/`, user, password], {
        env: { TESTS: suite },
        cwd: place,
      });
      const report = readReport(suite, stdout + stderr);
      expect(report.failures, report.text).toEqual([]);
      expect(report.warnings, report.text).toEqual([]);
      expect(report.skipped, report.text).toEqual([]);
      expect(report.passed, report.text).toBe(report.run);
      expect(report.run, report.text).toBeGreaterThan(0);
    },
  );

  describe.skipIf(lacking.rclone)("with rclone", () => {
    it("takes a tree and gives it back as it was", async () => {
      await using local = await temporaryFolder();
      const obscured = (await run("rclone", ["obscure", password])).stdout.trim();
      const env = {
        RCLONE_CONFIG: "/dev/null",
        RCLONE_WEBDAV_URL: url,
        RCLONE_WEBDAV_VENDOR: "nextcloud",
        RCLONE_WEBDAV_USER: user,
        RCLONE_WEBDAV_PASS: obscured,
      };
      const [source, back] = [join(local.path, "source"), join(local.path, "back")];
      const rclone = (...args: string[]) =>
        run("rclone", ["--retries", "1", "--low-level-retries", "1", ...args], { env });
      await plantTree(source, 20);
      expect(await rclone("copy", source, ":webdav:tree")).toMatchObject({ code: 0, stderr: "" });
      expect(await rclone("copy", ":webdav:tree", back)).toMatchObject({ code: 0, stderr: "" });
      expect(await treeOf(back)).toEqual(await treeOf(source));
      await plant(source, { "two words.txt": "changed, and longer than it was" });
      expect(await rclone("sync", source, ":webdav:tree")).toMatchObject({ code: 0 });
      expect(await rclone("check", source, ":webdav:tree", "--download")).toMatchObject({ code: 0 });
      const checked = await rclone("check", source, ":webdav:tree");
      expect(checked.code).toBe(0);
      expect(checked.stderr).not.toContain("hashes could not be checked");
    });
  });
});
