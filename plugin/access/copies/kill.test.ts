import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bench, contents, mortal, until } from "./copies.test-helper.ts";
import { createCopies } from "./copies.ts";
import { standing } from "./order.ts";

const FILES: Record<string, number> = {
  "tree/a/one": 10,
  "tree/a/two": 0,
  "tree/a/b/three": 300_000,
  "tree/a b": 1_500_000,
  "tree/c": 2_500_000,
  "tree/d/e/f/last": 1_200_000,
};

async function fill(home: string): Promise<void> {
  for (const folder of ["tree/a/b", "tree/d/e/f", "tree/nothing"]) await mkdir(join(home, folder), { recursive: true });
  for (const [path, size] of Object.entries(FILES)) await writeFile(join(home, path), randomBytes(size));
}

describe("a copy whose process is killed", () => {
  it.each(["from-share", "to-share"] as const)(
    "goes on in the next one, whenever that is (%s)",
    { timeout: 120_000 },
    async (direction) => {
      const kills = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(kills, async (times) => {
          const b = await bench();
          const [home, target] = direction === "from-share" ? [b.owners, b.own] : [b.own, b.owners];
          await fill(home);
          b.owner.slow = 1;
          let id = "";
          const complete: (string | null)[] = [];
          for (const time of times) {
            const process = mortal(b.deps);
            const copies = createCopies(process.deps);
            if (id === "") {
              const [remotePath, localPath] = direction === "from-share" ? ["tree", "/copy"] : ["copy", "/tree"];
              ({ id } = await copies.api.start("bob", { share: "received-1", direction, remotePath, localPath }, {}));
            }
            const asked = b.owner.asked.length;
            copies.start();
            await wait(time);
            process.kill();
            for (const line of b.owner.asked.slice(asked)) check(line, complete.at(-1) ?? null, direction);
            await wait(10);
            complete.push(b.copies.all.get(id)?.after ?? null);
            b.later += 15_001;
          }
          const asked = b.owner.asked.length;
          b.owner.slow = 0;
          const last = createCopies(b.deps);
          last.start();
          await until(() => b.copies.all.get(id)?.status !== "running");
          for (const line of b.owner.asked.slice(asked)) check(line, complete.at(-1) ?? null, direction);
          expect(b.copies.all.get(id)).toMatchObject({
            status: "done",
            filesDone: 6,
            bytesDone: Object.values(FILES).reduce((sum, size) => sum + size),
          });
          await last.close();
          const found = await contents(target);
          for (const path of found.keys()) if (path.startsWith(".up")) found.delete(path);
          expect(strip(found, "copy")).toEqual(strip(await contents(home), "tree"));
          await b.close();
        }),
        { numRuns: 12 },
      );
    },
  );
});

/** Nothing that was noted as complete is listed, read or sent again. */
function check(line: string, after: string | null, direction: string): void {
  const top = direction === "from-share" ? "tree" : "copy";
  const [, method = "", path = ""] = /^(\w+) (\S*(?: b)?)/.exec(line) ?? [];
  const inner = path.slice(top.length + 1);
  expect(standing(inner, after), `${line} after ${after}`).not.toBe("done");
  if (method === "GET" || method === "PUT") expect(inner === after && inner !== "", line).toBe(false);
}

function strip(found: Map<string, string | null>, top: string): Map<string, string | null> {
  return new Map([...found].map(([path, content]) => [path.slice(top.length), content]));
}
