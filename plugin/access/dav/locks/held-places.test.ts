import { describe, expect, it } from "vitest";
import type { Lock } from "../../../ports/records.ts";
import { locksInTheWay } from "./held-places.ts";
import { liveLocks } from "./lock-set.ts";

const LEVELS = 1000;

describe("many locks on folders within folders", () => {
  const locks = Array.from(
    { length: LEVELS },
    (_, level): Lock => ({
      token: `t:${level}`,
      path: "/a".repeat(level + 1),
      depth: "infinity",
      scope: "shared",
      owner: "",
      principal: "bob",
      timeout: 60,
      expiresAt: 1,
    }),
  );
  const live = liveLocks({ tree: "files:alice", version: 1, locks, updatedAt: 0 }, 0);
  const change = { path: "/a", deep: true, entry: undefined };

  it("are looked through once, and only some of those that are in the way are named", () => {
    const begun = performance.now();
    const found = locksInTheWay(change, live, () => false, 10);
    expect(performance.now() - begun).toBeLessThan(500);
    expect(found[0]?.path).toBe("/a");
    expect(found.length).toBeLessThan(100);
  });

  it("are no longer in the way where one above all of them may be used", () => {
    const begun = performance.now();
    expect(locksInTheWay(change, live, ({ token }) => token === "t:0", 10)).toEqual([]);
    expect(locksInTheWay(change, live, ({ token }) => token === "t:1", 10)).not.toEqual([]);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
