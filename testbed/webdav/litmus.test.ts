import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flowDatabases } from "../flows/federation.test-helper.ts";
import { type BearerProxy, bearerProxy } from "./bearer-proxy.ts";
import { litmus } from "./litmus.test-helper.ts";
import { lacks } from "./programs.test-helper.ts";
import { type DavShare, type DavWorld, davWorld, folderOf } from "./world.test-helper.ts";

const missing = lacks("litmus");

/** What litmus warns about, as "test: warning", and why that is left as it is. Any other warning fails. */
const WARNINGS: Readonly<Record<string, string>> = {};

describe.skipIf(missing).each(flowDatabases())("litmus, on $name,", { timeout: 60_000 }, (database) => {
  let world: DavWorld;
  let place: string;

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "koa-ocm-litmus-"));
    world = await davWorld(database);
  });
  afterAll(async () => {
    await world.close();
    await rm(place, { recursive: true });
  });

  describe.each([
    ["with the token of a strict share", true],
    ["with the secret of an older one, as Basic", false],
  ])("%s", (_how, strict) => {
    let share: DavShare;
    let proxy: BearerProxy;

    beforeAll(async () => {
      share = await world.share(await folderOf(world, strict ? "strict" : "older"), { strict });
      // litmus sends credentials only where Basic is offered, and it is not: the proxy adds them.
      proxy = await bearerProxy(world.server.origin, strict ? share.bearer : share.basic);
    });
    afterAll(() => proxy.close());

    it.each(["basic", "copymove", "props", "locks", "http"])("passes its suite %s whole", async (suite) => {
      const report = await litmus(suite, `${share.url}/`, proxy.url, place);
      expect(report.failures, report.text).toEqual([]);
      expect(report.skipped, report.text).toEqual([]);
      expect(report.run, report.text).toBeGreaterThan(0);
      expect(report.passed, report.text).toBe(report.run);
      expect(
        report.warnings.filter((warning) => WARNINGS[warning] === undefined),
        report.text,
      ).toEqual([]);
    });
  });
});
