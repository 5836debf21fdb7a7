import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openStore } from "../../model/open-store.ts";
import { ORIGIN, testSystem } from "../../model/test-system.test-helper.ts";
import { contents } from "./copies.test-helper.ts";
import { newJob } from "./job.ts";

const workerFile = fileURLToPath(new URL("./copy-worker.test-helper.ts", import.meta.url));
const KILLS = 6;

it("copies in both directions survive kill -9, again and again, on a real database and disk", {
  timeout: 60_000,
}, async () => {
  const root = await mkdtemp(join(tmpdir(), "koa-ocm-copies-kill-"));
  const database = `file:${join(root, "ocm.sqlite")}`;
  for (const folder of ["owners/tree/deep/er", "own/mine/deep"]) await mkdir(join(root, folder), { recursive: true });
  for (const folder of ["owners/tree", "owners/tree/deep/er", "own/mine", "own/mine/deep"]) {
    for (let index = 0; index < 6; index += 1) {
      await writeFile(join(root, folder, `file ${index}`), randomBytes(index * 500_000));
    }
  }
  const before = await openStore({ database, origin: ORIGIN, system: testSystem });
  const job = { id: "down", user: "bob", share: "received-1", remotePath: "tree", localPath: "/copy" };
  await before.copies.insert(newJob({ ...job, direction: "from-share" }, 1));
  const other = { ...job, id: "up", remotePath: "copy", localPath: "/mine" };
  await before.copies.insert(newJob({ ...other, direction: "to-share" }, Date.now()));
  await before.close();

  for (let round = 0; round <= KILLS; round += 1) {
    const ahead = String(round * 15_001);
    const child = spawn(process.execPath, [workerFile, root, ahead], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = once(child, "exit");
    await once(child.stdout, "data");
    if (round === KILLS) break;
    await wait(20 + Math.random() * 250);
    child.kill("SIGKILL");
    await gone;
  }
  const after = await openStore({ database, origin: ORIGIN, system: testSystem, exclusive: false });
  while ((await after.copies.countRunning("bob")) > 0) await wait(50);
  expect(await after.copies.get("down")).toMatchObject({ status: "done", filesDone: 12 });
  expect(await after.copies.get("up")).toMatchObject({ status: "done", filesDone: 12 });
  await after.close();
  expect(await visible(join(root, "own/copy"))).toEqual(await visible(join(root, "owners/tree")));
  expect(await visible(join(root, "owners/copy"))).toEqual(await visible(join(root, "own/mine")));
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

/** Without what a killed process leaves behind of small files: the host hides and in the end removes it. */
async function visible(folder: string): Promise<[string, string | null][]> {
  return [...(await contents(folder))].filter(([path]) => !/(^|\/)\.[^/]*$/.test(path));
}
